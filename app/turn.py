"""Calls that wait for the end of the event-loop turn, from this thread or from any other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

Call = Callable[[], None]


class Turn(QObject):
    """Lives on the GUI thread. ``post`` may be called from any thread, ``schedule`` only from the GUI's."""

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._is_over = False
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Call) -> None:
        """Call this on the GUI thread, soon; never once the program ends, for nobody is left to see it."""
        if not self._is_over:
            self._posted.emit(call)

    def end(self) -> None:
        """The event loop is about to end."""
        self._is_over = True

    def schedule(self, call: Call) -> None:
        """Call this when the present turn of the event loop is over."""
        QTimer.singleShot(0, self, call)

    def _run(self, call: Call) -> None:
        call()
