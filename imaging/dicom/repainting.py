"""The pixels of an object changed and written anew: text blacked out, a face taken away, overlays in unused bits gone.

Whatever the file's compression, the result is uncompressed (explicit little endian), because a changed picture that is
compressed with loss once more would change everywhere. Foreign pixels are decoded in the sandbox's child.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import syntax, tags
from imaging.dicom.checks import check_pixels
from imaging.dicom.foreign import decoded_frames
from imaging.dicom.instance import Frame, Instance
from imaging.dicom.scan import scan
from imaging.dicom.sources import FileSource
from imaging.dicom.values import clear_unused_bits, scale_of
from imaging.errors import UserError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Rectangle = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels from the upper left; x1 and y1 lie just outside
Pixels = NDArray[Any]
MOST_BYTES = 2**32 - 16  # an element of defined length cannot hold more (PS3.5 7.1)
AIR_HU = -1024.0
_OVERLAYS = range(0x6000, 0x6100, 2)
# What describes pixels that are not there any more: palettes, extremes, tables of compressed frames, small pictures.
_STALE = (
    0x00280106, 0x00280107, 0x00281101, 0x00281102, 0x00281103, 0x00281104, 0x00281199, 0x00281201, 0x00281202,
    0x00281203, 0x00281204, 0x00281221, 0x00281222, 0x00281223, 0x7FE00001, 0x7FE00002, 0x7FE00003, 0x00880200,
)  # fmt: skip
_METHODS = (
    (syntax.JPEG_BASELINE | syntax.JPEG_DCT, "ISO_10918_1"),
    (syntax.JPEG_LS, "ISO_14495_1"),
    (syntax.JPEG_2000, "ISO_15444_1"),
    (syntax.HTJ2K, "ISO_15444_15"),
)


@dataclass(frozen=True, eq=False)
class PlainPixels:
    """All decoded frames of an object.

    Attributes:
        first: the first frame: its instance has the pixel description, and it has the rescale.
        frames: (frames, rows, columns) stored values without unused bits, or (frames, rows, columns, 3) uint8 RGB.
    """

    first: Frame
    frames: Pixels


def read_pixels(path: Path, *, most_frames: int | None = None) -> PlainPixels:
    """Decode an object's frames (all, or the first ones).

    Raises:
        UserError: it has no whole-number pixels, one of its frames cannot be decoded, or it is too large.
    """
    found = scan([FileSource(str(path))])
    if found.unreadable:
        raise found.unreadable[0][1]
    if not found.frames:
        raise UserError("The object holds no image that could be changed.")
    first = found.frames[0]
    instance = first.instance
    check_pixels(instance)
    if instance.stored_type.kind == "f" or instance.bits_allocated not in (8, 16, 32):
        raise UserError("Pixels of this form cannot be changed.", "Leave the object out.")
    count = min(instance.frame_count, most_frames or instance.frame_count)
    made = _empty(instance, count)
    if instance.is_plain and not instance.header.is_big_endian:
        with instance.source.open() as reader:
            reader.read_into(instance.header.pixel_offset, made.reshape(-1).view(np.uint8).data)
    else:
        wanted = [replace(first, index=n) for n in range(count)]
        for answer in decoded_frames(wanted, lambda n: made[n].reshape(-1).view(np.uint8).data):
            if answer is not None:
                raise answer
    if not instance.is_colour:
        clear_unused_bits(made, scale_of(first))
    return PlainPixels(first, made)


def repaint(made: Dataset, path: Path, paint: Callable[[PlainPixels], None]) -> None:
    """Decode the pixels of the file at ``path``, let ``paint`` change them in place, and put them into ``made``.

    Args:
        made: the object that is to carry them; its pixel description becomes that of what it holds now.

    Raises:
        UserError: see ``read_pixels``.
    """
    if not _is_plainly_stored(made):
        raise UserError("Its pixels lie in unusual bits and cannot be changed.", "Leave the object out.")
    pixels = read_pixels(path)
    paint(pixels)
    _describe(made, pixels)
    values = pixels.frames
    raw = values.tobytes()
    made.add_new(0x7FE00010, "OB" if values.dtype.itemsize == 1 else "OW", raw + b"\0" * (len(raw) % 2))


def black_out(pixels: PlainPixels, rectangles: Iterable[Rectangle], black: int) -> None:
    """Fill rectangles in all frames.

    Raises:
        UserError: a rectangle lies outside of the image, so that what it should hide is somewhere else.
    """
    rows, columns = pixels.frames.shape[1:3]
    for x0, y0, x1, y1 in rectangles:
        left, right, top, bottom = max(0, x0), min(columns, x1), max(0, y0), min(rows, y1)
        if left >= right or top >= bottom:
            hint = f"The image has {columns} × {rows} pixels."
            raise UserError("A rectangle that is to be blacked out lies outside of the image.", hint)
        pixels.frames[:, top:bottom, left:right] = black


def black_of(pixels: PlainPixels, made: Dataset) -> int:
    """The stored value that every viewer shows as black: of CT that of air, else the end of what the bits can hold."""
    first = pixels.first
    if first.instance.is_colour:
        return 0
    is_inverted = first.instance.photometric == "MONOCHROME1" or made.get("PresentationLUTShape") == "INVERSE"
    low, high = scale_of(first).stored_range
    if first.instance.modality == "CT" and not is_inverted:
        return air_of(pixels)
    return high if is_inverted != (first.slope < 0) else low


def air_of(pixels: PlainPixels) -> int:
    """The stored value of air in CT, and of no signal in other images."""
    first = pixels.first
    low, high = scale_of(first).stored_range
    wanted = AIR_HU if first.instance.modality == "CT" else 0.0
    return int(np.clip(round((wanted - first.intercept) / first.slope), low, high))


def has_overlay_in_pixels(found: Dataset) -> bool:
    """True when unused bits of the pixels may hold an overlay, which removing its elements would leave there."""
    return any((group << 16 | 0x10) in found and (group << 16 | 0x3000) not in found for group in _OVERLAYS)


def drop_overlays(made: Dataset) -> None:
    """Remove all overlays with their description."""
    for tag in [tag for tag in made.keys() if tag.group in _OVERLAYS]:  # noqa: SIM118 - converts no element
        del made[tag]


def _empty(instance: Instance, count: int) -> Pixels:
    import psutil

    size = count * instance.frame_bytes
    if size > min(MOST_BYTES, psutil.virtual_memory().available // 2):
        raise UserError(f"The image is too large to be changed ({size >> 20} MB).")
    shape = (count, instance.rows, instance.columns)
    if instance.is_colour:
        return np.zeros((*shape, 3), np.uint8)
    return np.zeros(shape, instance.stored_type.newbyteorder("<"))


def _is_plainly_stored(made: Dataset) -> bool:
    stored, high = made.get("BitsStored"), made.get("HighBit")
    return stored is None or high is None or int(high) == int(stored) - 1


def _describe(made: Dataset, pixels: PlainPixels) -> None:
    """The pixel description of what the object holds now (PS3.3 C.7.6.3)."""
    instance = pixels.first.instance
    _remember_loss(made, instance)
    if made.file_meta.get("TransferSyntaxUID") == syntax.EXPLICIT_BIG:
        _swap(made)
    made.file_meta.TransferSyntaxUID = syntax.EXPLICIT_LITTLE
    drop_overlays(made)
    for tag in _STALE:
        if tag in made and (instance.is_colour or not 0x00281100 <= tag < 0x00281300):
            del made[tag]
    if instance.is_colour:
        made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "RGB", 0
        made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
        for tag in (tags.PADDING_VALUE, 0x00280121):
            if tag in made:
                del made[tag]
        return
    made.SamplesPerPixel, made.BitsStored, made.HighBit = 1, instance.bits_stored, instance.bits_stored - 1
    made.BitsAllocated = pixels.frames.dtype.itemsize * 8
    if "PlanarConfiguration" in made:
        del made.PlanarConfiguration


def _remember_loss(made: Dataset, instance: Instance) -> None:
    """Pixels that were once compressed with loss say so for ever (PS3.3 C.7.6.1.1.5)."""
    if not instance.is_lossy:
        return
    made.LossyImageCompression = "01"
    if not made.get("LossyImageCompressionMethod"):
        uid = instance.header.transfer_syntax
        method = next((name for syntaxes, name in _METHODS if uid in syntaxes), "")
        if method:
            made.LossyImageCompressionMethod = method


def _swap(found: Dataset) -> None:
    """Turn 16-bit values that pydicom keeps as bytes from big to little endian."""
    for element in found:
        if element.VR == "SQ":
            for item in element.value or ():
                _swap(item)
        elif element.VR == "OW" and isinstance(element.value, bytes) and element.tag != 0x7FE00010:
            element.value = np.frombuffer(element.value, ">u2").astype("<u2").tobytes()
