"""Frames that share their positions: copies to drop, time points of a 4D series, or a second series in disguise."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.grid import normal_of
from imaging.dicom.instance import TIME_KEYS, Frame
from imaging.errors import UserError

SAME_PLACE_MM = 0.01
_KEYS = ("stack", *(name for name, _ in TIME_KEYS), "diffusion direction", "image type")
# What separates different kinds of image rather than moments or echoes of one: these become series of their own.
_SEPARATE_SERIES = frozenset({"image type", "stack"})


@dataclass(frozen=True)
class Batch:
    """Volumes on one grid: ``volumes[t]`` holds frames in slice order.

    Attributes:
        is_guess: no element tells the volumes apart; they were dealt out by instance number.
        label: what sets this batch apart from others of its series, for the description.
    """

    volumes: list[list[Frame]]
    is_guess: bool = False
    label: str = ""


def batches_of(frames: list[Frame]) -> list[Batch]:
    """Split parallel frames, all with a position, so that no volume holds a position twice."""
    heights = _heights(frames)
    rank = sorted(range(len(frames)), key=lambda n: (heights[n], frames[n].number, frames[n].index))
    ordered = [frames[n] for n in rank]
    places = _places(ordered)
    most = max(map(len, places))
    if most == 1:
        return [Batch([ordered])]
    if min(map(len, places)) < most or len({f.instance.sop_uid for f in frames}) < len(frames):
        places = [_without_copies(place) for place in places]
    return _separate(places) or _separate([_without_copies(place) for place in places]) or _dealt(places)


def _heights(frames: list[Frame]) -> NDArray[np.float64]:
    """Distance of each frame along the normal, in millimetres."""
    positions = np.array([frame.position for frame in frames], np.float64)
    return np.asarray(positions @ normal_of(frames[0]))


def _places(ordered: list[Frame]) -> list[list[Frame]]:
    """Frames at the same height along the normal, lowest first."""
    places: list[list[Frame]] = []
    last = -np.inf
    for frame, height in zip(ordered, _heights(ordered), strict=True):
        if height - last > SAME_PLACE_MM:
            places.append([])
            last = height
        places[-1].append(frame)
    return places


def _without_copies(place: list[Frame]) -> list[Frame]:
    """One of each: frames with the same rescale and the same bytes are copies."""
    if len(place) == 1:
        return place
    found: dict[str, Frame] = {}
    for frame in place:
        found.setdefault(_digest(frame), frame)
    return list(found.values())


def _digest(frame: Frame) -> str:
    instance = frame.instance
    header = instance.header
    if header.pixel_offset < 0 or (header.is_encapsulated and instance.frame_count > 1):
        return f"{id(instance)} {frame.index}"  # not comparable without decoding: never a copy
    count = header.pixel_length // (instance.frame_count if instance.frame_count > 1 else 1)
    try:
        with instance.source.open() as reader:
            data = reader.read(header.pixel_offset + frame.index * count, count)
    except (OSError, UserError):
        return f"{id(instance)} {frame.index}"
    rescale = f"{frame.slope} {frame.intercept} {frame.position} "
    return rescale + hashlib.blake2b(data, digest_size=16).hexdigest()


def _separate(places: list[list[Frame]]) -> list[Batch] | None:
    """Split by the first element, or pair of elements, that tells the frames at each position apart."""
    most = max(map(len, places))
    if most == 1:
        return [Batch([[place[0] for place in places]])]
    frames = [frame for place in places for frame in place]
    keys = [key for key in _KEYS if len({_value(frame, key) for frame in frames}) > 1]
    for names in [(key,) for key in keys] + list(combinations(keys, 2)):
        parts: dict[tuple[str, ...], list[Frame]] = defaultdict(list)
        for frame in frames:
            parts[tuple(_value(frame, name) for name in names)].append(frame)
        if len(parts) == most and all(_is_free_of_repeats(part) for part in parts.values()):
            return _gathered(parts, is_separate=bool(_SEPARATE_SERIES & set(names)))
    return None


def _value(frame: Frame, key: str) -> str:
    return frame.image_type if key == "image type" else frame.times.get(key, "")


def _is_free_of_repeats(part: list[Frame]) -> bool:
    return bool((np.diff(_heights(part)) > SAME_PLACE_MM).all())


def _gathered(parts: dict[tuple[str, ...], list[Frame]], is_separate: bool) -> list[Batch]:
    """Parts on the same positions become the volumes of one batch."""
    batches: list[list[tuple[tuple[str, ...], list[Frame]]]] = []
    for value in sorted(parts, key=_rank):
        part = parts[value]
        home = None if is_separate else next((b for b in batches if _same_places(b[0][1], part)), None)
        if home is None:
            batches.append([(value, part)])
        else:
            home.append((value, part))
    batches.sort(key=lambda batch: -len(batch[0][1]) * len(batch))
    labels = [" ".join(batch[0][0]).replace("\\", " ").strip() if len(batches) > 1 else "" for batch in batches]
    return [Batch([part for _, part in batch], label=label) for batch, label in zip(batches, labels, strict=True)]


def _rank(value: tuple[str, ...]) -> tuple[tuple[float, str], ...]:
    ranks = []
    for text in value:
        try:
            ranks.append((float(text.split("\\")[0]), text))
        except ValueError:
            ranks.append((0.0, text))
    return tuple(ranks)


def _same_places(some: list[Frame], others: list[Frame]) -> bool:
    if len(some) != len(others):
        return False
    a, b = (np.array([frame.position for frame in part], np.float64) for part in (some, others))
    return bool(np.linalg.norm(a - b, axis=1).max() <= SAME_PLACE_MM)


def _dealt(places: list[list[Frame]]) -> list[Batch]:
    """No element tells them apart: the n-th frame at each position belongs to the n-th volume."""
    most = max(map(len, places))
    parts: dict[tuple[str, ...], list[Frame]] = {
        (str(n),): [place[n] for place in places if n < len(place)] for n in range(most)
    }
    return [replace(batch, is_guess=True, label="") for batch in _gathered(parts, is_separate=False)]
