"""Size, place and panels of the window, remembered from one start to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray

if TYPE_CHECKING:
    from app.window import MainWindow

FIRST_SIZE_PX = (1680, 1000)


class WindowState:
    """Keeps the setting ``window`` of a main window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def restore(self) -> None:
        """Put the window where it was; Qt itself keeps it on a screen that exists."""
        window = self._window
        kept: dict[str, Any] = window.session.settings["window"]
        if not window.restoreGeometry(QByteArray.fromBase64(str(kept.get("geometry", "")).encode())):
            screen = window.screen().availableGeometry()
            window.resize(min(FIRST_SIZE_PX[0], screen.width()), min(FIRST_SIZE_PX[1], screen.height()))
        window.left.setHidden(bool(kept.get("left_hidden", False)))
        window.right.setHidden(bool(kept.get("right_hidden", False)))
        window.right.show_page(str(kept.get("page", "segments")))

    def remember(self) -> None:
        """Keep size, place and panels."""
        window = self._window
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
