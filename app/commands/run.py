"""``limner run ACTION --case CASE key=value...``: any command that needs no window."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.actions import declare_all
from imaging.errors import UserError
from session.opening import open_case
from session.session import Session


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("run", help="run a command of `limner actions` on a case")
    parser.add_argument("action")
    parser.add_argument("--case", type=Path, required=True)
    parser.add_argument("--images", type=Path, help="where the images are, when they moved")
    parser.usage = "limner run [-h] ACTION --case CASE [--images PATH] [key=value ...]"
    parser.set_defaults(run=run, pairs=[])


def run(arguments: argparse.Namespace) -> int:
    """Open the case, run the command, close the case."""
    session = Session()
    declare_all(session)
    if arguments.action in session.actions and session.actions[arguments.action].needs_window:
        raise UserError(f"“{arguments.action}” needs the window.", "`limner actions` says which commands do not.")
    texts = dict(_pair(text) for text in arguments.pairs)
    session.set_document(open_case(arguments.case, author=session.settings["person.name"], images_at=arguments.images))
    try:
        session.actions.run_with_texts(arguments.action, session, texts)
        journal = session.open_document.case.journal
        if not journal.flush():
            raise journal.failure or UserError("The case could not be written.")
    finally:
        session.set_document(None)
    return 0


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or key.startswith("-"):
        raise UserError(f"“{text}” is no argument.", "Write arguments as key=value.")
    return key, value
