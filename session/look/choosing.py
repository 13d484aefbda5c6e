"""One choice at a time: functions from a look to the look that somebody asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from session.look.cut import ClipPlane, CropBox, Cut, Cutaway, Point
from session.look.inside import Inside, Region
from session.look.look import Look, NumberedLook
from session.look.segment_look import SegmentLook, Visibility

INSET = 0.08  # of a crop box that was just switched on, so that its faces can be grasped
FROM_THE_FRONT: Point = (0.0, 1.0, 0.0)  # the viewing direction (LPS) as long as the 3D view has no camera


@dataclass(frozen=True)
class Named:
    """What a choice must know of a segment: its number, and whether others lie inside it."""

    number: int
    encloses: bool = False


def with_part(look: Look, part: str, **fields: Any) -> Look:
    """A copy with fields of one part changed: ``material``, ``lighting``, ``exposure``, ``lens``, ``cut``..."""
    return replace(look, **{part: replace(getattr(look, part), **fields)})


def with_segment_fields(look: Look, segment: Named, **fields: Any) -> Look:
    """A copy in which fields of one segment's look are changed; from now on it has a look of its own."""
    own = replace(look.of_segment(segment.number, segment.encloses), **fields)
    return look.with_segment(segment.number, own)


def isolated(look: Look, segments: Iterable[Named], number: int) -> Look:
    """Only one segment is shown; everything else is hidden, the voxels of no segment too."""
    return _others(look, segments, number, lambda _look: Visibility.HIDDEN)


def soloed(look: Look, segments: Iterable[Named], number: int) -> Look:
    """One segment is shown; everything else is a ghost, what was hidden too."""
    return _others(look, segments, number, lambda _look: Visibility.GHOST)


def with_ghosts_beside(look: Look, segments: Iterable[Named], number: int) -> Look:
    """One segment is shown, the other shown ones become ghosts; what was hidden stays hidden."""
    return _others(look, segments, number, _fainter)


def without_segment_choices(look: Look, origin: Look | None = None) -> Look:
    """All segments and the rest as the preset has them, or plainly shown.

    Args:
        look: to be changed.
        origin: the preset's look; None when there is none.
    """
    origin = origin or Look()
    return replace(look, segments=origin.segments, segment=origin.segment, rest=origin.rest)


def all_shown(look: Look, origin: Look | None = None) -> Look:
    """No segment alone any more: single ones shown, the others and the rest as in the preset; tints and so on stay.

    Args:
        look: to be changed.
        origin: the preset's look; None when there is none.
    """
    origin = origin or Look()
    return replace(
        look,
        segment=replace(look.segment, visibility=origin.segment.visibility),
        rest=replace(look.rest, visibility=origin.rest.visibility),
        segments=tuple(replace(e, look=replace(e.look, visibility=Visibility.SHOWN)) for e in look.segments),
    )


def has_segment_choices(look: Look) -> bool:
    """True when some segment has a look of its own or something is not plainly shown."""
    return bool(look.segments) or look.segment != SegmentLook() or look.rest != SegmentLook()


def is_isolated(look: Look, segments: Iterable[Named], number: int) -> bool:
    """True when this segment alone is to be seen."""
    return _is_alone(look, segments, number, Visibility.HIDDEN)


def is_soloed(look: Look, segments: Iterable[Named], number: int) -> bool:
    """True when all but this segment are ghosts."""
    return _is_alone(look, segments, number, Visibility.GHOST)


def with_plane(look: Look, point_mm: Point, viewing: Point) -> Look:
    """A clip plane more, facing the viewer: what lies before the point is cut away.

    Args:
        look: to be changed.
        point_mm: on the plane (LPS).
        viewing: the direction of view, from the viewer into the picture; need not be of length 1.
    """
    plane = ClipPlane(point_mm, _unit(viewing))
    return with_part(look, "cut", planes=(*look.cut.planes, plane))


def with_flipped_plane(look: Look, place: int) -> Look:
    """The other side of a plane is kept."""
    planes = list(look.cut.planes)
    x, y, z = planes[place].normal
    planes[place] = replace(planes[place], normal=(-x, -y, -z))
    return with_part(look, "cut", planes=tuple(planes))


def without_plane(look: Look, place: int) -> Look:
    """One plane less."""
    planes = tuple(plane for n, plane in enumerate(look.cut.planes) if n != place)
    return with_part(look, "cut", planes=planes)


def with_crop_box(look: Look, *, is_on: bool) -> Look:
    """A box a little smaller than the image, or none."""
    box = CropBox((INSET,) * 3, (1.0 - INSET,) * 3) if is_on else CropBox()
    return with_part(look, "cut", box=box)


def with_crop_range(look: Look, axis: int, low: float, high: float) -> Look:
    """The box from ``low`` to ``high`` along one image axis (0 i, 1 j, 2 k)."""
    box = look.cut.box
    lows, highs = list(box.low), list(box.high)
    lows[axis], highs[axis] = low, high
    return with_part(look, "cut", box=CropBox((lows[0], lows[1], lows[2]), (highs[0], highs[1], highs[2])))


def with_cutaway(look: Look, number: int, viewing: Point, margin_mm: float | None = None) -> Look:
    """The way to one segment opened from where the viewer is; the margin stays when none is given."""
    before = look.cut.cutaway
    kept = before.margin_mm if before is not None else Cutaway(()).margin_mm
    x, y, z = _unit(viewing)
    opened = Cutaway((number,), kept if margin_mm is None else margin_mm, (-x, -y, -z))
    return with_part(look, "cut", cutaway=opened)


def with_region(look: Look, region: Region) -> Look:
    """Only what lies in a region is shown, from its surface on; what the look had if it is the same region."""
    return look if look.inside.region is region else replace(look, inside=Inside(region))


def without_cuts(look: Look) -> Look:
    """No plane, no box, no cutaway; whether slices are capped stays."""
    return replace(look, cut=Cut(shows_caps=look.cut.shows_caps))


def _others(look: Look, segments: Iterable[Named], number: int, seen: Callable[[SegmentLook], Visibility]) -> Look:
    """``number`` shown, every other segment and the rest with the visibility that ``seen`` gives their look."""

    def changed(part: SegmentLook) -> SegmentLook:
        return replace(part, visibility=seen(part))

    listed = {segment.number: segment for segment in segments}
    chosen = listed.get(number, Named(number))
    own = [NumberedLook(e.number, changed(e.look)) for e in look.segments if e.number != number]
    shown = replace(look.of_segment(number, chosen.encloses), visibility=Visibility.SHOWN)
    result = replace(look, segment=changed(look.segment), rest=changed(look.rest), segments=tuple(own))
    return result.with_segment(number, shown)


def _is_alone(look: Look, segments: Iterable[Named], number: int, others: Visibility) -> bool:
    if look.rest.visibility is not others:
        return False
    for segment in segments:
        wanted = Visibility.SHOWN if segment.number == number else others
        if look.of_segment(segment.number, segment.encloses).visibility is not wanted:
            return False
    return True


def _fainter(look: SegmentLook) -> Visibility:
    return Visibility.GHOST if look.visibility is Visibility.SHOWN else look.visibility


def _unit(direction: Point) -> Point:
    vector = np.asarray(direction, np.float64)
    length = float(np.linalg.norm(vector))
    if not length > 0:
        return FROM_THE_FRONT
    x, y, z = (vector / length).tolist()
    return x, y, z
