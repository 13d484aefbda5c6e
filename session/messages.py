"""Sentences for the user: errors with a hint, news, warnings; shown in the message bar or on stderr."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import psygnal

from imaging.errors import UserError


class Severity(StrEnum):
    """How a message is coloured and how long it stays."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Message:
    """One message. ``action_id`` names an action of the registry that the bar offers, with its arguments."""

    text: str
    hint: str = ""
    severity: Severity = Severity.INFO
    action_id: str = ""


class Messages:
    """Where everybody says what the user should know; no patient identifiers."""

    shown = psygnal.Signal(Message)

    def info(self, text: str, hint: str = "", action_id: str = "") -> None:
        """Say what happened."""
        self.shown.emit(Message(text, hint, action_id=action_id))

    def warning(self, text: str, hint: str = "", action_id: str = "") -> None:
        """Say what is doubtful."""
        self.shown.emit(Message(text, hint, Severity.WARNING, action_id))

    def remark(self, remarks: Iterable[UserError]) -> None:
        """Say what is doubtful about what was looked through, such as a disc whose directory could not be used."""
        for one in remarks:
            self.warning(one.message, one.hint)

    def error(self, error: UserError, action_id: str = "") -> None:
        """Say what did not work and what to do about it."""
        self.shown.emit(Message(error.message, error.hint, Severity.ERROR, action_id))
