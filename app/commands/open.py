"""``limner open [PATH]``, or ``limner PATH``: the window."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(parsers: Any) -> None:
    """Declare the command."""
    parser = parsers.add_parser("open", help="open the window")
    parser.add_argument("path", type=Path, nargs="?", help="images, a case, or an object about images, such as a SEG")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the window until it is closed."""
    from app.main import main  # Qt

    return main([] if arguments.path is None else [str(arguments.path)])
