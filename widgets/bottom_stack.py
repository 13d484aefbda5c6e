"""Bars that lie over the views at the bottom, in the middle, one above the other."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

MARGIN_PX = 16
GAP_PX = 8


class BottomStack(QObject):
    """Keeps bars at the bottom of a widget, the first lowest, and only as wide as they need.

    A bar with a method ``fit(available)`` is told the greatest width before it is asked for its size.

    Args:
        ground: the widget that the bars lie over.
    """

    def __init__(self, ground: QWidget) -> None:
        super().__init__(ground)
        self._ground = ground
        self._bars: list[QWidget] = []
        ground.installEventFilter(self)

    def add(self, bar: QWidget) -> None:
        """Put a bar on top of the others; it starts hidden or shown as it is."""
        self._bars.append(bar)
        bar.setParent(self._ground)
        bar.installEventFilter(self)
        self.place()

    def remove(self, bar: QWidget) -> None:
        """Take a bar away and delete it."""
        self._bars.remove(bar)
        bar.removeEventFilter(self)
        bar.hide()
        bar.deleteLater()
        self.place()

    def place(self) -> None:
        """Lay the shown bars out."""
        bottom = self._ground.height() - MARGIN_PX
        widest = max(self._ground.width() - 2 * MARGIN_PX, 1)
        for bar in self._bars:
            if bar.isHidden():
                continue
            fit = getattr(bar, "fit", None)
            if fit is not None:
                fit(widest)
            hint = bar.sizeHint()
            width = min(hint.width(), widest)
            height = bar.heightForWidth(width) if bar.hasHeightForWidth() else hint.height()
            bar.setGeometry((self._ground.width() - width) // 2, bottom - height, width, height)
            bar.raise_()
            bottom -= height + GAP_PX

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lay out again when the ground or a bar changes."""
        kinds = (QEvent.Type.Resize,) if watched is self._ground else (
            QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.LayoutRequest
        )  # fmt: skip
        if event.type() in kinds:
            self.place()
        return False
