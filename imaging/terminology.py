"""Coded terminology of segments: which SNOMED CT codes DICOM wants for "left kidney", and a colour to draw it in.

The table is ``resources/terminology/segments.json``; it says where its codes come from and which are only the nearest
more general ones.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from imaging.segment import CodedTerm, Color

Code = CodedTerm
SIDES = ("left", "right")


@dataclass(frozen=True)
class Term:
    """A structure that a segment can be.

    Attributes:
        name: as shown to people.
        category: DICOM's Segmented Property Category, such as anatomical structure.
        type: Segmented Property Type, such as kidney.
        modifier: Segmented Property Type Modifier (laterality), or None.
        color: recommended red, green, blue, 0-255.
        aliases: other names, TotalSegmentator's class name first where it has one.
        is_verified: False where the type is only the nearest more general code.
    """

    name: str
    category: Code
    type: Code
    modifier: Code | None
    color: Color
    aliases: tuple[str, ...] = ()
    is_verified: bool = True


@cache
def all_terms() -> tuple[Term, ...]:
    """Every term, in the table's order (organs, vessels, chest, head, bones, muscles, fat, lesions, generic)."""
    table = json.loads((files("resources") / "terminology" / "segments.json").read_text("utf-8"))
    scheme = table["scheme"]
    categories = {key: Code(value, scheme, meaning) for key, (value, meaning) in table["categories"].items()}
    return tuple(_term(record, scheme, categories) for record in table["terms"])


def _term(record: dict[str, Any], scheme: str, categories: dict[str, Code]) -> Term:
    value, meaning = record["type"]
    red, green, blue = record["color"]
    return Term(
        name=record["name"],
        category=categories[record["category"]],
        type=Code(value, scheme, meaning),
        modifier=Code(record["modifier"][0], scheme, record["modifier"][1]) if record["modifier"] else None,
        color=(red, green, blue),
        aliases=tuple(record["aliases"]),
        is_verified=record["verified"],
    )


def lookup(name_or_alias: str) -> Term | None:
    """The term of this name, whatever its case, underscores, hyphens and place of "left" or "right"; None if unknown.

    ``kidney_left``, ``Left kidney`` and ``KIDNEY-LEFT`` find the same term.
    """
    return _by_key().get(_key(name_or_alias))


@cache
def _by_key() -> dict[str, Term]:
    found: dict[str, Term] = {}
    for term in all_terms():
        for name in (term.name, *term.aliases):
            found.setdefault(_key(name), term)
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _key(text: str) -> str:
    """The words in order, with the side at the end: TotalSegmentator also writes ``rib_left_4``."""
    words = _words(text)
    return " ".join([word for word in words if word not in SIDES] + [word for word in words if word in SIDES])


def search(text: str) -> list[Term]:
    """Terms in which each word of the text begins some word of the name or of one alias, best first.

    An empty text finds every term. Names that begin with the text come before others, then the table's order.
    """
    wanted = _words(text)
    start = " ".join(wanted)
    hits = [term for term in all_terms() if _holds(term, wanted)]
    return sorted(hits, key=lambda term: not " ".join(_words(term.name)).startswith(start))


def _holds(term: Term, wanted: list[str]) -> bool:
    names = [_words(name) for name in (term.name, *term.aliases)]
    return any(all(any(word.startswith(start) for word in words) for start in wanted) for words in names)
