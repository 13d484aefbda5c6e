"""The program itself: palette, settings, about, leaving."""

from __future__ import annotations

from collections.abc import Callable

from session.actions import Action
from session.session import Session
from session.window_services import WindowServices


def _ask(question: Callable[[WindowServices], None]) -> Callable[[Session], None]:
    def run(session: Session) -> None:
        if session.window is not None:
            question(session.window)

    return run


ACTIONS = (
    Action("app.palette", "Find a command", _ask(lambda w: w.show_palette()), "Every command by name.", "Ctrl+K",
           "search", "Help", needs_window=True),
    Action("app.shortcuts", "Shortcuts", _ask(lambda w: w.show_shortcuts()), "See and change the keys.", "Ctrl+/",
           "keyboard", "Help", needs_window=True),
    Action("app.settings", "Settings", _ask(lambda w: w.show_settings()), "What is set once.", "Ctrl+,", "settings",
           "File", needs_window=True),
    Action("app.about", "About Limner", _ask(lambda w: w.show_about()), "Versions and licences.", "", "info", "Help",
           needs_window=True),
    Action("app.quit", "Quit", _ask(lambda w: w.quit()), "Everything is saved already.", "Ctrl+Q", "quit", "File",
           needs_window=True),
)  # fmt: skip
