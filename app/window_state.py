"""Size, place and panels of the window, remembered from one start to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray

from widgets.screen_places import put_where_it_was, remember_place

if TYPE_CHECKING:
    from app.window import MainWindow

MAIN = "main"
FIRST_SIZE_PX = (1680, 1000)


class WindowState:
    """Keeps the setting ``window`` of a main window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def restore(self) -> None:
        """Put the window where it was with these screens, else where it was last; Qt keeps it on one that exists."""
        window = self._window
        kept: dict[str, Any] = window.session.settings["window"]
        last = QByteArray.fromBase64(str(kept.get("geometry", "")).encode())
        if not put_where_it_was(window, MAIN, window.session.settings) and not window.restoreGeometry(last):
            screen = window.screen().availableGeometry()
            window.resize(min(FIRST_SIZE_PX[0], screen.width()), min(FIRST_SIZE_PX[1], screen.height()))
        window.left.setHidden(bool(kept.get("left_hidden", False)))
        window.right.setHidden(bool(kept.get("right_hidden", False)))
        window.right.show_page(str(kept.get("page", "segments")))

    def remember(self) -> None:
        """Keep size, place and panels."""
        window = self._window
        remember_place(window, MAIN, window.session.settings)
        geometry = bytes(window.saveGeometry().toBase64().data()).decode()
        window.session.settings.set(
            "window",
            {
                "geometry": geometry,
                "left_hidden": window.left.isHidden(),
                "right_hidden": window.right.isHidden(),
                "page": window.right.page,
            },
        )
