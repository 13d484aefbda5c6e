"""Reading DICOM: our own bounded walker and loader, pydicom for what is odd."""
