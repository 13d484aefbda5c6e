"""The ``limner`` command: everything that needs no mouse.

Exit status 0: done; 1: our own failure; 2: the user's mistake or a bad file, with one line ``error: ...`` and, where
there is one, ``hint: ...`` on stderr. With ``--json`` stdout holds one JSON document and nothing else.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import os
import sys
from collections.abc import Sequence

from imaging.errors import UserError
from inference.client import InferenceFailed

COMMANDS = ("info", "convert", "segment", "case", "open", "actions", "run", "screenshot")


class _Parser(argparse.ArgumentParser):
    """argparse that reports mistakes the way all our commands do."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UserError(message[:1].upper() + message[1:] + ".", f"`{self.prog} --help` lists what it takes.")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(prog="limner", description="Open, see, segment, refine and prove medical volumes.")
    top.add_argument("--version", action="version", version=f"limner {importlib.metadata.version('limner')}")
    parsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name in COMMANDS:
        importlib.import_module(f"app.commands.{name}").add(parsers)
    return top


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; ``key=value`` words may stand anywhere, which argparse allows to no subcommand."""
    top = parser()
    arguments, rest = top.parse_known_args(argv)
    if rest and not hasattr(arguments, "pairs"):
        raise UserError(f"Unrecognized arguments: {' '.join(rest)}.", "`limner --help` lists the commands.")
    if hasattr(arguments, "pairs"):
        arguments.pairs = rest
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        arguments = _parsed(argv)
        status: int = arguments.run(arguments) or 0
        sys.stdout.flush()
    except UserError as error:
        print(f"error: {' '.join(error.message.split())}", file=sys.stderr)
        if error.hint:
            print(f"hint: {' '.join(error.hint.split())}", file=sys.stderr)
        return 2
    except InferenceFailed as failure:
        print(f"error: {' '.join(failure.message.split())}", file=sys.stderr)
        print(failure.details, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: Stopped.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output went away; nothing is left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
