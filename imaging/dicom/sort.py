"""From a heap of frames to stacks: what belongs to one volume, in which order, and what is doubtful about it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from imaging.dicom import tags
from imaging.dicom.grid import TOLERANCE_MM, edges, geometry_of
from imaging.dicom.instance import Frame, Instance
from imaging.dicom.time_points import Batch, batches_of
from imaging.geometry import Geometry
from imaging.volume import SeriesWarning

# Single images of these modalities are projections or snapshots; without positions they do not form a stack.
_SNAPSHOTS = frozenset({"CR", "DX", "MG", "XA", "RF", "PX", "IO", "RG", "ES", "GM", "SM", "XC", "OP", "US", "OT", "SC"})


@dataclass(frozen=True, eq=False)
class Stack:
    """The volumes that one series (or one part of it) consists of.

    Attributes:
        volumes: frames in slice order per time point; all time points lie on one grid.
        geometry: the grid, right-handed, k along row x column.
        warnings: what is doubtful.
        series_uid: as in the files, or made up when they have none.
        label: what sets this part apart from the others of its series.
    """

    volumes: tuple[tuple[Frame, ...], ...]
    geometry: Geometry
    warnings: tuple[SeriesWarning, ...]
    series_uid: str
    label: str = ""

    @property
    def first(self) -> Frame:
        """The lowest slice of the first volume."""
        return self.volumes[0][0]


def stacks_of(frames: list[Frame]) -> list[Stack]:
    """Sort frames of any number of series into stacks: by series, size, colour, orientation, spacing, then time.

    The parts of one series follow each other, the one with most slices first.
    """
    stacks: dict[str, list[Stack]] = defaultdict(list)
    for uid, group in _by_series(frames).items():
        for alike in _alike(group):
            stacks[uid].extend(_stacks_of_alike(alike, uid))
    for parts in stacks.values():
        parts.sort(key=lambda stack: -len(stack.volumes) * len(stack.volumes[0]))
    return [_labelled(stack, len(parts)) for parts in stacks.values() for stack in parts]


def _by_series(frames: list[Frame]) -> dict[str, list[Frame]]:
    groups: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[series_uid_of(frame.instance)].append(frame)
    return groups


def series_uid_of(instance: Instance) -> str:
    """The series' UID; where it is missing a name made from what the images share, the same each time."""
    if instance.series_uid:
        return instance.series_uid
    shared = (instance.header.text(tags.STUDY_INSTANCE), instance.modality, instance.rows, instance.columns)
    return "no-uid-" + hashlib.blake2b(repr(shared).encode(), digest_size=6).hexdigest()


def _alike(frames: list[Frame]) -> list[list[Frame]]:
    """Frames of one size, kind, orientation and spacing."""
    kinds: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    for frame in frames:
        kinds[_kind(frame)].append(frame)
    return [group for kind in kinds.values() for group in _parallel(kind)]


def _kind(frame: Frame) -> tuple[object, ...]:
    instance = frame.instance
    has_place = frame.position is not None and frame.orientation is not None
    alone = instance.frame_count > 1 or instance.modality in _SNAPSHOTS
    return (
        instance.rows,
        instance.columns,
        instance.is_colour,
        instance.photometric == "MONOCHROME1",
        "LOCALIZER" in frame.image_type.upper().split("\\"),
        instance.header.text(tags.FRAME_OF_REFERENCE),
        has_place,
        "" if has_place or not alone else f"{instance.sop_uid} {instance.source.name}",
    )


def _parallel(frames: list[Frame]) -> list[list[Frame]]:
    """Split by orientation and pixel spacing: within a group the far corners agree within the tolerance."""
    if frames[0].position is None or frames[0].orientation is None:
        return [frames]
    groups: list[tuple[np.ndarray, list[Frame]]] = []
    shapes: dict[tuple[object, ...], list[Frame]] = {}
    for frame in frames:
        shape = (frame.orientation, frame.spacing)
        if shape not in shapes:
            mine = edges(frame)
            found = next((g for e, g in groups if np.linalg.norm(e - mine, axis=1).max() <= TOLERANCE_MM), None)
            if found is None:
                found = []
                groups.append((mine, found))
            shapes[shape] = found
        shapes[shape].append(frame)
    return [group for _, group in groups]


def _stacks_of_alike(frames: list[Frame], uid: str) -> list[Stack]:
    if frames[0].position is None or frames[0].orientation is None:
        ordered = sorted(frames, key=lambda f: (f.number, f.instance.source.name, f.index))
        return [_stack(Batch([ordered]), uid)]
    stacks = []
    for batch in batches_of(frames):
        parts = _overlapping_acquisitions(batch)
        stacks += [_stack(part, uid) for part in parts or [batch]]
    return stacks


def _overlapping_acquisitions(batch: Batch) -> list[Batch] | None:
    """Two scans of one region, their slices interleaved: uneven together, each even by itself."""
    frames = batch.volumes[0]
    if len(batch.volumes) > 1 or SeriesWarning.VARIABLE_SPACING not in geometry_of(frames)[1]:
        return None
    parts: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        parts[frame.times.get("acquisition", "")].append(frame)
    if len(parts) < 2 or any(len(part) < 3 or not geometry_of(part)[0].is_regular for part in parts.values()):
        return None
    changes = sum(a.times.get("acquisition") != b.times.get("acquisition") for a, b in pairwise(frames))
    if changes < len(frames) // 4:
        return None  # one after the other: a scan in two parts, which belong together
    return [Batch([part], label=f"acquisition {number}") for number, part in sorted(parts.items())]


def _stack(batch: Batch, uid: str) -> Stack:
    geometry, warnings = geometry_of(batch.volumes[0])
    if batch.is_guess:
        warnings.append(SeriesWarning.DUPLICATE_POSITION)
    every = [frame for volume in batch.volumes for frame in volume]
    if any(not frame.instance.series_uid or not frame.instance.sop_uid for frame in every):
        warnings.append(SeriesWarning.MISSING_UID)
    if any(frame.instance.is_lossy for frame in every):
        warnings.append(SeriesWarning.LOSSY)
    if every[0].instance.modality != "PT" and len({(frame.slope, frame.intercept) for frame in every}) > 1:
        warnings.append(SeriesWarning.SCALED_DIFFERENTLY)
    return Stack(tuple(map(tuple, batch.volumes)), geometry, tuple(warnings), uid, batch.label)


def _labelled(stack: Stack, siblings: int) -> Stack:
    if siblings == 1 or stack.label:
        return stack
    k, j, i = stack.geometry.shape
    is_localizer = "LOCALIZER" in stack.first.image_type.upper().split("\\")
    return replace(stack, label="localizer" if is_localizer else f"{i}x{j}x{k}")
