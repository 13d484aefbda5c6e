"""What goes wrong when a model runs, in words for people."""

from __future__ import annotations

from typing import Any

from imaging.errors import UserError
from inference.catalogue import ModelInfo
from inference.worker.channel import Message

MOST_DETAILS = 100_000  # characters of what it printed, or of a traceback
MOST_TOLD = 1000  # characters of a worker's sentence
UNTOUCHED = "The image and the case are untouched."
TOO_LITTLE_MEMORY = "Close other programs, or open a part of the image."
_REFUSED_BY_CONFINEMENT = ("PermissionError", "gaierror", "URLError", "ConnectionRefusedError", "ConnectionError")


class InferenceFailed(Exception):
    """Our failure, not the user's: the worker stopped or the model has a bug. The image and the case are untouched.

    Attributes:
        message, hint: for people, no patient identifiers.
        details: for a bug report: traceback or last lines of the log; may name files.
    """

    def __init__(self, message: str, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details


def refusal(answer: Message, info: ModelInfo) -> Exception:
    """What an answer other than a result means."""
    if answer["kind"] == "refused":
        return UserError(_told(answer, "message"), _told(answer, "hint"))
    if answer["kind"] == "out of memory":
        return too_little_memory(info)
    if answer["kind"] != "failed":
        return InferenceFailed(f"{info.name} stopped without being asked to.")
    error = _told(answer, "error")
    hint = f"This is a bug of the model (version {info.version}); please report it."
    if info.package is not None:
        hint = "Ask whoever made the model; the details say where it stopped."
        if error in _REFUSED_BY_CONFINEMENT:
            hint = "Foreign models cannot use the network, start programs or touch files outside their own folder."
    return InferenceFailed(f"{info.name} failed ({error}). {UNTOUCHED}", hint, lines(answer.get("details")))


def lines(value: Any) -> str:
    """Lines of the worker's for a report, without what would command a terminal."""
    text = value[-MOST_DETAILS:] if isinstance(value, str) else ""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)


def too_little_memory(info: ModelInfo) -> UserError:
    """The memory of this computer does not suffice for a model on an image."""
    return UserError(f"The memory does not suffice for {info.name} on this image.", TOO_LITTLE_MEMORY)


def _told(answer: Message, name: str) -> str:
    """A sentence of the worker's, for people."""
    value = answer.get(name)
    return "".join(c if c.isprintable() else " " for c in value[:MOST_TOLD]) if isinstance(value, str) else ""
