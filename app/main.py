"""The window's entry point."""

from __future__ import annotations

import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from app.start_guard import problem_at_start

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.window import MainWindow
    from session.session import Session

LAST_WAIT_S = 5.0


def main(argv: list[str] | None = None) -> int:
    """Open the window; the first argument is a file, folder, zip or case to open. Returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    problem = problem_at_start()
    if problem:
        sys.stderr.write(f"error: {problem}\n")
        return 2
    from app.ahead import Ahead
    from app.crash import CrashReports
    from app.quiet_libraries import keep_libraries_quiet
    from app.warming import Warming

    keep_libraries_quiet()
    application = make_application()
    session = make_session(application)
    CrashReports(session).install()
    window = start(session, [Path(argument) for argument in arguments[:1]])
    window.show()
    Warming(session, application)
    Ahead(window)
    code = application.exec()
    wait_for_threads(session)
    return code


def start(session: Session, paths: list[Path]) -> MainWindow:
    """The main window, not shown yet, with something on its way into it.

    Reading begins first, on its thread; what it finds is posted to the event loop, which runs when the window is there.
    """
    from app.opening import open_paths

    open_paths(session, paths)
    return make_window(session)


def wait_for_threads(session: Session) -> None:
    """Give cancelled jobs a moment: a thread in a library's code while Python goes away can end in a crash."""
    deadline = time.monotonic() + LAST_WAIT_S
    while any(not job.is_over for job in session.jobs.jobs) and time.monotonic() < deadline:
        time.sleep(0.02)


def make_application() -> QApplication:
    """The one QApplication, named, without a theme yet."""
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    running = QApplication.instance()
    application = running if isinstance(running, QApplication) else QApplication(["limner"])
    application.setApplicationName("limner")
    application.setApplicationDisplayName("Limner")
    application.setDesktopFileName("limner")
    application.setWindowIcon(QIcon(str(files("resources") / "logo.svg")))
    return application


def make_session(application: QApplication, settings_path: Path | None = None) -> Session:
    """A session whose signals come at the end of the event-loop turn, with all actions.

    Args:
        application: the running QApplication.
        settings_path: the settings file; None for the person's own.
    """
    from app.actions import declare_all
    from app.turn import Turn
    from session.keep_warm import follow_keep_warm
    from session.segmenting import inference_client
    from session.session import Session
    from session.settings import Settings

    turn = Turn()  # not the application's child: threads may outlive that
    application.aboutToQuit.connect(turn.end)
    session = Session(Settings(settings_path), schedule=turn.schedule, post=turn.post)
    declare_all(session)
    follow_keep_warm(session.settings, inference_client())
    session.selection.update(radius_mm=session.settings["brush.radius_mm"])
    return session


def make_window(session: Session) -> MainWindow:
    """The main window in the person's theme, not shown yet."""
    from app.garbage import StartFreezer
    from app.keeping import PresentationKeeper
    from app.window import MainWindow
    from app.window_services import Services

    apply_theme(session)
    window = MainWindow(session)
    PresentationKeeper(session, window)
    StartFreezer(session, window)
    session.window = Services(window)
    session.settings.changed.connect(lambda key, _value: apply_theme(session) if key.startswith("look.") else None)
    if session.settings.problem:
        session.messages.warning(session.settings.problem)
    return window


def apply_theme(session: Session) -> None:
    """Colours and text size as the settings say."""
    from PySide6.QtWidgets import QApplication

    from widgets import theme

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, session.settings["look.theme"], session.settings["look.text_scale"])


if __name__ == "__main__":
    raise SystemExit(main())
