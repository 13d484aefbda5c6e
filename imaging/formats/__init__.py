"""Research file formats: NIfTI, NRRD and MetaImage, for images and for label masks."""

from imaging.formats.registry import is_image_file, read_header, read_volumes, write_volume, write_volumes
from imaging.formats.stored_image import Header

__all__ = ["Header", "is_image_file", "read_header", "read_volumes", "write_volume", "write_volumes"]
