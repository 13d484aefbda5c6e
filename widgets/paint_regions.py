"""Few rectangles instead of many: what a paint event has to paint, with near neighbours taken together."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRect

WASTE = 1.4  # how much more area two rectangles may have together before they are painted apart
SMALL_PX = 60 * 60  # painting this much more costs less than beginning another rectangle


def merged(rects: Iterable[QRect]) -> list[QRect]:
    """The same area or a little more, in fewer rectangles."""
    result: list[QRect] = []
    for rect in rects:
        growing = QRect(rect)
        while (partner := next((r for r in result if _belong_together(r, growing)), None)) is not None:
            result.remove(partner)
            growing = growing.united(partner)
        result.append(growing)
    return result


def _belong_together(one: QRect, other: QRect) -> bool:
    together = _area(one.united(other))
    return one.intersects(other) or together <= WASTE * (_area(one) + _area(other)) + SMALL_PX


def _area(rect: QRect) -> int:
    return rect.width() * rect.height()
