"""What of the volume is cut away."""

from __future__ import annotations

from dataclasses import dataclass, field

Point = tuple[float, float, float]


@dataclass(frozen=True)
class ClipPlane:
    """Keeps the side its normal points to. LPS millimetres."""

    point_mm: Point
    normal: Point


@dataclass(frozen=True)
class CropBox:
    """Keeps a box along the image's own axes, as fractions (i, j, k) of the image from its first to its last edge."""

    low: Point = (0.0, 0.0, 0.0)
    high: Point = (1.0, 1.0, 1.0)

    @property
    def is_whole(self) -> bool:
        """True when it cuts nothing."""
        return all(v <= 0 for v in self.low) and all(v >= 1 for v in self.high)


@dataclass(frozen=True)
class Cutaway:
    """Opens the way to some segments: what else lies around and before them is taken away.

    Attributes:
        segments: numbers of the segments to be seen.
        margin_mm: how far around them everything else is taken away.
        towards: the direction (LPS) in which the way is opened, from the segments to the viewer.
    """

    segments: tuple[int, ...]
    margin_mm: float = 6.0
    towards: Point = (0.0, -1.0, 0.0)


@dataclass(frozen=True)
class Cut:
    """Planes, box and cutaway together; ``shows_caps`` puts the slice's grey values on planes and box."""

    planes: tuple[ClipPlane, ...] = ()
    box: CropBox = field(default_factory=CropBox)
    cutaway: Cutaway | None = None
    shows_caps: bool = True

    @property
    def is_empty(self) -> bool:
        """True when nothing is cut."""
        return not self.planes and self.box.is_whole and self.cutaway is None
