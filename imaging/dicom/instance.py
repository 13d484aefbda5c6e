"""One DICOM object and its frames: what sorting and loading need to know."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from imaging.dicom import syntax, tags
from imaging.dicom.header import Header
from imaging.dicom.sources import Source

Vector = tuple[float, float, float]
Cosines = tuple[float, float, float, float, float, float]

# Modalities whose objects describe other images; they hold no voxels of their own that a view could show.
DESCRIBING_MODALITIES = {
    "RTSTRUCT": "an RT structure set",
    "RTPLAN": "an RT plan",
    "RTRECORD": "an RT treatment record",
    "SEG": "a DICOM segmentation",
    "SR": "a structured report",
    "KO": "a key object selection",
    "PR": "a presentation state",
    "REG": "a registration",
    "FID": "a set of fiducials",
    "RWV": "a real-world value map",
    "DOC": "a document",
    "PLAN": "a plan",
    "ECG": "a waveform",
    "HD": "a waveform",
}
NO_IMAGE, NO_PIXELS = "no image", "an image header without pixels"
DIRECTORY_CLASS = "1.2.840.10008.1.3.10"
_SEGMENTATION_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")

# Elements that tell apart volumes which share their positions, the most telling first.
TIME_KEYS: tuple[tuple[str, int], ...] = (
    ("temporal index", tags.TEMPORAL_INDEX),
    ("temporal position", tags.TEMPORAL_POSITION),
    ("trigger time", tags.TRIGGER_TIME),
    ("frame reference time", tags.FRAME_REFERENCE_TIME),
    ("b-value", tags.B_VALUE),
    ("echo number", tags.ECHO_NUMBER),
    ("echo time", tags.ECHO_TIME),
    ("acquisition", tags.ACQUISITION_NUMBER),
    ("acquisition time", tags.ACQUISITION_TIME),
    ("acquisition date and time", tags.ACQUISITION_DATETIME),
    ("content time", tags.CONTENT_TIME),
)


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One object: its header, where its bytes are, and the pixel description of PS3.3 C.7.6.3."""

    header: Header
    source: Source
    rows: int
    columns: int
    samples: int
    frame_count: int
    bits_allocated: int
    bits_stored: int
    is_signed: bool
    photometric: str
    modality: str
    series_uid: str
    sop_uid: str

    @property
    def is_colour(self) -> bool:
        """True when its voxels are red, green and blue once decoded."""
        return self.samples == 3 or self.photometric == "PALETTE COLOR"

    @property
    def stored_type(self) -> np.dtype[Any]:
        """Type of one stored value, in the file's byte order."""
        order = ">" if self.header.is_big_endian else "<"
        if self.header.pixel_tag == tags.FLOAT_PIXELS:
            return np.dtype(order + "f4")
        if self.header.pixel_tag == tags.DOUBLE_PIXELS:
            return np.dtype(order + "f8")
        width = {16: 2, 32: 4, 64: 8}.get(self.bits_allocated, 1)  # `check_pixels` refuses what is none of these
        return np.dtype(f"{order}{'i' if self.is_signed else 'u'}{width}")

    @property
    def is_plain(self) -> bool:
        """True when its frames lie uncompressed in the file, ready to be copied into a volume."""
        header = self.header
        if header.is_odd or header.is_encapsulated or header.pixel_offset < 0 or self.is_colour or self.samples != 1:
            return False
        if header.pixel_tag != tags.PIXELS:
            return True
        return self.bits_allocated in (8, 16, 32) and not (header.is_big_endian and self.bits_allocated == 8)

    @property
    def frame_bytes(self) -> int:
        """Bytes of one decoded frame of stored values."""
        if self.is_colour:
            return self.rows * self.columns * 3
        return self.rows * self.columns * self.stored_type.itemsize

    @property
    def kind_without_voxels(self) -> str:
        """What the object is when it holds no image ("an RT structure set"), empty for an image."""
        known = DESCRIBING_MODALITIES.get(self.modality)
        if known:
            return known
        if self.header.text(tags.SOP_CLASS) in _SEGMENTATION_CLASSES:
            return DESCRIBING_MODALITIES["SEG"]
        if self.header.text(tags.SOP_CLASS) == DIRECTORY_CLASS:
            return "a directory of other files"
        if not self.rows or not self.columns:
            return NO_IMAGE
        if self.header.pixel_offset < 0 and not self.header.is_odd:
            return NO_PIXELS
        return ""

    @property
    def is_lossy(self) -> bool:
        """True when the file says that its pixels were compressed with loss."""
        said = self.header.text(tags.LOSSY_COMPRESSION) == "01"
        return said or self.header.transfer_syntax in syntax.ALWAYS_LOSSY


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One two-dimensional image: position, orientation and rescale, from the header or its functional groups.

    Attributes:
        index: number of the frame in its instance, from 0.
        position: LPS millimetres of the first pixel's centre (Image Position Patient), None where unknown.
        orientation: unit vectors along a row and down a column.
        spacing: (between rows, between columns) in millimetres, as DICOM orders them.
        step: distance to the next slice that the file claims, in millimetres.
        windows: (level, width) pairs that the file proposes.
        times: what may tell this frame's volume from others at the same place.
    """

    instance: Instance
    index: int
    position: Vector | None
    orientation: Cosines | None
    spacing: tuple[float, float] | None
    step: float | None
    slope: float
    intercept: float
    number: int
    windows: tuple[tuple[float, float], ...]
    times: dict[str, str]
    image_type: str


def instance_of(header: Header, source: Source) -> Instance:
    """The pixel description of one header, with DICOM's defaults where elements are absent."""
    bits = header.integer(tags.BITS_ALLOCATED)
    stored = header.integer(tags.BITS_STORED, bits)
    return Instance(
        header=header,
        source=source,
        rows=header.integer(tags.ROWS),
        columns=header.integer(tags.COLUMNS),
        samples=header.integer(tags.SAMPLES, 1),
        frame_count=max(1, header.integer(tags.FRAMES, 1)),
        bits_allocated=bits,
        bits_stored=stored if 0 < stored <= bits else bits,
        is_signed=header.integer(tags.PIXEL_REPRESENTATION) == 1,
        photometric=header.text(tags.PHOTOMETRIC),
        modality=header.text(tags.MODALITY),
        series_uid=header.text(tags.SERIES_INSTANCE),
        sop_uid=header.text(tags.SOP_INSTANCE),
    )


