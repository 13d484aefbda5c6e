"""Whether the pixels can be what the header claims; asked before any memory is taken for them."""

from __future__ import annotations

from imaging.dicom.instance import Instance
from imaging.dicom.sort import Stack
from imaging.errors import UserError

_ROOMY = 64 << 20  # bytes that any file may unfold to
_MAX_RATIO = 1000  # beyond that, decoded bytes per compressed byte: more than a flat image compresses to


def check_pixels(instance: Instance) -> None:
    """Refuse an object whose pixels cannot be read.

    Raises:
        UserError: unsupported layout, or sizes that do not agree with the bytes that are there.
    """
    if instance.samples not in (1, 3):
        said = f"The file has {instance.samples} values per pixel; Limner reads 1 or 3."
        raise UserError(said, "Ask for it in grey or in colour.")
    if instance.bits_allocated not in (1, 8, 16, 32, 64):
        said = f"The file packs its pixels into {instance.bits_allocated} bits, which Limner does not read."
        raise UserError(said, "Ask for it with 8 or 16 bits for each pixel.")
    if instance.header.is_odd:
        _check_ratio(instance, _source_size(instance))
    elif instance.header.is_encapsulated:
        _check_ratio(instance, instance.header.pixel_length)
    else:
        _check_length(instance)


def _check_length(instance: Instance) -> None:
    """Uncompressed pixels must be there in full, and not hold more frames than the header names."""
    values = instance.rows * instance.columns * instance.samples
    if instance.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        values = instance.rows * instance.columns * 2
    frame = (values * instance.bits_allocated + 7) // 8
    wanted, there = frame * instance.frame_count, instance.header.pixel_length
    if there < wanted:
        raise UserError(
            f"The file is cut short: it holds {there} of the {wanted} bytes of pixels that its header claims.",
            "Ask for the file again.",
        )
    if there >= wanted + max(frame, 16):
        raise UserError(
            f"The file claims {instance.frame_count} frames but holds pixels for {there // max(1, frame)}: "
            "its header and its pixels do not belong together.",
            "Ask for the file again.",
        )


def _check_ratio(instance: Instance, compressed: int) -> None:
    decoded = instance.frame_bytes * instance.frame_count
    if decoded > _ROOMY and decoded > _MAX_RATIO * compressed:
        raise UserError(
            f"The file claims {decoded >> 20} MB of pixels but holds only {max(1, compressed >> 10)} kB of them.",
            "Ask for the file again.",
        )


def _source_size(instance: Instance) -> int:
    with instance.source.open() as reader:
        return reader.size


def check_memory(stack: Stack, itemsize: int) -> None:
    """Refuse a stack that does not fit this computer's memory.

    Raises:
        UserError: with the sizes.
    """
    import psutil

    k, j, i = stack.geometry.shape
    wanted = len(stack.volumes) * k * j * i * itemsize * (3 if stack.first.instance.is_colour else 1)
    free = psutil.virtual_memory().available
    if wanted > free:
        raise UserError(
            f"The series needs {wanted / 2**30:.1f} GB of memory and only {free / 2**30:.1f} GB are free.",
            "Close other programs, or open it on a computer with more memory.",
        )
