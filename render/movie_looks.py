"""A look between two looks."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import numpy as np

from session.look.cut import ClipPlane
from session.look.look import Look, NumberedLook

T = TypeVar("T")


def look_between(a: Look, b: Look, t: float) -> Look:
    """A look on the way from ``a`` (0) to ``b`` (1).

    Numbers go evenly: light, exposure, clip planes, crop box, points of transfer functions. What cannot be half of each
    (names, what is hidden, curves of different length, another number of planes) changes at one half.
    """
    if t <= 0 or a == b:
        return a
    return b if t >= 1 else _mixed(a, b, t)


def _mixed(a: T, b: T, t: float) -> T:
    mixed: Any
    if isinstance(a, ClipPlane) and isinstance(b, ClipPlane):
        mixed = _plane(a, b, t)
    elif isinstance(a, NumberedLook) and isinstance(b, NumberedLook):
        mixed = NumberedLook(a.number, _mixed(a.look, b.look, t))
    elif dataclasses.is_dataclass(a) and type(a) is type(b) and not isinstance(a, type):
        names = [field.name for field in dataclasses.fields(a)]
        mixed = type(a)(**{name: _mixed(getattr(a, name), getattr(b, name), t) for name in names})
    elif isinstance(a, tuple) and isinstance(b, tuple) and _have_same_items(a, b):
        mixed = tuple(_mixed(x, y, t) for x, y in zip(a, b, strict=True))
    elif isinstance(a, float) and isinstance(b, float):
        mixed = (1 - t) * a + t * b
    else:
        mixed = a if t < 0.5 else b
    return mixed  # type: ignore[no-any-return]


def _have_same_items(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """True when the items stand for the same things."""
    return len(a) == len(b) and all(
        x.number == y.number
        for x, y in zip(a, b, strict=True)
        if isinstance(x, NumberedLook) and isinstance(y, NumberedLook)
    )


def _plane(a: ClipPlane, b: ClipPlane, t: float) -> ClipPlane:
    """The normal turns; opposite ones change over at one half."""
    normals = [np.asarray(plane.normal) / np.linalg.norm(plane.normal) for plane in (a, b)]
    mixed = (1 - t) * normals[0] + t * normals[1]
    if normals[0] @ normals[1] < -0.999:
        mixed = normals[0] if t < 0.5 else normals[1]
    x, y, z = (mixed / np.linalg.norm(mixed)).tolist()
    return ClipPlane(_mixed(a.point_mm, b.point_mm, t), (x, y, z))
