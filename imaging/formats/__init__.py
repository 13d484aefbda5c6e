"""NIfTI, NRRD and MetaImage, both ways."""
