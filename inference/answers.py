"""Values that a worker sent, read with distrust: a foreign model may have written anything there."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from inference.model import FoundBox, Point, Score

MOST_TEXT = 500  # characters of a name or a sentence
MOST_ITEMS = 10_000  # labels, scores, boxes, notes
MOST_JSON = 1 << 20  # characters of a record or of parameters


class ResultInvalid(Exception):
    """A model's result contradicts what the model said, or itself, so none of it is used."""


def text(value: Any, most: int = MOST_TEXT) -> str:
    """A text for people, on one line and without control characters.

    Raises:
        ResultInvalid: it is none, or longer than anybody reads.
    """
    if not isinstance(value, str) or len(value) > most:
        raise ResultInvalid("a name or a sentence in it is none")
    return "".join(c if c.isprintable() else " " for c in value)


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts; see ``text``."""
    return tuple(text(item) for item in items(value))


def number(value: Any, low: float = 0.0, high: float = math.inf) -> float:
    """A finite number within limits; ResultInvalid when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high or math.isinf(value):
        raise ResultInvalid("a number in it is none")
    return float(value)


def whole(value: Any) -> int:
    """A label value or a count: a whole number that a uint16 can hold; ResultInvalid when it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise ResultInvalid("a label value in it is none")
    return value


def items(value: Any) -> list[Any]:
    """A list of a length that makes sense; ResultInvalid when it is none."""
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise ResultInvalid("a list in it is none")
    return value


def fields(value: Any) -> dict[str, Any]:
    """A JSON object of a size that fits into the journal; ResultInvalid when it is none."""
    if not isinstance(value, dict):
        raise ResultInvalid("a part of its description is missing")
    try:
        size = len(json.dumps(value, allow_nan=False))
    except (ValueError, RecursionError) as error:
        raise ResultInvalid("a part of its description cannot be kept") from error
    if size > MOST_JSON:
        raise ResultInvalid("a part of its description is too long")
    return value


def seconds(value: Any) -> dict[str, float]:
    """Time of each stage."""
    return {text(stage): number(took) for stage, took in fields(value).items()}


def scores(value: Any) -> tuple[Score, ...]:
    """Of ``[name, value]`` pairs."""
    return tuple(Score(text(name), number(score, high=1.0)) for name, score in _tuples(value, 2))


def boxes(value: Any) -> tuple[FoundBox, ...]:
    """Of ``[label, score, eight points]``."""
    return tuple(
        FoundBox(text(label), number(score, high=1.0), _corners(corners)) for label, score, corners in _tuples(value, 3)
    )


def labels(value: Any) -> list[tuple[int, str, str]]:
    """Of ``[label value, name, term name]``."""
    return [(whole(number_), text(name), text(term)) for number_, name, term in _tuples(value, 3)]


def found(value: Any) -> dict[int, bool]:
    """Of ``[label value, whether it is in the image]``."""
    return {whole(number_): bool(is_found) for number_, is_found in _tuples(value, 2)}


def required(answer: Mapping[str, Any], name: str) -> Any:
    """A part of the answer; ResultInvalid when it is missing."""
    if name not in answer:
        raise ResultInvalid(f"its description has no {name}")
    return answer[name]


def _tuples(value: Any, length: int) -> list[list[Any]]:
    rows = items(value)
    if any(not isinstance(row, list) or len(row) != length for row in rows):
        raise ResultInvalid("a list in it is none")
    return rows


def _corners(value: Any) -> tuple[Point, ...]:
    if not isinstance(value, list) or len(value) != 8:
        raise ResultInvalid("a box has not eight corners")
    points = [tuple(number(x, -1e6, 1e6) for x in items(point)) for point in value]
    if any(len(point) != 3 for point in points):
        raise ResultInvalid("a box has not eight corners")
    return tuple((p[0], p[1], p[2]) for p in points)
