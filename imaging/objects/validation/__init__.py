"""Our own check of a DICOM object: is what the standard wants there, well formed, and does it fit together?"""
