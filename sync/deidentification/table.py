"""Table E.1-1 of PS3.15: what becomes of each element under the Basic Profile and its options."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from sync.deidentification.options import Options


class Action(StrEnum):
    """What is done with an element."""

    KEEP = "kept"
    REMOVE = "removed"
    EMPTY = "emptied"
    DUMMY = "replaced"
    UID = "renumbered"
    CLEAN = "cleaned"
    SHIFT = "shifted"


# Where the standard leaves a choice by the element's type in its module, the one that fits every type: an empty value
# where type 2 is the strictest, a dummy where type 1 is.
_BASIC = {
    "X": Action.REMOVE,
    "Z": Action.EMPTY,
    "D": Action.DUMMY,
    "U": Action.UID,
    "X/Z": Action.EMPTY,
    "X/D": Action.DUMMY,
    "Z/D": Action.DUMMY,
    "X/Z/D": Action.DUMMY,
    "X/Z/U*": Action.UID,
}


@dataclass(frozen=True)
class Row:
    """One line of the table: the action of the Basic Profile, and K or C for each option that changes it."""

    basic: Action
    options: dict[str, str]

    def action(self, columns: tuple[str, ...]) -> Action:
        """What is done when these options are in force; an option that keeps wins over one that cleans."""
        said = [(name, self.options[name]) for name in columns if name in self.options]
        if any(letter == "K" for _, letter in said):
            return Action.KEEP
        if any(name == "modified_dates" for name, _ in said):
            return Action.SHIFT
        return Action.CLEAN if said else self.basic


@cache
def _rows() -> dict[str, Row]:
    text = files("resources").joinpath("deidentification/table_e1_1.csv").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    found = {}
    for record in csv.DictReader(lines):
        options = {k: v for k, v in record.items() if v and k not in ("tag", "keyword", "basic")}
        found[record["tag"]] = Row(_BASIC[record["basic"]], options)
    return found


def row_of(tag: int) -> Row | None:
    """The line for an element, None where the table has none. Curves and overlays repeat over their groups."""
    group, element = tag >> 16, tag & 0xFFFF
    if group & 1:
        return _rows()["private"]
    if group >> 8 == 0x50:
        return _rows()["50xxxxxx"]
    if group >> 8 == 0x60 and element in (0x3000, 0x4000):
        return _rows()[f"60xx{element:04x}"]
    return _rows().get(f"{tag:08x}")


def action_for(tag: int, options: Options) -> Action | None:
    """What is done with an element, None where the table does not name it."""
    row = row_of(tag)
    return None if row is None else row.action(options.columns())


def row_count() -> int:
    """How many lines the table has."""
    return len(_rows())
