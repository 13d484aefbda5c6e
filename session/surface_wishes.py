"""How somebody wants surfaces exported: kept from one time to the next."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from imaging.formats.label_file import LabelFile
from session.session import Session

SETTING = "export.surfaces"
WHICH = ("visible", "active", "all")
FORMATS = ("3mf", "stl", "obj", "ply", "glb", "gltf")


@dataclass(frozen=True)
class SurfaceWishes:
    """What the window asks before it exports.

    Attributes:
        which: "visible", "active" or "all" segments.
        format: the file's ending, without its dot.
        per_segment: a file for each segment instead of one for all.
        smoothing: iterations, 0 for the voxels' stairs.
        triangles: about how many for each segment, 0 for all.
    """

    which: str = "visible"
    format: str = "3mf"
    per_segment: bool = False
    smoothing: int = 20
    triangles: int = 200_000


def kept_wishes(session: Session) -> SurfaceWishes:
    """Those of the last time; what does not fit any more is replaced by its default."""
    stored = session.settings[SETTING]
    usual = SurfaceWishes()
    found: dict[str, Any] = {}
    for one in fields(SurfaceWishes):
        value, default = stored.get(one.name), getattr(usual, one.name)
        if type(value) is type(default):
            found[one.name] = value
    wishes = SurfaceWishes(**found)
    fits = wishes.which in WHICH and wishes.format in FORMATS and wishes.smoothing >= 0 and wishes.triangles >= 0
    return wishes if fits else usual


def keep_wishes(session: Session, wishes: SurfaceWishes) -> None:
    """For the next time."""
    session.settings.set(SETTING, asdict(wishes))


def names_for(session: Session) -> dict[str, list[str]]:
    """The names of the segments that each choice means."""
    segments = session.open_document.segmentation.segments
    active = session.selection.state.segment_number
    return {
        "visible": [s.name for s in segments if session.presentation.is_visible(s.number)],
        "active": [s.name for s in segments if s.number == active],
        "all": [s.name for s in segments],
    }


def chosen_labels(session: Session, labels: LabelFile, which: str) -> LabelFile:
    """The same voxels with only the segments that are meant."""
    active = session.selection.state.segment_number
    wanted = {
        (s.layer, s.label_value)
        for s in session.open_document.segmentation.segments
        if which == "all"
        or (which == "active" and s.number == active)
        or (which == "visible" and session.presentation.is_visible(s.number))
    }
    kept = [s for s in labels.segments if (s.layer, s.label_value) in wanted]
    return LabelFile(labels.geometry, labels.layers, kept)
