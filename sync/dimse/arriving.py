"""What a C-STORE to us becomes: a file of the workspace, and the status that the sender is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imaging.dicom.identity import uids_of
from imaging.errors import UserError
from sync.incoming import Incoming, NoSpace, Received

if TYPE_CHECKING:
    from pynetdicom.events import Event

SUCCESS, OUT_OF_RESOURCES, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xC000


@dataclass(frozen=True)
class Answer:
    """The DIMSE status for the sender; ``received`` when the object is here, else ``reason``."""

    status: int
    received: Received | None = None
    reason: str = ""


def take_in(event: Event, incoming: Incoming, sender: str) -> Answer:
    """Keep the object of a C-STORE event as it came, bit for bit, before the sender is told that we have it."""
    sop_uid = str(event.request.AffectedSOPInstanceUID)  # type: ignore[union-attr]
    data = event.encoded_dataset()
    study_uid, series_uid, found_uid = uids_of(data)
    if found_uid and found_uid != sop_uid:
        return Answer(CANNOT_UNDERSTAND, reason="An object came under another name than its own.")
    try:
        received = incoming.store(data, study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid, sender=sender)
    except NoSpace as error:
        return Answer(OUT_OF_RESOURCES, reason=error.message)
    except UserError as error:
        return Answer(CANNOT_UNDERSTAND, reason=error.message)
    return Answer(SUCCESS, received)
