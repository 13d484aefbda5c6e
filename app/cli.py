"""The ``limner`` command: everything that needs no mouse.

Exit status 0: done; 1: our own failure; 2: the user's mistake or a bad file, with one line ``error: ...`` and, where
there is one, ``hint: ...`` on stderr. With ``--json`` stdout holds one JSON document and nothing else.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from app.quiet_libraries import keep_libraries_quiet
from imaging.errors import UserError

COMMANDS = (
    "info", "convert", "segment", "runs", "compare", "models", "case", "open", "actions", "run", "screenshot", "render",
    "movie", "surface", "pacs", "listen", "dicom",
)  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """argparse that reports mistakes the way all our commands do."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UserError(message[:1].upper() + message[1:] + ".", f"`{self.prog} --help` lists what it takes.")


def parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The command line with these commands, the whole one by default."""
    top = _Parser(
        prog="limner",
        description="Open, see, segment, refine and prove medical volumes.",
        epilog="limner PATH opens a file or folder in the window, as limner open PATH does.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print the version")
    parsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name in names:
        importlib.import_module(f"app.commands.{name}").add(parsers)
    return top


class _Version(argparse.Action):
    """``--version``; the metadata is only read when somebody asks, it costs more than most commands."""

    def __call__(self, *_: object) -> None:
        from importlib.metadata import version

        print(f"limner {version('limner')}")
        raise SystemExit(0)


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments; ``key=value`` words may stand anywhere, which argparse allows to no subcommand.

    A file or folder alone is opened in the window, as a desktop does it: ``limner PATH`` is ``limner open PATH``.
    """
    if len(argv) == 1 and argv[0] not in COMMANDS and not argv[0].startswith("-") and os.path.exists(argv[0]):
        argv = ["open", *argv]
    top = parser(argv[:1] if argv[:1] and argv[0] in COMMANDS else COMMANDS)  # loading all costs more than most do
    arguments, rest = top.parse_known_args(argv)
    if rest and not hasattr(arguments, "pairs"):
        raise UserError(f"Unrecognized arguments: {' '.join(rest)}.", "`limner --help` lists the commands.")
    if hasattr(arguments, "pairs"):
        arguments.pairs = rest
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    keep_libraries_quiet()
    try:
        arguments = _parsed(sys.argv[1:] if argv is None else argv)
        status: int = arguments.run(arguments) or 0
        sys.stdout.flush()
    except UserError as error:
        print(f"error: {' '.join(error.message.split())}", file=sys.stderr)
        if error.hint:
            print(f"hint: {' '.join(error.hint.split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("error: Stopped.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output went away; nothing is left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
