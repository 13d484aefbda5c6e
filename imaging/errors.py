"""The one error that is shown to people as a message instead of a crash report."""

from __future__ import annotations

import unicodedata


class UserError(Exception):
    """A user's mistake or a bad file; anything else that is raised is our own bug.

    The window shows it in the message bar, the command line prints ``error:`` and ``hint:`` and exits with 2.

    What a file says of itself may be quoted: control characters, halves of characters and signs that turn the direction
    of writing are replaced, for a terminal would obey them.

    Args:
        message: what went wrong, one sentence without patient identifiers.
        hint: what to do about it, empty when there is nothing to do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = _printable(message), _printable(hint)
        super().__init__(self.message)


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in text)
