"""What an image and a mask are: geometry, volumes, file formats, segmentations, edits, journal."""