def frames_of(instance: Instance, groups: list[dict[str, Any]] | None) -> list[Frame]:
    """The frames of an instance.

    Args:
        groups: per frame what its functional groups say (see `functional_groups`), None where there are none.
    """
    header = instance.header
    times = {name: header.text(tag) or _joined(header.numbers(tag)) for name, tag in TIME_KEYS if tag in header.values}
    position, orientation = (
        _vector(header.numbers(tags.IMAGE_POSITION)),
        _cosines(header.numbers(tags.IMAGE_ORIENTATION)),
    )
    base: dict[str, Any] = {
        "position": position,
        "orientation": orientation,
        "spacing": _spacing(header),
        "step": _positive(header.number(tags.SPACING_BETWEEN_SLICES)) or _positive(header.number(tags.SLICE_THICKNESS)),
        "slope": _slope(header),
        "intercept": header.number(tags.RESCALE_INTERCEPT) or 0.0,
        "number": header.integer(tags.INSTANCE_NUMBER),
        "windows": _windows(header.numbers(tags.WINDOW_CENTRE), header.numbers(tags.WINDOW_WIDTH)),
        "times": times,
        "image_type": header.text(tags.IMAGE_TYPE),
    }
    if "MOSAIC" in header.text(tags.IMAGE_TYPE).upper().split("\\"):
        base["position"] = None  # many slices tiled into one picture: its corner is no slice's corner
    if instance.frame_count == 1 and not groups:
        return [Frame(instance=instance, index=0, **base)]
    if not groups:
        return [
            Frame(instance=instance, index=n, **{**base, "position": place})
            for n, place in enumerate(_dose_positions(instance, position, orientation))
        ]
    return [_grouped_frame(instance, n, base, group) for n, group in enumerate(groups[: instance.frame_count])]


