"""What must be true before the first window: libraries, a safe version of Qt, and a screen."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping

APT_LINE = (
    "sudo apt-get install libgl1 libegl1 libglib2.0-0 libfontconfig1 libxkbcommon0 libdbus-1-3 "
    "libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0"
)
FIRST_BROKEN = (6, 12)  # from this PySide6 on, each void call loses a reference to None on Python < 3.12


def problem_with_qt(qt_version: tuple[int, ...], python_version: tuple[int, ...]) -> str:
    """Why this Qt must not be used with this Python, empty when it may; see docs/decisions."""
    if qt_version[:2] >= FIRST_BROKEN and python_version[:2] < (3, 12):
        return (
            "PySide6 6.12 and later abort the program on Python 3.11: install PySide6-Essentials 6.11.3, "
            "or use Python 3.12."
        )
    return ""


def problem_with_screen(environment: Mapping[str, str], platform: str) -> str:
    """Why no window can be shown, empty when one can. Qt itself would abort the process."""
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return ""
    if environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        return ""
    return "There is no screen: neither DISPLAY nor WAYLAND_DISPLAY is set. The command line works without one."


def problem_at_start() -> str:
    """Why the window cannot start here, one or two lines; empty when it can."""
    try:
        import PySide6

        for module in ("PySide6.QtWidgets", "PySide6.QtSvg"):  # their system libraries are what may be missing
            importlib.import_module(module)
    except ImportError as error:
        return f"A system library that Qt needs is missing: {error}\nOn Debian and Ubuntu: {APT_LINE}"
    qt_version = tuple(int(part) for part in PySide6.__version__.split(".")[:2])
    return problem_with_qt(qt_version, sys.version_info[:2]) or problem_with_screen(os.environ, sys.platform)
