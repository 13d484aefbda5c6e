"""Where windows stood, kept for each arrangement of screens: at the desk, in the reading room, on the laptop alone."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QByteArray
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from session.settings import Settings

KEPT = 12  # arrangements of screens; the one that was not used for longest goes


def screens_name() -> str:
    """The screens that are there now: place, size and scale of each, in a fixed order."""
    names = []
    for screen in QGuiApplication.screens():
        place = screen.geometry()
        scale = f"{screen.devicePixelRatio():g}"
        names.append(f"{place.width()}x{place.height()}{place.x():+d}{place.y():+d}@{scale}")
    return " ".join(sorted(names))


def put_where_it_was(window: QWidget, name: str, settings: Settings) -> bool:
    """Give a window the place that it had with these screens; False where it had none."""
    kept: dict[str, Any] = settings["window.places"]
    text = kept.get(screens_name(), {}).get(name, "")
    return bool(text) and window.restoreGeometry(QByteArray.fromBase64(str(text).encode()))


def remember_place(window: QWidget, name: str, settings: Settings) -> None:
    """Keep where a window is, for these screens."""
    here, kept = screens_name(), dict(settings["window.places"])
    geometry = bytes(window.saveGeometry().toBase64().data()).decode()
    places = {**kept.pop(here, {}), name: geometry}
    settings.set("window.places", dict(list(kept.items())[1 - KEPT :]) | {here: places})
