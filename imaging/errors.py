"""The one error that is shown to people as a message instead of a crash report."""

from __future__ import annotations


class UserError(Exception):
    """A user's mistake or a bad file; anything else that is raised is our own bug.

    The window shows it in the message bar, the command line prints ``error:`` and ``hint:`` and exits with 2.

    Args:
        message: what went wrong, one sentence without patient identifiers.
        hint: what to do about it, empty when there is nothing to do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
