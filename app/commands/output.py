"""What the commands print."""

from __future__ import annotations

import json
import sys
from typing import Any

from imaging.errors import UserError


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    json.dump(document, sys.stdout, indent=1, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def note(text: str) -> None:
    """A line for people, on stderr."""
    print(text, file=sys.stderr)


def warn(error: UserError) -> None:
    """What went wrong beside the result."""
    note(f"warning: {error.message}")
    if error.hint:
        note(f"hint: {error.hint}")


def progress(fraction: float, message: str) -> None:
    """Show how far the work is when somebody watches."""
    if sys.stderr.isatty():
        print(f"\r{100 * fraction:3.0f} % {message:<50.50}", end="\n" if fraction >= 1 else "", file=sys.stderr)
