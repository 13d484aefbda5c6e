"""Sending by STOW-RS (PS3.18 chapter 10.5): some files in each request, streamed from the disk."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from sync.destination import Destination
from sync.dicomweb.http import ask, read_json, session_with
from sync.dicomweb.multipart import write_parts
from sync.dimse.send import GONE, OnProgress, Outgoing, Sent
from sync.dimse.status import sentence
from sync.privacy import require_allowed

_FILES, _BYTES = 50, 128 << 20  # of one request: so much is lost when it is cut
CONFLICT = 409  # nothing was stored; the body says why, as that of 200 and 202 does
_REFERENCED, _FAILED = "00081199", "00081198"
_UID, _REASON, _WARNING = "00081155", "00081197", "00081196"


def send(
    destination: Destination,
    files: Sequence[Outgoing],
    on_progress: OnProgress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    done: Sent | None = None,
) -> Sent:
    """Send files; as ``sync.dimse.send.send``.

    Raises:
        NotAllowed: they name a patient and the way is not safe, or the machine lies outside the hospital.
        ConnectionFailed, UserError: nothing could be stored.
    """
    require_allowed(destination, is_identified=any(one.is_identified for one in files))
    done = Sent() if done is None else done
    with session_with(destination) as session:
        there = [one for one in files if one.path.is_file()]
        done.failed += [(one, GONE) for one in files if not one.path.is_file()]
        for batch in _batches(there):
            if is_cancelled():
                done.is_cancelled = True
                break
            try:
                record = _store(session, destination, batch)
            except UserError as error:
                if not done.stored:
                    raise
                done.lost = error.message
                break
            _note(record, batch, done)
            on_progress(len(done.stored) + len(done.failed), len(files))
    return done


def _batches(files: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    batch: list[Outgoing] = []
    size = 0
    for one in files:
        bytes_ = one.path.stat().st_size
        if batch and (len(batch) == _FILES or size + bytes_ > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += bytes_
    if batch:
        yield batch


def _store(session: Any, destination: Destination, batch: list[Outgoing]) -> dict[str, Any]:
    boundary = secrets.token_hex(16).encode()
    headers = {
        "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary.decode()}',
        "Accept": "application/dicom+json",
    }
    body = write_parts((_chunks(one.path) for one in batch), boundary, "application/dicom")
    answer = ask(session, destination, "POST", "/studies", also_fine=(CONFLICT,), data=body, headers=headers)
    record = read_json(answer, destination)
    return record if isinstance(record, dict) else {}


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 18):
            yield chunk


def _note(record: dict[str, Any], batch: list[Outgoing], done: Sent) -> None:
    """Sort the files by what the answer says of each; a file that it does not name was not stored."""
    failed = {_value(item, _UID): int(_value(item, _REASON) or 0) for item in _items(record, _FAILED)}
    stored = {_value(item, _UID): int(_value(item, _WARNING) or 0) for item in _items(record, _REFERENCED)}
    for one in batch:
        if one.sop_uid in stored:
            done.stored.append(one)
            if stored[one.sop_uid]:
                done.warned.append((one, sentence(stored[one.sop_uid])))
        else:
            code = failed.get(one.sop_uid, 0)
            done.failed.append((one, sentence(code) if code else "The answer does not say that it was stored."))


def _items(record: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    element = record.get(tag)
    values = element.get("Value", []) if isinstance(element, dict) else []
    return [item for item in values if isinstance(item, dict)]


def _value(item: dict[str, Any], tag: str) -> str:
    element = item.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return str(values[0]) if values else ""
