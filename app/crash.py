"""What happens to errors that nobody caught: the user's become messages, ours a report without names."""

from __future__ import annotations

import platform
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler, qVersion

from imaging.errors import UserError
from session.session import Session
from widgets.dialogs.crash import CrashDialog

OUR_FOLDERS = ("app", "widgets", "render", "session", "sync", "inference", "imaging", "resources")
REPEATED_S = 5.0
QT_LINES = 20  # of Qt's own messages, kept for the report


class CrashReports:
    """Takes uncaught errors from every thread.

    Args:
        session: gets users' errors as messages; its ``post`` brings other threads' errors to the GUI thread.
        folder: where reports are kept; None for the user's data folder.
        show: shows a report with its path; None shows the crash dialog.
    """

    def __init__(
        self,
        session: Session,
        folder: Path | None = None,
        show: Callable[[str, Path | None], None] | None = None,
    ) -> None:
        self._session = session
        self._folder = folder or Path(platformdirs.user_data_dir("limner", False)) / "crash-reports"
        self._show = show or self._show_dialog
        self._qt_lines: list[str] = []
        self._dialog: CrashDialog | None = None
        self._last: tuple[str, tuple[tuple[str, int | None], ...], float] = ("", (), 0.0)

    def install(self) -> None:
        """Take over the hooks of Python and Qt."""
        sys.excepthook = self.caught
        threading.excepthook = self._caught_in_thread
        qInstallMessageHandler(self._qt_message)

    def caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """One uncaught error on the GUI thread."""
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        if isinstance(error, UserError):
            self._session.messages.error(error)
            return
        if self._is_repeated(error):
            return
        text = report_text(error, self._qt_lines)
        _say(text)
        self._show(text, self._kept(text))

    def _is_repeated(self, error: BaseException) -> bool:
        """True for the same error again within seconds: one in a paint event comes with every frame."""
        places = tuple((frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__))
        before, self._last = self._last, (type(error).__name__, places, time.monotonic())
        return before[:2] == self._last[:2] and self._last[2] - before[2] < REPEATED_S

    def _caught_in_thread(self, what: threading.ExceptHookArgs) -> None:
        error = what.exc_value
        if error is not None:
            self._session.post(lambda: self.caught(type(error), error, error.__traceback__))

    def _qt_message(self, kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            self._qt_lines = [*self._qt_lines, masked(text)][-QT_LINES:]
            _say(f"Qt: {text}\n")

    def _kept(self, text: str) -> Path | None:
        """Write the report; None when that fails, for a report about a full disk must not raise another error."""
        path = self._folder / f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%S%f')}.txt"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError:
            return None
        return path

    def _show_dialog(self, text: str, path: Path | None) -> None:
        if self._dialog is not None and self._dialog.isVisible():
            return  # one dialog for a series of errors; each has its report
        self._dialog = CrashDialog(text, path)
        self._dialog.open()


def report_text(error: BaseException, qt_lines: list[str]) -> str:
    """Versions, the error's kind, and where it came from; no values, no file names of the user's.

    The error's own message is left out: it may quote what was being read.
    """
    lines = [
        f"Limner {_version()} · {datetime.now(UTC).isoformat(timespec='seconds')}",
        f"Python {platform.python_version()} · Qt {qVersion()} · {platform.platform()}",
        "",
    ]
    seen: BaseException | None = error
    while seen is not None:
        lines.append(f"{type(seen).__module__}.{type(seen).__name__}")
        frames = traceback.extract_tb(seen.__traceback__)
        lines += [f"  {known_place(f.filename)}:{f.lineno} in {f.name}" for f in frames]
        seen = seen.__cause__ or seen.__context__
        if seen is not None:
            lines.append("caused by")
    if qt_lines:
        lines += ["", "Qt said before:", *(f"  {line}" for line in qt_lines)]
    return "\n".join(lines) + "\n"


def known_place(filename: str) -> str:
    """A source file from our packages or a library on; anything else is masked."""
    parts = Path(filename).parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    for place in range(len(parts) - 1, -1, -1):
        if parts[place] in OUR_FOLDERS:
            return "/".join(parts[place:])
    return f"…/{parts[-1]}" if parts and filename.startswith(sys.base_prefix) else "…"


def masked(text: str) -> str:
    """A line of Qt's without paths."""
    return re.sub(r"(?:[A-Za-z]:)?[/\\][^\s:\"']+", "…", text)


def _say(text: str) -> None:
    """To the terminal, if there is one: a windowed program on Windows has none."""
    if sys.stderr is not None:
        sys.stderr.write(text)


def _version() -> str:
    try:
        return metadata.version("limner")
    except metadata.PackageNotFoundError:
        return "(not installed)"
