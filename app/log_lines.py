"""What reaches the terminal of the log, which a desktop may write down: that something happened, without values.

Errors of libraries quote what they were given, and files may be called after patients.
"""

from __future__ import annotations

import logging
import re
from pathlib import PurePath

_SOURCE = re.compile(r'File "([^"]+)"')
_RAISED = re.compile(r"^(\s*[\w.]*(?:Error|Exception|Failed|Interrupt|Exit|Warning|Group))\b(?::.*)?$", re.MULTILINE)
_QUOTED = re.compile(r"""(?<!\w)(?:'[^'\n]*'|"[^"\n]*"|“[^”\n]*”)""")
_PLACE = re.compile(r"(?<![\w…])(?:[A-Za-z]:)?[/\\][^\s:\"']+(?: [^\s:\"'/\\]+(?=[/\\])[^\s:\"']*)*")


def without_values(text: str) -> str:
    """A line of a log, or a traceback: places in source files and kinds of errors stay, what they quote goes."""
    text = _SOURCE.sub(lambda found: f"File …/{PurePath(found.group(1)).name}", text)
    return _PLACE.sub("…", _QUOTED.sub("…", _RAISED.sub(r"\1", text)))


class LogLines(logging.Formatter):
    """Formats a record without what it quotes."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, with its error's way through the sources."""
        return without_values(super().format(record))


def keep_log_clean() -> None:
    """Let what nobody else takes of the log be written without values."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(LogLines("%(levelname)s %(name)s: %(message)s"))
