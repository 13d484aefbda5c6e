"""The hospital's key: with it the same patient gets the same pseudonym on every day, and without it nobody finds back.

Everything is derived by HMAC-SHA256 (RFC 2104) from 32 random bytes that stay on this computer, in a file of its user
alone. Who loses the key gets new pseudonyms; who gives it away gives away the patients' names.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError

FILE = "deidentification.key"
REGISTER = "deidentified.sqlite"  # beside it: what was renamed with it
KEY_BYTES = 32
MOST_SHIFT_DAYS = 3650
LEAST_SHIFT_DAYS = 30
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is mistaken for something else


@dataclass(frozen=True)
class HospitalKey:
    """The secret from which pseudonyms, UIDs and shifts of dates follow."""

    secret: bytes

    def __repr__(self) -> str:
        return "HospitalKey(...)"  # never into a log

    def pseudonym(self, patient_id: str, issuer: str = "") -> str:
        """The patient's name in the outside world: 12 characters behind ``LIM-``; the same for the same ID."""
        number = int.from_bytes(self._derived("patient", patient_id.strip(), issuer.strip())[:8], "big")
        letters = "".join(_ALPHABET[number >> (5 * n) & 31] for n in range(12))
        return f"LIM-{letters[:4]}-{letters[4:8]}-{letters[8:]}"

    def uid(self, uid: str) -> str:
        """A UID in the place of another: the same for the same, of UUID form (PS3.5 B.2)."""
        number = int.from_bytes(self._derived("uid", uid.strip())[:16], "big")
        number = number & ~(0xF << 76) | 8 << 76  # RFC 9562 version 8: made by a rule of one's own
        number = number & ~(0x3 << 62) | 2 << 62
        return f"2.25.{number}"

    def shift_days(self, patient_id: str, issuer: str = "") -> int:
        """By how many days all dates of a patient move into the past: 30 to 3650, always the same."""
        number = int.from_bytes(self._derived("dates", patient_id.strip(), issuer.strip())[:8], "big")
        return -(LEAST_SHIFT_DAYS + number % (MOST_SHIFT_DAYS - LEAST_SHIFT_DAYS + 1))

    def _derived(self, *parts: str) -> bytes:
        message = b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)
        return hmac.new(self.secret, message, hashlib.sha256).digest()


def read_or_make_key(folder: Path) -> HospitalKey:
    """The workspace's key; made when there is none.

    Raises:
        UserError: the file is damaged, cannot be used, or was lost while the register of what was renamed is still
            there. A key is never replaced by itself: the same patients would get other pseudonyms.
    """
    path = folder / FILE
    try:
        was_used = (folder / REGISTER).exists()  # asked first: another program makes the key before the register
        if was_used and not path.exists():
            hint = f"Bring {path} back from a backup; with a new key the same patients would get new pseudonyms."
            raise UserError("The key for removing identifiers is missing.", hint)
        if not path.exists():
            _make(path)
        found = path.read_bytes()
    except OSError as error:
        raise UserError("The key for removing identifiers cannot be read or made.", str(error)) from error
    if len(found) != KEY_BYTES:
        hint = f"Bring {path} back from a backup; with a new key the same patients would get new pseudonyms."
        raise UserError("The key for removing identifiers is damaged.", hint)
    return HospitalKey(found)


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)  # of several programs that start at once the first one's key counts
        except FileExistsError:
            return
        except OSError:  # a file system without links
            os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
