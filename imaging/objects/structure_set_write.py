"""Masks as an RT Structure Set (PS3.3 A.19): closed planar contours along the edges of pixels, holes as keyholes.

Implicit VR Little Endian, since a contour of some thousand points is longer than explicit value representations allow.
Contours are written as bytes: a case of 20 structures on 500 slices has millions of coordinates.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import syntax
from imaging.errors import UserError
from imaging.formats.label_file import LabelArray, LabelFile, LabelSegment
from imaging.geometry import Box, Geometry
from imaging.objects.contour_planes import on_slices, to_mm
from imaging.objects.contours import Contours, trace
from imaging.objects.header import ObjectKind, file_meta_of, item, new_object, put, reference_item
from imaging.objects.segment_items import changed_names, segment_label
from imaging.objects.slice_places import SlicePlaces
from imaging.objects.source_series import ObjectSource, SourceImage
from imaging.objects.structure_set_items import frame_item, observation_item, region_item
from imaging.objects.structure_set_read import STRUCTURE_SET, Structure, read_structure_set
from imaging.objects.writing import misread, write_checked
from imaging.objects.written import WrittenObject
from imaging.palette import next_color

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

KIND = ObjectKind(STRUCTURE_SET, "RTSTRUCT", "Structure set", 9920)
LABEL = "LIMNER"
_LONGEST = 0xFFFFFFF0


def write_structure_set(labels: LabelFile, source: ObjectSource, path: Path) -> WrittenObject:
    """Write masks as a structure set of the source's study, read it back and compare every voxel.

    Args:
        labels: the masks; overlapping ones stay as they are. Where their grid is the source's, each contour refers to
            its image.
        source: what they are about.
        path: the file; one that was there is replaced.

    Raises:
        UserError: there is nothing to write, the grid suits no DICOM image, or the file cannot be written.
    """
    if not labels.segments:
        raise UserError("There is no segment to write.")
    content = _Content(labels, source)
    write_checked(path, content.write, content.check)
    return WrittenObject(content.uid, content.labels, source.filled_in, tuple(content.notes))


class _Content:
    """One structure set that is to be written."""

    def __init__(self, labels: LabelFile, source: ObjectSource) -> None:
        by_number = sorted(labels.segments, key=lambda s: s.number)
        numbers = [s.number for s in by_number]
        is_numbered = 0 not in numbers and len(set(numbers)) == len(numbers)
        numbered = [s if is_numbered else replace(s, number=n) for n, s in enumerate(by_number, 1)]
        self.labels = replace(labels, segments=numbered)
        self.places = SlicePlaces.of(labels.geometry, source)
        self.notes = changed_names(numbered)
        if source.images and not self.places.images:
            self.notes.append("The masks lie on another grid than the images: contours refer to none of these.")
        self.boxes = [_boxes(layer) for layer in labels.layers]
        self.references = [_image_reference(image) for image in self.places.images]
        self.shift = _to_slice_positions(labels.geometry, self.places)
        self.decimals = max(4, min(8, 3 - math.floor(math.log10(min(labels.geometry.spacing_mm)))))
        self.header = self._header(source)
        self.uid = str(self.header.SOPInstanceUID)

    # ------------------------------------------------------------------------------------------------ header

    def _header(self, source: ObjectSource) -> Dataset:
        made = new_object(KIND, source)
        for keyword in ("ContentDate", "ContentTime"):  # of images
            delattr(made, keyword)
        segments = self.labels.segments
        put(
            made,
            OperatorsName="",
            StructureSetLabel=LABEL,
            StructureSetDate=made.SeriesDate,
            StructureSetTime=made.SeriesTime,
            ReferencedFrameOfReferenceSequence=[frame_item(source)],
            StructureSetROISequence=[region_item(s, source.frame_of_reference_uid) for s in segments],
            RTROIObservationsSequence=[observation_item(s) for s in segments],
            ApprovalStatus="UNAPPROVED",
        )
        return made

    # ------------------------------------------------------------------------------------------------ contours

    def write(self, file: BinaryIO) -> None:
        """The whole file: what stands before the contours, the contours, the rest."""
        from pydicom.filewriter import dcmwrite

        made = self.header
        before = made[:0x30060039]
        before.file_meta = file_meta_of(made, syntax.IMPLICIT_LITTLE)
        dcmwrite(file, before, enforce_file_format=True)
        items = [self._contours_item(segment) for segment in self._colored()]
        file.write(_element(0x30060039, b"".join(map(_item, items))))
        file.write(_encoded(made[0x3006003A:]))

    def _colored(self) -> Iterator[LabelSegment]:
        colors = [s.color for s in self.labels.segments if s.color is not None]
        for segment in self.labels.segments:
            color = segment.color or next_color(colors)
            colors.append(color)
            yield replace(segment, color=color)

    def _contours_item(self, segment: LabelSegment) -> bytes:
        assert segment.color is not None
        color = _element(0x3006002A, "\\".join(map(str, segment.color)).encode())
        box, mask = self._region(segment)
        contours = trace(mask, (box.k0, box.j0, box.i0))
        encoded = b"".join(map(_item, self._contour_items(contours)))
        if not encoded:
            self.notes.append(f"“{segment.name}” has no voxel, and so no contour.")
        sequence = _element(0x30060040, encoded) if encoded else b""
        return color + sequence + _element(0x30060084, str(segment.number).encode())

    def _region(self, segment: LabelSegment) -> tuple[Box, NDArray[np.bool_]]:
        """A segment's voxels and the smallest box around them; an empty box when there are none."""
        box = self.boxes[segment.layer].get(segment.label_value, Box(0, 0, 0, 0, 0, 0))
        return box, self.labels.layers[segment.layer][box.slices] == segment.label_value

    def _contour_items(self, contours: Contours) -> Iterator[bytes]:
        places = to_mm(contours, self.labels.geometry)
        places += np.repeat(self.shift[contours.slices], np.diff(contours.starts), axis=0)
        places = np.round(places, self.decimals) + 0.0  # no negative zero
        digits = f"%.{self.decimals + 6}g\\"
        for number, (k, begin) in enumerate(zip(contours.slices.tolist(), contours.starts.tolist(), strict=False), 1):
            points = places[begin : contours.starts[number]].ravel().tolist()
            yield (
                (self.references[k] if self.references else b"")
                + _element(0x30060042, b"CLOSED_PLANAR")
                + _element(0x30060046, str(len(points) // 3).encode())
                + _element(0x30060048, str(number).encode())
                + _element(0x30060050, (digits * len(points) % tuple(points))[:-1].encode())
            )

    # ------------------------------------------------------------------------------------------------ proof

    def check(self, part: Path) -> None:
        """Read the file as if it were foreign, and fill its contours again."""
        found = {one.number: one for one in read_structure_set(part).structures}
        for segment in self.labels.segments:
            structure = found.get(segment.number)
            if structure is None or structure.name != segment_label(segment) or structure.damage:
                raise misread()
            if not _holds(structure, self.labels.geometry, *self._region(segment)):
                raise misread()


def _holds(structure: Structure, geometry: Geometry, box: Box, mask: NDArray[np.bool_]) -> bool:
    """Whether a structure that was read is this mask."""
    if structure.contours is None:
        return not mask.any()
    filled = on_slices(structure.contours, geometry)
    both = box.intersection(filled.box)
    wanted, found = _within(both, box, mask), _within(both, filled.box, filled.mask)
    return np.array_equal(wanted, found) and wanted.sum() == mask.sum() == filled.mask.sum()


def _within(part: Box, box: Box, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What of a region's mask lies in a part of it."""
    return mask[
        part.k0 - box.k0 : part.k1 - box.k0, part.j0 - box.j0 : part.j1 - box.j0, part.i0 - box.i0 : part.i1 - box.i0
    ]


def _to_slice_positions(geometry: Geometry, places: SlicePlaces) -> NDArray[np.float64]:
    """(k, 3) from where the affine puts a slice to where its file says that it is: less than a hundredth of a mm."""
    first = np.zeros((geometry.shape[0], 3))
    first[:, 2] = np.arange(geometry.shape[0])
    return np.asarray(places.positions_mm - geometry.to_world(first))


def _boxes(layer: LabelArray) -> dict[int, Box]:
    """The smallest box around each label value that occurs."""
    from scipy.ndimage import find_objects

    found = {value: place for value, place in enumerate(find_objects(layer), 1) if place is not None}
    return {value: Box(*(end for axis in place for end in (axis.start, axis.stop))) for value, place in found.items()}


# ------------------------------------------------------------------------------------------- Implicit VR Little Endian


def _element(tag: int, value: bytes) -> bytes:
    if len(value) > _LONGEST:
        raise UserError("These contours are longer than a DICOM file can be.", "Smooth the segments first.")
    value += b" " * (len(value) % 2)
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value


def _item(content: bytes) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content


def _encoded(data_set: Dataset) -> bytes:
    """The elements of a data set as bytes."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, True
    write_dataset(buffer, data_set, "utf8")
    return bytes(buffer.getvalue())


def _image_reference(image: SourceImage) -> bytes:
    """Contour Image Sequence."""
    return _encoded(item(ContourImageSequence=[reference_item(image, with_frame=True)]))
