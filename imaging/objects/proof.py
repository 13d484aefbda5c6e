"""Proof before an object leaves: read it again by another reader than ours, and compare.

Segmentations are read by pydicom frame by frame, structure sets by pydicom and filled by Pillow's polygons; neither
shares code with what wrote them or with our own readers. Masks must agree voxel for voxel, contours by Dice.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.damage import pydicom_faults
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry
from imaging.objects.attributes import OPTIONAL, REQUIRED
from imaging.objects.validation.findings import Severity
from imaging.objects.validation.validate import validate

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

LEAST_DICE = 0.999
LEAST_DICE_SMALL = 0.99  # of structures with few voxels, where one voxel is more than a thousandth
SMALL_VOXELS = 2000
MOST_ITEMS = 200  # of a sequence: what is wrong with one frame is wrong with the first ones
_FINE = 8  # steps of a pixel when polygons are filled
_SAME_PLACE = 0.05  # of a slice's distance
_SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"


@dataclass(frozen=True)
class Proven:
    """What the other reader found.

    Attributes:
        reader: its name.
        agreement: per segment's name 1.0 for equal voxels, or Dice; empty for objects without masks.
        problems: sentences; empty when the object is right.
    """

    reader: str
    agreement: dict[str, float]
    problems: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """True when nothing is wrong."""
        return not self.problems


def prove(path: Path, labels: LabelFile | None, sop_uid: str) -> Proven:
    """Read an object that we wrote by another reader and compare it with what was to be written.

    Args:
        path: the object.
        labels: the masks that it must hold, on the grid of the images that it refers to; None for other objects.
        sop_uid: the object that it must be.

    Raises:
        UserError: the other reader cannot read it at all.
    """
    found = _read(path)
    problems = [] if found.get("SOPInstanceUID") == sop_uid else ["It is not the object that was to be written."]
    problems += _faults(path)
    sop_class = str(found.get("SOPClassUID", ""))
    agreement: dict[str, float] = {}
    if labels is not None and sop_class in _SEGMENTATIONS:
        agreement = _compared_frames(found, labels)
        wrong = [name for name, value in agreement.items() if value < 1]
    elif labels is not None and sop_class == _STRUCTURE_SET:
        agreement, wrong = _compared_contours(found, labels)
    else:
        wrong = []
    problems += [f"“{name}” reads back differently ({agreement[name]:.4f})." for name in wrong]
    return Proven("pydicom with Pillow" if sop_class == _STRUCTURE_SET else "pydicom", agreement, tuple(problems))


def _faults(path: Path) -> list[str]:
    """What breaks the standard, except where patient and study are as odd as in the images that archives know."""
    from_images = {keyword for keyword, _ in (*REQUIRED, *OPTIONAL)}
    faults = [one for one in validate(path, MOST_ITEMS) if one.severity is Severity.ERROR]
    return [f"{one.place}: {one.sentence}." for one in faults if one.place not in from_images]


def _read(path: Path) -> Dataset:
    from pydicom import dcmread

    try:
        return dcmread(path)
    except pydicom_faults() as error:
        raise UserError(f"{path.name} cannot be read by another program.", str(error)) from error


def _names(segments: list[LabelSegment]) -> list[str]:
    """A name for each segment in the report; twins get their place."""
    names: list[str] = []
    for n, segment in enumerate(segments, start=1):
        names.append(segment.name if segment.name not in names else f"{segment.name} ({n})")
    return names


def _compared_frames(found: Dataset, labels: LabelFile) -> dict[str, float]:
    """Share of voxels that agree, per segment: frames against the masks, and nothing where no frame is."""
    from pydicom.pixels import iter_pixels

    is_label_map = str(found.get("SegmentationType")) == "LABELMAP"
    wrong = np.zeros(len(labels.segments), np.int64)
    seen: dict[int, NDArray[np.bool_]] = {n: np.zeros(labels.geometry.shape[0], bool) for n in range(len(wrong))}
    order = _order_of(found, labels)
    full = float(found.get("MaximumFractionalValue", 1)) if str(found.get("SegmentationType")) == "FRACTIONAL" else 1.0
    for group, frame in zip(found.PerFrameFunctionalGroupsSequence, iter_pixels(found), strict=True):
        k = _slice_of(group, found, labels.geometry)
        if is_label_map:
            for number, n in order.items():
                _count(wrong, seen, n, k, labels, np.asarray(frame) == number)
        else:
            number = int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
            _count(wrong, seen, order[number], k, labels, np.asarray(frame) >= full / 2)
    result = {}
    for n, (name, segment) in enumerate(zip(_names(labels.segments), labels.segments, strict=True)):
        layer = labels.layers[segment.layer]
        empty = [layer[k] == segment.label_value for k in np.flatnonzero(~seen[n])]  # slices without a frame
        wrong[n] += sum(int(np.count_nonzero(plane)) for plane in empty)
        result[name] = 1.0 - wrong[n] / max(1, layer.size)
    return result


def _order_of(found: Dataset, labels: LabelFile) -> dict[int, int]:
    """Segment number in the object -> place in our list, by the order in which both count."""
    numbers = sorted(int(one.SegmentNumber) for one in found.SegmentSequence)
    numbers = [n for n in numbers if n > 0]
    if len(numbers) != len(labels.segments):
        raise UserError("The object does not have the segments that were to be written.")
    return {number: n for n, number in enumerate(numbers)}


def _count(
    wrong: NDArray[np.int64],
    seen: dict[int, NDArray[np.bool_]],
    n: int,
    k: int,
    labels: LabelFile,
    frame: NDArray[np.bool_],
) -> None:
    segment = labels.segments[n]
    expected = labels.layers[segment.layer][k] == segment.label_value
    wrong[n] += int(np.count_nonzero(frame != expected))
    seen[n][k] = True


def _slice_of(group: Any, found: Dataset, geometry: Geometry) -> int:
    """The slice at which a frame lies, by its position alone."""
    holder = group if "PlanePositionSequence" in group else found.SharedFunctionalGroupsSequence[0]
    position = np.array([float(v) for v in holder.PlanePositionSequence[0].ImagePositionPatient])
    return nearest_slice(position, geometry)


def nearest_slice(position: NDArray[np.float64], geometry: Geometry) -> int:
    """The slice whose plane a point lies in.

    Raises:
        UserError: it lies between the slices.
    """
    index = geometry.to_index(position)
    k = round(float(index[2]))
    if abs(float(index[2]) - k) > _SAME_PLACE or not 0 <= k < geometry.shape[0]:
        raise UserError("A frame of the object does not lie in any slice of the images.")
    return k


def _compared_contours(found: Dataset, labels: LabelFile) -> tuple[dict[str, float], list[str]]:
    """Dice per structure, and the names of those that are too far off."""
    contours = {int(one.ReferencedROINumber): one for one in found.ROIContourSequence}
    numbers = [int(one.ROINumber) for one in found.StructureSetROISequence]
    if len(numbers) != len(labels.segments):
        raise UserError("The object does not have the structures that were to be written.")
    agreement, wrong = dict[str, float](), list[str]()
    for name, segment, number in zip(_names(labels.segments), labels.segments, numbers, strict=True):
        drawn = contours[number].get("ContourSequence", []) if number in contours else []
        polygons = _polygons(drawn, labels.geometry)
        common = both = 0
        for k, expected in enumerate(labels.layers[segment.layer] == segment.label_value):
            filled = _filled(polygons.get(k, []), expected.shape)
            common += int(np.count_nonzero(filled & expected))
            both += int(np.count_nonzero(filled)) + int(np.count_nonzero(expected))
        agreement[name] = 2 * common / both if both else 1.0
        if agreement[name] < (LEAST_DICE_SMALL if both < 2 * SMALL_VOXELS else LEAST_DICE):
            wrong.append(name)
    return agreement, wrong


def _polygons(contours: Any, geometry: Geometry) -> dict[int, list[NDArray[np.float64]]]:
    """Slice -> polygons of (i, j) corners."""
    found: dict[int, list[NDArray[np.float64]]] = {}
    for contour in contours:
        points = np.array([float(v) for v in contour.ContourData]).reshape(-1, 3)
        found.setdefault(nearest_slice(points[0], geometry), []).append(geometry.to_index(points)[:, :2])
    return found


def _filled(polygons: list[NDArray[np.float64]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels of which more than half lies inside an odd number of polygons, by Pillow in steps of an eighth."""
    from PIL import Image, ImageDraw

    filled = np.zeros(shape, bool)
    if not polygons:
        return filled
    corners = np.concatenate(polygons)
    i0, j0 = np.maximum(np.floor(corners.min(0)).astype(int) - 1, 0)
    i1, j1 = np.minimum(np.ceil(corners.max(0)).astype(int) + 2, shape[::-1])
    if i1 <= i0 or j1 <= j0:
        return filled
    size = (int(i1 - i0) * _FINE, int(j1 - j0) * _FINE)
    inside = np.zeros(size[::-1], bool)
    for polygon in polygons:
        piece = Image.new("1", size)
        # a pixel's centre is a whole index, and half a step more in Pillow, which counts from its pixels' centres
        fine = (polygon + 0.5 - (i0, j0)) * _FINE - 0.5
        ImageDraw.Draw(piece).polygon([(float(x), float(y)) for x, y in fine], fill=1)
        inside ^= np.asarray(piece)
    share = inside.reshape(int(j1 - j0), _FINE, int(i1 - i0), _FINE).mean(axis=(1, 3))
    filled[j0:j1, i0:i1] = share > 0.5
    return filled
