"""``limner actions``: every command of the registry."""

from __future__ import annotations

import argparse
from typing import Any

from app.actions import declare_all
from app.commands.output import print_json
from session.session import Session


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("actions", help="list every command of the program")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the registry."""
    session = Session()
    declare_all(session)
    if arguments.json:
        print_json(
            [
                {
                    "id": a.id,
                    "title": a.title,
                    "doc": a.doc,
                    "shortcut": a.shortcut,
                    "menu": a.menu,
                    "needs_window": a.needs_window,
                    "parameters": list(a.parameters),
                }
                for a in session.actions
            ]
        )
        return 0
    for action in session.actions:
        window = "  (window)" if action.needs_window else ""
        arguments_text = " ".join(f"{p}=" for p in action.parameters)
        print(f"{action.id:<32}{action.shortcut:<24}{action.title}  {arguments_text}{window}")
    return 0
