"""DICOMweb (PS3.18) as a user: QIDO-RS, WADO-RS, STOW-RS."""
