"""Per-frame functional groups of a segmentation as bytes (Explicit VR Little Endian).

A case of 20 segments on 500 slices has 10,000 frames. As data sets they take seconds; as bytes, where only two numbers
differ from frame to frame, milliseconds.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from imaging.objects.header import code_item, item
from imaging.objects.source_series import ObjectSource, SourceImage
from imaging.segment import CodedTerm

SEGMENTATION = CodedTerm("113076", "DCM", "Segmentation")
SOURCE_IMAGE = CodedTerm("121322", "DCM", "Source image for image processing operation")
_PER_FRAME = 0x52009230
REFERENCES = 0x00081115
_LONG = frozenset((b"OB", b"OF", b"OW", b"SQ", b"UN", b"UT"))


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    """One element; the value is padded to an even length."""
    if len(value) % 2:
        value += b"\0" if vr in (b"UI", b"OB") else b" "
    return element_head(tag, vr, len(value)) + value


def element_head(tag: int, vr: bytes, length: int) -> bytes:
    """Tag, VR and length of an element whose value follows."""
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    return head + (struct.pack("<HI", 0, length) if vr in _LONG else struct.pack("<H", length))


def sequence(tag: int, *items: bytes) -> bytes:
    """A sequence of items, each given as the bytes of its elements."""
    return element(tag, b"SQ", b"".join(_item_head(len(one)) + one for one in items))


def _item_head(length: int) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, length)


@dataclass(frozen=True)
class FrameGroups:
    """The bytes that the frames of one slice share, ready to be joined.

    Attributes:
        derivations: per slice, from which image it was made; empty bytes where there is none.
        planes: per slice, its position.
        names_segments: frames belong to segments (not in label maps).
    """

    derivations: list[bytes]
    planes: list[bytes]
    names_segments: bool

    @staticmethod
    def of(positions_mm: NDArray[np.float64], images: Sequence[SourceImage], *, names_segments: bool) -> FrameGroups:
        """Groups for slices at these positions.

        Args:
            positions_mm: (k, 3) Image Position Patient.
            images: one per slice, or none.
            names_segments: False for a label map.
        """
        codes = _encoded_codes()
        planes = [sequence(0x00209113, element(0x00200032, b"DS", decimals(place))) for place in positions_mm]
        derivations = [_derivation(image, codes) for image in images] or [b""] * len(planes)
        return FrameGroups(derivations, planes, names_segments)

    def write(self, file: BinaryIO, frames: NDArray[np.int64]) -> None:
        """Write the whole sequence.

        Args:
            frames: (n, 2) of segment number and slice, in the order of the pixels.
        """
        sizes = np.array([len(self._frame(1, k)) for k in range(len(self.planes))], np.int64)
        file.write(element_head(_PER_FRAME, b"SQ", int(sizes[frames[:, 1]].sum()) + 8 * len(frames)))
        file.writelines(self._items(frames, sizes.tolist()))

    def _items(self, frames: NDArray[np.int64], sizes: list[int]) -> Iterator[bytes]:
        for segment, k in frames.tolist():
            yield _item_head(sizes[k])
            yield self._frame(segment, k)

    def _frame(self, segment: int, k: int) -> bytes:
        """The functional groups of one frame; its place along the dimensions is segment (if any) and slice."""
        if self.names_segments:
            place, identity = struct.pack("<II", segment, k + 1), _SEGMENT + struct.pack("<H", segment)
        else:
            place, identity = struct.pack("<I", k + 1), b""
        content = sequence(0x00209111, element_head(0x00209157, b"UL", len(place)) + place)
        return self.derivations[k] + content + self.planes[k] + identity


_SEGMENT = sequence(0x0062000A, element_head(0x0062000B, b"US", 2) + b"\0\0")[:-2]


def decimals(values: Sequence[float] | NDArray[np.float64]) -> bytes:
    """Numbers as Decimal Strings: at most 16 characters each, as exact as these allow."""
    from pydicom.valuerep import format_number_as_ds

    return "\\".join(format_number_as_ds(float(value) + 0.0) for value in values).encode()


def _encoded_codes() -> tuple[bytes, bytes]:
    """Derivation code and purpose of reference as sequences."""
    derived = item(DerivationCodeSequence=[code_item(SEGMENTATION)])
    purpose = item(PurposeOfReferenceCodeSequence=[code_item(SOURCE_IMAGE)])
    return encoded(derived), encoded(purpose)


def _derivation(image: SourceImage, codes: tuple[bytes, bytes]) -> bytes:
    """Derivation Image Sequence (PS3.3 C.7.6.16.2.6)."""
    reference = _reference(image)
    if image.frame_number is not None:
        reference += element(0x00081160, b"IS", str(image.frame_number).encode())
    reference += element(0x0028135A, b"CS", b"YES") + codes[1]
    return sequence(0x00089124, sequence(0x00082112, reference) + codes[0])


def encoded_references(source: ObjectSource) -> bytes:
    """Referenced Series Sequence (PS3.3 C.12.2): hundreds of images cost no data sets; empty where there are none."""
    images = source.unique_images()
    if not images:
        return b""
    instances = sequence(0x0008114A, *map(_reference, images))
    return sequence(REFERENCES, instances + element(0x0020000E, b"UI", source.series_instance_uid.encode()))


def _reference(image: SourceImage) -> bytes:
    reference = element(0x00081150, b"UI", image.sop_class_uid.encode())
    return reference + element(0x00081155, b"UI", image.sop_instance_uid.encode())


def encoded(data_set: object) -> bytes:
    """The elements of a data set as bytes, text in UTF-8."""
    from pydicom.filebase import DicomFileLike
    from pydicom.filewriter import write_dataset

    buffer = BytesIO()
    target = DicomFileLike(buffer)
    target.is_little_endian, target.is_implicit_VR = True, False
    write_dataset(target, data_set, "ISO_IR 192")
    return buffer.getvalue()
