"""RT Structure Sets that somebody else wrote (PS3.3 A.19): structures, their contours in millimetres, references.

A structure of which any contour is damaged is not read at all: half a structure would look like a whole one. What
cannot become voxels (points, open lines) is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging.dicom import tags
from imaging.errors import UserError
from imaging.objects.contour_planes import ContoursMm
from imaging.objects.elements import Elements, open_object
from imaging.segment import CodedTerm, Color

STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
MAX_STRUCTURES = 1000
FARTHEST_MM = 1e5
_FRAMES, _STUDIES, _SERIES = 0x30060010, 0x30060012, 0x30060014
_CLOSED, _XOR = "CLOSED_PLANAR", "CLOSEDPLANAR_XOR"
_WORDS = {"POINT": "points", "OPEN_PLANAR": "open lines", "OPEN_NONPLANAR": "open lines"}


@dataclass(frozen=True, eq=False)
class Structure:
    """A region of interest.

    Attributes:
        number: ROI Number.
        name: as the file says.
        color: None where the file says none.
        interpreted_type: ORGAN, GTV, PTV, EXTERNAL...; empty where nobody says.
        algorithm: AUTOMATIC, SEMIAUTOMATIC, MANUAL, or empty.
        category, type, modifier: coded terminology.
        contours: closed ones; None where there are none.
        left_out: what cannot become voxels, words such as "points" -> how many.
        damage: why the contours cannot be read, empty when they can.
        frame_of_reference_uid: in which the contours stand.
    """

    number: int
    name: str
    color: Color | None = None
    interpreted_type: str = ""
    algorithm: str = ""
    category: CodedTerm | None = None
    type: CodedTerm | None = None
    modifier: CodedTerm | None = None
    contours: ContoursMm | None = None
    left_out: Counter[str] = field(default_factory=Counter)
    damage: str = ""
    frame_of_reference_uid: str = ""


@dataclass(frozen=True, eq=False)
class StructureSet:
    """What a file holds.

    Attributes:
        structures: in the order of the file.
        series_uids: what it refers to; often incomplete, sometimes wrong.
    """

    structures: list[Structure]
    series_uids: frozenset[str]


def read_structure_set(path: Path) -> StructureSet:
    """Read a structure set.

    Raises:
        UserError: the file is none, is damaged, or hostile.
    """
    elements = open_object(path).elements
    if _text(elements, tags.SOP_CLASS) != STRUCTURE_SET:
        raise UserError(f"{path.name} is no RT structure set.")
    regions = elements.sequence(0x30060020)
    if len(regions) > MAX_STRUCTURES:
        raise UserError(f"{path.name} claims {len(regions)} structures, too many to be shown.")
    contours = {_number(item, 0x30060084): item for item in elements.sequence(0x30060039)}
    observed = {_number(item, 0x30060084): item for item in elements.sequence(0x30060080)}
    series = [one for frame in elements.sequence(_FRAMES) for one in _referenced_series(frame)]
    return StructureSet(
        [_structure(region, contours, observed, elements) for region in regions],
        frozenset(_text(one, tags.SERIES_INSTANCE) for one in series) - {""},
    )


def _text(elements: Elements, tag: int) -> str:
    return elements.values.get(tag, b"").decode("latin-1").strip(" \0")


def _number(elements: Elements, tag: int) -> int:
    found = elements.numbers(tag)
    return int(found[0]) if found else 0


def _referenced_series(frame: Elements) -> Iterator[Elements]:
    for study in frame.sequence(_STUDIES):
        yield from study.sequence(_SERIES)


def _structure(
    region: Elements, contours: dict[int, Elements], observed: dict[int, Elements], file: Elements
) -> Structure:
    number = _number(region, 0x30060022)
    drawn, observation = contours.get(number, Elements()), observed.get(number, Elements())
    code = observation.first(0x30060086)
    frames = file.sequence(_FRAMES)
    polygons, left_out, damage = _contours(drawn.sequence(0x30060040))
    return Structure(
        number=number,
        name=region.text(0x30060026) or observation.text(0x30060085) or f"Structure {number}",
        color=_color(drawn),
        interpreted_type=_text(observation, 0x300600A4),
        algorithm=_text(region, 0x30060036),
        category=observation.code(0x00620003),
        type=observation.code(0x30060086),
        modifier=code.code(0x00620011),
        contours=polygons,
        left_out=left_out,
        damage=damage,
        frame_of_reference_uid=_text(region, 0x30060024)
        or (_text(frames[0], tags.FRAME_OF_REFERENCE) if len(frames) == 1 else ""),
    )


def _color(drawn: Elements) -> Color | None:
    found = drawn.numbers(0x3006002A)
    if len(found) != 3 or not all(0 <= value <= 255 for value in found):
        return None
    return int(found[0]), int(found[1]), int(found[2])


def _contours(items: list[Elements]) -> tuple[ContoursMm | None, Counter[str], str]:
    """The closed contours, what else there is, and what is wrong with it."""
    polygons: list[NDArray[np.float64]] = []
    left_out: Counter[str] = Counter()
    xor_count = 0
    for item in items:
        kind = _text(item, 0x30060042) or _CLOSED
        if kind not in (_CLOSED, _XOR):
            left_out[_WORDS.get(kind, "contours of an unknown kind")] += 1
            continue
        points = _points(item.values.get(0x30060050, b""))
        if isinstance(points, str):
            return None, left_out, points
        if len(points) < 3:
            left_out["contours of one or two points"] += 1
            continue
        polygons.append(points)
        xor_count += kind == _XOR
    if not polygons:
        return None, left_out, ""
    starts = np.cumsum([0, *map(len, polygons)])
    return ContoursMm(np.concatenate(polygons), starts, is_xor=xor_count == len(polygons)), left_out, ""


def _points(raw: bytes) -> NDArray[np.float64] | str:
    """(n, 3) LPS millimetres, or what is wrong with them."""
    text = raw.strip(b" \0")
    if not text:
        return np.zeros((0, 3))
    try:
        numbers = np.array(list(map(float, text.split(b"\\"))))
    except ValueError:
        return "one of its contours holds something that is no number"
    if len(numbers) % 3:
        return "one of its contours ends within a point"
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > FARTHEST_MM:
        return "one of its contours has points at impossible places"
    points = numbers.reshape(-1, 3)
    closes = len(points) > 1 and bool((points[0] == points[-1]).all())
    return points[:-1] if closes else points
