"""What was made from the same things last time."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class Kept:
    """One value per name; it is made anew when what it is made from is no longer the same.

    Arrays, and objects without an equality of their own, are the same when they are the same object.
    """

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[tuple[Any, ...], Any]] = {}

    def of(self, name: Hashable, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """The value under a name. The old one is let go before the new one is made, for large arrays' sake."""
        present = self._kept.get(name)
        if present is not None and _is_same(present[0], key):
            value: T = present[1]
            return value
        self._kept.pop(name, None)
        made = make()
        self._kept[name] = (key, made)
        return made

    def clear(self) -> None:
        """Let everything go."""
        self._kept.clear()


def _is_same(before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    if len(before) != len(now):
        return False
    return all(a is b or (not isinstance(a, np.ndarray) and bool(a == b)) for a, b in zip(before, now, strict=True))
