"""One measurement on the image: two points, three points, an ellipse or a box, in patient space."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.segment import Color

Point = tuple[float, float, float]
STEP_MM = 2.0**-13


class MeasurementKind(StrEnum):
    """What is measured."""

    LENGTH = "length"
    ANGLE = "angle"
    ELLIPSE = "ellipse"
    BOX = "box"


POINT_COUNT = {
    MeasurementKind.LENGTH: 2,
    MeasurementKind.ANGLE: 3,
    MeasurementKind.ELLIPSE: 3,
    MeasurementKind.BOX: 4,
}


@dataclass(frozen=True)
class Measurement:
    """Where somebody measured what. Lengths and angles follow from the points alone; what an ellipse holds is read
    from the image, see ``imaging.region_statistics``.

    Attributes:
        number: never changes and is never used again within a case.
        kind: length, angle, ellipse, or the box in which a model found something.
        points_mm: LPS positions. Length: the two ends. Angle: an end, the vertex, the other end. Ellipse: the centre,
            the end of one half axis, the end of the other, at right angles to it. Box: a corner, and the three
            corners next to it.
        normal: unit vector across the plane on which it was drawn; of a box, along its third edge.
        name: what people call it.
        color: red, green, blue, 0-255.
        score: how sure the model was that found it, 0 to 1; None where no model did.
    """

    number: int
    kind: MeasurementKind
    points_mm: tuple[Point, ...]
    normal: Point
    name: str
    color: Color = (255, 213, 77)
    score: float | None = None

    def __post_init__(self) -> None:
        if len(self.points_mm) != POINT_COUNT[self.kind]:
            raise ValueError(f"{self.kind} needs {POINT_COUNT[self.kind]} points, not {len(self.points_mm)}")
        if not np.isfinite(self.points_mm).all() or not np.isfinite(self.normal).all():
            raise ValueError("a measurement's points must be finite")

    @property
    def center_mm(self) -> Point:
        """The middle of a length or a box, the vertex of an angle, the centre of an ellipse: where to look at it."""
        if self.kind is MeasurementKind.BOX:
            return as_point(self._points[0] + self._edges.sum(axis=0) / 2)
        if self.kind is MeasurementKind.LENGTH:
            return as_point((self._points[0] + self._points[1]) / 2)
        return self.points_mm[1 if self.kind is MeasurementKind.ANGLE else 0]

    @property
    def length_mm(self) -> float:
        """Distance between the two ends of a length."""
        return float(np.linalg.norm(self._points[1] - self._points[0]))

    @property
    def angle_deg(self) -> float:
        """The angle at the vertex, 0-180; 0 where an arm has no length."""
        one, other = self._points[0] - self._points[1], self._points[2] - self._points[1]
        # atan2 of both products keeps its precision near 0 and 180 degrees, where the arc cosine does not
        return math.degrees(math.atan2(float(np.linalg.norm(np.cross(one, other))), float(one @ other)))

    @property
    def half_axes_mm(self) -> tuple[float, float]:
        """Lengths of an ellipse's half axes."""
        one, other = self._points[1:] - self._points[0]
        return float(np.linalg.norm(one)), float(np.linalg.norm(other))

    @property
    def area_mm2(self) -> float:
        """Area of an ellipse."""
        one, other = self.half_axes_mm
        return math.pi * one * other

    @property
    def edges_mm(self) -> tuple[float, float, float]:
        """Lengths of a box's edges."""
        return as_point(np.linalg.norm(self._edges, axis=1))

    @property
    def corners_mm(self) -> tuple[Point, ...]:
        """The eight corners of a box; bits 0, 1 and 2 of a corner's place say along which edges it lies."""
        first, edges = self._points[0], self._edges
        return tuple(as_point(first + sum(edges[n] for n in range(3) if place >> n & 1)) for place in range(8))

    def changed(self, **fields: Any) -> Measurement:
        """A copy with other values in the named fields."""
        return replace(self, **fields)

    def moved(self, offset_mm: Point) -> Measurement:
        """The same, somewhere else."""
        return replace(self, points_mm=tuple(as_point(point) for point in self._points + np.asarray(offset_mm)))

    def to_json(self) -> dict[str, Any]:
        """A JSON-able record; ``from_json`` reads it back exactly."""
        return asdict(self)

    @staticmethod
    def from_json(record: dict[str, Any]) -> Measurement:
        """The measurement that ``to_json`` wrote; fields of later versions are left out.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        fields = {key: value for key, value in record.items() if key in Measurement.__dataclass_fields__}
        fields["kind"] = MeasurementKind(fields["kind"])
        fields["points_mm"] = tuple(as_point(point) for point in fields["points_mm"])
        fields["normal"] = as_point(fields["normal"])
        red, green, blue = fields["color"]
        fields["color"] = (int(red), int(green), int(blue))
        if type(fields["number"]) is not int or fields["number"] < 1 or not isinstance(fields["name"], str):
            raise ValueError("a measurement's record is none")
        return Measurement(**fields)

    @property
    def _edges(self) -> NDArray[np.float64]:
        return np.asarray(self._points[1:] - self._points[0])

    @property
    def _points(self) -> NDArray[np.float64]:
        return np.asarray(self.points_mm, np.float64)


def storable(points_mm: Iterable[Any]) -> tuple[Point, ...]:
    """Points moved by less than a tenth of a micrometre to where files can say them exactly.

    DICOM stores coordinates as 32-bit floats. Up to two metres from the origin these hold multiples of 2^-13 mm as they
    are, and so the ends of an ellipse's axes, which are sums of them: what was measured comes back to the last bit.
    """
    return tuple(as_point(np.round(np.asarray(point, np.float64) / STEP_MM) * STEP_MM) for point in points_mm)


def as_point(values: Any) -> Point:
    """Three plain floats of an array or a list."""
    x, y, z = (float(value) for value in values)
    return x, y, z
