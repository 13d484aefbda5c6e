"""The views that a movie passes, as a list in the dialog for movies."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from session.movie_keys import KeyView, MovieKeys
from widgets import theme
from widgets.buttons import text_button
from widgets.labels import label
from widgets.signal_links import SignalLinks

ROWS = 4
ROW_PX = 28


class KeyFrameList(QWidget):
    """Add the present view, remove one, look at the way.

    Args:
        keys: shown and changed.
        current: the present view; None when nothing is shown in 3D.
        preview: moves the 3D view along the way; called again, it stops.
    """

    def __init__(self, keys: MovieKeys, current: Callable[[], KeyView | None], preview: Callable[[], None]) -> None:
        super().__init__()
        self._keys, self._current = keys, current
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Key frames"))
        self.list.setFixedHeight(theme.current().px(ROWS * ROW_PX + 8))
        self.list.currentRowChanged.connect(self._show_buttons)
        self.add = text_button(self.tr("Add current view"), self._add)
        self.remove = text_button(self.tr("Remove"), self._remove)
        self.play = text_button(self.tr("Preview"), preview)
        self._hint = label(
            self.tr("The list stays while the image is open. “Add a key frame” adds to it beside the view, too."),
            "small",
            wraps=True,
        )
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self.add, self.remove, self.play):
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.list)
        column.addLayout(row)
        column.addWidget(self._hint)
        self._links = SignalLinks(self)
        self._links.add(keys.changed, self._fill)
        self._fill()

    def _fill(self) -> None:
        """A row for each; the last is chosen."""
        self.list.clear()
        for number, view in enumerate(self._keys.views, 1):
            x, y, z = (round(mm) for mm in view.camera.position_mm)
            where = self.tr("{0}. from ({1}, {2}, {3}) mm").format(number, x, y, z)
            item = QListWidgetItem(f"{where} · {view.look.name}" if view.look.name else where, self.list)
            item.setSizeHint(QSize(0, theme.current().px(ROW_PX)))
        self.list.setCurrentRow(self.list.count() - 1)
        self._show_buttons()

    def _show_buttons(self) -> None:
        self.add.setEnabled(self._current() is not None)
        self.remove.setEnabled(self.list.currentRow() >= 0)
        self.play.setEnabled(self.list.count() > 1)

    def _add(self) -> None:
        view = self._current()
        if view is not None:
            self._keys.add(view)

    def _remove(self) -> None:
        if self.list.currentRow() >= 0:
            self._keys.remove(self.list.currentRow())
