"""Which segment of one mask belongs to which of another."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from imaging.errors import UserError
from imaging.formats.label_file import LabelSegment

Key = Callable[[LabelSegment], Hashable]
Pair = tuple[LabelSegment, LabelSegment]


@dataclass(frozen=True)
class Pairing:
    """Segments of two masks.

    Attributes:
        pairs: those that belong together, in the first mask's order.
        only_in_a, only_in_b: those without a partner.
    """

    pairs: list[Pair]
    only_in_a: list[LabelSegment]
    only_in_b: list[LabelSegment]


def pair_segments(a: Sequence[LabelSegment], b: Sequence[LabelSegment], names: Sequence[str] | None = None) -> Pairing:
    """Pair segments by name, whatever its case; where one mask has no names, by label value.

    Of several with the same name, the first belongs to the first, the second to the second.

    Args:
        a, b: the segments of both masks.
        names: take only these; a label value may stand for a name.

    Raises:
        UserError: one of the names is in neither mask.
    """
    pairs = _paired(a, b, lambda s: s.name.strip().casefold())
    rest_a, rest_b = _without_partner(a, b, pairs)
    if _are_unnamed(rest_a) or _are_unnamed(rest_b):
        pairs += _paired(rest_a, rest_b, lambda s: s.label_value)
        rest_a, rest_b = _without_partner(a, b, pairs)
    place = {id(s): n for n, s in enumerate(a)}
    found = Pairing(sorted(pairs, key=lambda pair: place[id(pair[0])]), rest_a, rest_b)
    return found if names is None else _chosen(found, [_found(name, [*a, *b]) for name in names])


def chosen_pairs(a: Sequence[LabelSegment], b: Sequence[LabelSegment], names: Sequence[tuple[str, str]]) -> Pairing:
    """The pairs that somebody names, whatever else there is; a label value may stand for a name.

    Raises:
        UserError: a mask has no such segment.
    """
    return Pairing([(_named(one, a, "A"), _named(other, b, "B")) for one, other in names], [], [])


def _named(name: str, segments: Sequence[LabelSegment], side: str) -> LabelSegment:
    is_it = _found(name, segments, f"{side} has no segment")
    return next(segment for segment in segments if is_it(segment))


def _without_partner(
    a: Sequence[LabelSegment], b: Sequence[LabelSegment], pairs: Sequence[Pair]
) -> tuple[list[LabelSegment], list[LabelSegment]]:
    taken = {id(s) for pair in pairs for s in pair}
    return [s for s in a if id(s) not in taken], [s for s in b if id(s) not in taken]


def _chosen(found: Pairing, wanted: Sequence[Callable[[LabelSegment], bool]]) -> Pairing:
    """The pairs of which one is wanted, and what is wanted of the rest."""

    def is_wanted(segment: LabelSegment) -> bool:
        return any(is_it(segment) for is_it in wanted)

    return Pairing(
        [pair for pair in found.pairs if is_wanted(pair[0]) or is_wanted(pair[1])],
        [s for s in found.only_in_a if is_wanted(s)],
        [s for s in found.only_in_b if is_wanted(s)],
    )


def _found(
    name: str, segments: Sequence[LabelSegment], whose: str = "Neither mask has a segment"
) -> Callable[[LabelSegment], bool]:
    """How to know the segments that somebody calls so."""
    wanted = name.strip().casefold()
    if any(s.name.strip().casefold() == wanted for s in segments):
        return lambda s: s.name.strip().casefold() == wanted
    if wanted.isdecimal() and any(s.label_value == int(wanted) for s in segments):
        return lambda s: s.label_value == int(wanted)
    known = ", ".join(dict.fromkeys(s.name for s in segments)) or "none"
    raise UserError(f"{whose} “{name.strip()}”.", f"There are: {known}.")


def _paired(a: Sequence[LabelSegment], b: Sequence[LabelSegment], key: Key) -> list[Pair]:
    waiting: dict[Hashable, list[LabelSegment]] = {}
    for segment in b:
        waiting.setdefault(key(segment), []).append(segment)
    return [(segment, waiting[key(segment)].pop(0)) for segment in a if waiting.get(key(segment))]


def _are_unnamed(segments: Sequence[LabelSegment]) -> bool:
    """True when the file said no names: ``Label 3`` was made up by the reader, see ``LabelSegment``."""
    return bool(segments) and all(s.name.startswith(f"Label {s.label_value}") for s in segments)
