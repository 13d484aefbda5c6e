"""A view in a window of its own, for another monitor; closing the window gives the view back to the grid."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from session.document import Document
from session.settings import Settings
from widgets.screen_places import put_where_it_was, remember_place

FIRST_SIZE_PX = (900, 900)


class OwnViewWindow(QWidget):
    """Holds one view. All actions of the main window work here by their keys.

    Args:
        view_id: of the grid; the window's place is remembered under it.
        view: the widget.
        main: the main window.
        settings: where places are kept.
    """

    closed = Signal(str)  # the view's id

    def __init__(self, view_id: str, view: QWidget, main: QWidget, settings: Settings) -> None:
        super().__init__(main, Qt.WindowType.Window)
        self.view_id, self.view = view_id, view
        self._settings = settings
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.setMinimumSize(240, 240)
        self.addActions(main.actions())
        self.hold(view)
        if not put_where_it_was(self, view_id, settings):
            self._put_beside(main)

    def hold(self, view: QWidget) -> None:
        """Show this widget, which takes the place of another one that is gone."""
        self.view = view
        self._column.addWidget(view)
        view.show()

    def name(self, document: Document | None) -> None:
        """Say in the title which view of which study this is."""
        parts = [self.view.accessibleName(), document.title if document is not None else "", "Limner"]
        self.setWindowTitle(" – ".join(filter(None, parts)))

    def toggle_full_screen(self) -> None:
        """Fill the monitor, or no longer."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the place; the grid takes the view back."""
        remember_place(self, self.view_id, self._settings)
        self.closed.emit(self.view_id)
        super().closeEvent(event)

    def _put_beside(self, main: QWidget) -> None:
        """On another monitor where there is one, filling it; else over the main window."""
        others = [screen for screen in QGuiApplication.screens() if screen is not main.screen()]
        if others:
            self.setGeometry(others[0].availableGeometry())
            return
        room = main.screen().availableGeometry()
        self.resize(min(FIRST_SIZE_PX[0], room.width()), min(FIRST_SIZE_PX[1], room.height()))
