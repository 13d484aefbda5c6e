"""A picture of the main window without a screen: for documents, reports and checks of the window itself."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from session.messages import Message, Severity
from session.presentation import Layout, Windowing
from session.session import Session

if TYPE_CHECKING:
    from app.window import MainWindow

LONGEST_S = 180
QUIET_S = 0.4  # nothing may happen for this long before the picture is taken


def take_screenshot(
    path: Path,
    out: Path,
    *,
    size: tuple[int, int] = (1680, 1020),
    layout: Layout | None = None,
    theme: str | None = None,
    scale: float = 1.0,
    window: tuple[float, float] | None = None,
) -> None:
    """Open images or a case in the main window, off screen, and write its picture as PNG.

    The person's settings are not read or changed, and a case is opened read-only.

    Args:
        path: images or a case.
        out: the PNG file.
        size: width and height in logical pixels.
        layout: other than the case's own.
        theme: dark, light or reading room.
        scale: device pixels per logical pixel.
        window: level and width.

    Raises:
        UserError: the path cannot be opened, or the picture cannot be written.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_SCALE_FACTOR"] = str(scale)
    from app.main import make_application, make_session, make_window
    from app.opening import open_path

    application = make_application()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LIMNER_WORKSPACE"] = folder  # a picture must not go on with, or begin, anybody's case
        session = make_session(application, Path(folder) / "settings.json")
        session.settings.set("open.uneven", "keep")
        if theme is not None:
            session.settings.set("look.theme", theme)
        main_window = make_window(session)
        session.window = None  # nobody is there to answer a question; what would ask becomes an error
        main_window.resize(*size)
        main_window.show()
        errors: list[Message] = []
        session.messages.shown.connect(lambda m: errors.append(m) if m.severity is Severity.ERROR else None)
        open_path(session, path, read_only=True)
        _wait(lambda: bool(errors) or (session.document is not None and not _is_busy(session)))
        if errors:
            raise UserError(errors[0].text, errors[0].hint)
        changes = {"layout": layout, "windowing": Windowing(*window) if window else None}
        session.presentation.update(**{key: value for key, value in changes.items() if value is not None})
        _wait(lambda: not _is_busy(session) and _is_drawn(main_window))
        saved = main_window.grab().save(str(out), "PNG")
        session.set_document(None)
        main_window.close()
        if not saved:
            raise UserError(f"{out} could not be written.")


def _is_busy(session: Session) -> bool:
    loading = session.document is not None and session.document.is_loading
    return loading or any(not job.is_over for job in session.jobs.jobs)


def _is_drawn(window: MainWindow) -> bool:
    from widgets.volume_view import VolumeView

    view = window.grid.view("3d")
    if not isinstance(view, VolumeView):
        return view is None
    return not view.isVisible() or bool(view.note) or (not view.is_busy and view.frame_is_current)


def _wait(is_ready: Callable[[], bool]) -> None:
    """Run the event loop until something has been true for a while."""
    from PySide6.QtCore import QCoreApplication

    deadline = time.monotonic() + LONGEST_S
    ready_since: float | None = None
    while ready_since is None or time.monotonic() - ready_since < QUIET_S:
        if time.monotonic() > deadline:
            raise TimeoutError("the window did not come to rest")
        QCoreApplication.processEvents()
        time.sleep(0.005)
        ready_since = (ready_since or time.monotonic()) if is_ready() else None
