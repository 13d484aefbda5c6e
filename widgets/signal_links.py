"""Connections from the session's signals to a widget, that end with the widget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

import psygnal
from PySide6.QtCore import QObject


class SignalLinks:
    """Connects methods of a widget to psygnal signals, and disconnects them before Qt deletes the widget.

    The session outlives its views; a signal that reached a deleted widget would be an error in whoever emitted it.
    """

    def __init__(self, owner: QObject) -> None:
        self._links: list[tuple[psygnal.SignalInstance, WeakMethod[Callable[..., Any]]]] = []
        owner.destroyed.connect(self.release)

    def add(self, signal: psygnal.SignalInstance, method: Callable[..., Any]) -> None:
        """Call a bound method whenever the signal is emitted."""
        signal.connect(method)
        self._links.append((signal, WeakMethod(method)))

    def release(self) -> None:
        """End all connections."""
        links, self._links = self._links, []
        for signal, weak in links:
            method = weak()
            if method is not None:
                signal.disconnect(method, missing_ok=True)
