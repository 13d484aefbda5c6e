"""What a machine answered, as a sentence (status codes of PS3.4 and PS3.7 annex C)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imaging.errors import UserError
from sync.dimse.association import ConnectionFailed

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SUCCESS, CANCELLED = 0x0000, 0xFE00
PENDING = (0xFF00, 0xFF01)
_EXACT = {
    0x0122: "It does not know this kind of object or query.",
    0x0124: "It does not allow this.",
    0x0210: "It got this twice.",
    0x0211: "It does not know this request.",
    0xA701: "It has no memory left to count the images.",
    0xA702: "It cannot send the images.",
    0xA801: "It does not know where to send to: our AE title is not set up there.",
    0xA900: "The request does not fit the kind of object.",
    0xFE00: "The request was cancelled.",
}
_RANGES = (
    (0xA700, 0xA7FF, "It has no space or memory left."),
    (0xA900, 0xA9FF, "The object does not fit its kind."),
    (0xC000, 0xCFFF, "It cannot understand or process the object."),
)


def sentence(status: int) -> str:
    """What a status code says."""
    if status in _EXACT:
        return _EXACT[status]
    return next((text for low, high, text in _RANGES if low <= status <= high), f"It answered with code {status:#06x}.")


def is_warning(status: int) -> bool:
    """True for an object that was stored, but changed or doubted (PS3.4 B.2.3)."""
    return status in (0x0001, 0x0107, 0x0116) or 0xB000 <= status <= 0xBFFF


def code_of(answer: Dataset, name: str) -> int:
    """The status in an answer.

    Raises:
        ConnectionFailed: the answer is empty: the connection ended or nobody answered in time.
    """
    if "Status" not in answer:
        hint = "It may not allow this to our AE title, may have been restarted, or the time-out is too short."
        raise ConnectionFailed("answer", f"“{name}” ended the connection or did not answer in time.", hint)
    return int(answer.Status)


def refused(name: str, status: int, hint: str = "") -> UserError:
    """The error for a request (not for an object that was stored) that failed."""
    said = "It cannot process it." if 0xC000 <= status <= 0xCFFF else sentence(status)
    return UserError(f"“{name}” refused the request. {said}", hint)
