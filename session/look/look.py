"""The whole look of a volume in 3D."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from session.look.cut import Cut
from session.look.inside import Inside
from session.look.lighting import Background, Exposure, Lens, Lighting, Material
from session.look.segment_look import SegmentLook
from session.look.transfer_function import TransferFunction


@dataclass(frozen=True)
class NumberedLook:
    """The look of the segment with a number."""

    number: int
    look: SegmentLook


@dataclass(frozen=True)
class Look:
    """Everything about a 3D picture except where it is seen from.

    Attributes:
        name: of the preset it came from; empty when it was never saved.
        transfer: from values to colour and opacity, for all voxels without a function of their own.
        matter: values from which on something counts as matter, and at which it does fully; for ghosts and solid
            segments, so that the air around and within them stays open. None: everything is matter. A segment whose
            own mean lies below (a lung) is all matter.
        ghost: opacity of a millimetre of a ghost, 0-1.
        rest: the voxels of no segment, and of enclosing segments (body) without a look of their own.
        segment: the segments without a look of their own.
        segments: looks of single segments, by rising number.
        inside: of which region anything is shown that is no segment's own.
        material, lighting, exposure, lens, background, cut: see there.
    """

    name: str = ""
    transfer: TransferFunction = field(default_factory=TransferFunction)
    matter: tuple[float, float] | None = None
    ghost: float = 0.006
    rest: SegmentLook = field(default_factory=SegmentLook)
    segment: SegmentLook = field(default_factory=SegmentLook)
    segments: tuple[NumberedLook, ...] = ()
    inside: Inside = field(default_factory=Inside)
    material: Material = field(default_factory=Material)
    lighting: Lighting = field(default_factory=Lighting)
    exposure: Exposure = field(default_factory=Exposure)
    lens: Lens = field(default_factory=Lens)
    background: Background = field(default_factory=Background)
    cut: Cut = field(default_factory=Cut)

    def of_segment(self, number: int, encloses: bool = False) -> SegmentLook:
        """How a segment looks; ``encloses`` as in its record."""
        own = next((entry.look for entry in self.segments if entry.number == number), None)
        if own is not None:
            return own
        return self.rest if encloses else self.segment

    def with_segment(self, number: int, look: SegmentLook | None) -> Look:
        """A copy in which one segment has its own look, or (None) no longer has one."""
        others = [entry for entry in self.segments if entry.number != number]
        if look is not None:
            others.append(NumberedLook(number, look))
        return replace(self, segments=tuple(sorted(others, key=lambda entry: entry.number)))