def _grouped_frame(instance: Instance, index: int, base: dict[str, Any], group: dict[str, Any]) -> Frame:
    fields = dict(base)
    fields["position"] = _vector(_finite(group.get("position", ())))
    fields["orientation"] = _cosines(_finite(group.get("orientation", ()))) or base["orientation"]
    spacing = _finite(group.get("spacing", ()))
    if len(spacing) == 2 and min(spacing) > 1e-4 and max(spacing) < 1e4:
        fields["spacing"] = (spacing[0], spacing[1])
    fields["step"] = _positive(group.get("step")) or base["step"]
    fields["slope"] = next((n for n in _finite([group.get("slope") or 0]) if n), base["slope"])
    fields["intercept"] = next(iter(_finite([group.get("intercept", base["intercept"])])), base["intercept"])
    fields["times"] = {**base["times"], **{str(k): str(v) for k, v in group.get("times", {}).items()}}
    levels, widths = group.get("window", ((), ()))
    fields["windows"] = _windows(tuple(levels), tuple(widths)) or base["windows"]
    fields["image_type"] = str(group.get("image_type") or base["image_type"])
    return Frame(instance=instance, index=index, **fields)


def _finite(numbers: Any) -> tuple[float, ...]:
    """The numbers as floats; none where one of them is not finite."""
    found = tuple(map(float, numbers))
    return found if all(map(math.isfinite, found)) else ()


def _dose_positions(instance: Instance, first: Vector | None, cosines: Cosines | None) -> list[Vector | None]:
    """Positions of frames from the grid frame offsets of RT dose (PS3.3 C.8.8.3.2), None for other multi-frames."""
    offsets = instance.header.numbers(tags.GRID_FRAME_OFFSETS)
    if first is None or cosines is None or len(offsets) != instance.frame_count:
        return [None] * instance.frame_count
    normal = np.cross(cosines[:3], cosines[3:])
    if offsets[0] == first[2] and first[2] != 0:  # positions along z instead of offsets
        offsets = tuple(z - offsets[0] for z in offsets)
    places = [np.asarray(first) + normal * offset for offset in offsets]
    return [(float(p[0]), float(p[1]), float(p[2])) for p in places]


def _slope(header: Header) -> float:
    slope = header.number(tags.RESCALE_SLOPE) or header.number(tags.DOSE_GRID_SCALING)
    return slope or 1.0  # a slope of 0 would make every voxel equal: the element is broken


def _spacing(header: Header) -> tuple[float, float] | None:
    for tag in (tags.PIXEL_SPACING, tags.IMAGER_PIXEL_SPACING):
        found = header.numbers(tag)
        if len(found) == 2 and min(found) > 1e-4 and max(found) < 1e4:
            return found[0], found[1]
    return None


_WIDEST = 1e12  # of a window: no pixel needs more, and larger numbers overflow where it is applied


def _windows(levels: tuple[float, ...], widths: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    pairs = zip(levels, widths, strict=False)
    return tuple((level, width) for level, width in pairs if 0 < width <= _WIDEST and abs(level) <= _WIDEST)


def _positive(value: float | None) -> float | None:
    return abs(value) if value and 1e-4 < abs(value) < 1e4 else None


def _vector(numbers: tuple[float, ...]) -> Vector | None:
    if len(numbers) != 3 or max(abs(n) for n in numbers) > 1e6:
        return None
    return float(numbers[0]), float(numbers[1]), float(numbers[2])


@lru_cache(maxsize=64)  # the slices of a series share their orientation
def _cosines(numbers: tuple[float, ...]) -> Cosines | None:
    """Row and column direction as unit vectors; None unless they are of unit length and at right angles."""
    if len(numbers) != 6 or max(map(abs, numbers)) > 2:
        return None
    row, column = np.array(numbers[:3]), np.array(numbers[3:])
    lengths = float(np.linalg.norm(row)), float(np.linalg.norm(column))
    if max(abs(length - 1) for length in lengths) > 0.01 or abs(float(row @ column)) > 0.01:
        return None
    r, c = row / lengths[0], column / lengths[1]
    return float(r[0]), float(r[1]), float(r[2]), float(c[0]), float(c[1]), float(c[2])


def _joined(numbers: tuple[float, ...]) -> str:
    return "\\".join(f"{n:g}" for n in numbers)
