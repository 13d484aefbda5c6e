"""DICOM objects that are not plain images: segmentations, structure sets, reports."""
