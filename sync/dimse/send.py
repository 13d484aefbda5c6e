"""Sending objects to a machine (C-STORE, PS3.4 annex B), as they are on disk, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.dicom import tags
from imaging.dicom.header import Header
from imaging.dicom.sources import FileSource
from imaging.dicom.walker import NotDicom, Odd, walk
from imaging.errors import UserError
from imaging.objects.elements import Elements, open_object
from sync.destination import Destination
from sync.dimse.association import ConnectionFailed, associated
from sync.dimse.status import SUCCESS, code_of, is_warning, sentence
from sync.privacy import require_allowed

if TYPE_CHECKING:
    from pynetdicom.association import Association

MOST_CONTEXTS = 128
GONE = "The file is not there any more."
_NOBODY = frozenset({"", "removed", "anonymous", "anonymized", "anonymised", "anon", "unknown", "none"})
# Physicians, operators, relatives; and other numbers, addresses, telephones of the patient.
_OF_PEOPLE = (0x00080090, 0x00081048, 0x00081050, 0x00081060, 0x00081070, 0x00101001, 0x00101005, 0x00101060,
              0x00102297, 0x00321032)  # fmt: skip
_OF_PATIENTS = (0x00101000, 0x00101040, 0x00102154)
_OTHER_IDS = 0x00101002
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Outgoing:
    """A file to be sent: what it is, which an association is arranged for.

    ``is_identified``: it may name a patient; False only where the file itself says that identifiers were removed
    (Patient Identity Removed, PS3.3 C.7.1.1) and holds nothing that belies it.
    """

    path: Path
    sop_class: str
    sop_uid: str
    series_uid: str
    study_uid: str
    transfer_syntax: str
    is_identified: bool


@dataclass
class Sent:
    """What became of the files.

    Attributes:
        stored: accepted, in the order in which they were sent.
        warned: of these, files that the machine says it changed or doubts, with what it said.
        failed: refused files with the reason.
        is_cancelled: stopped; what is in none of the lists was not sent.
        lost: why the connection ended early, empty when it did not; again, what is in no list was not sent.
    """

    stored: list[Outgoing] = field(default_factory=list)
    warned: list[tuple[Outgoing, str]] = field(default_factory=list)
    failed: list[tuple[Outgoing, str]] = field(default_factory=list)
    is_cancelled: bool = False
    lost: str = ""


def _may_name_patient(header: Header, path: Path) -> bool:
    """False only for objects that say that identifiers were removed, and do not belie it.

    Others' programs set the flag and leave a name, a birth date, text in the pixels, physicians, addresses.
    """
    name = header.text(tags.PATIENT_NAME).strip(" ^=").casefold()
    is_named = name not in _NOBODY and name != header.text(tags.PATIENT_ID).strip(" ^=").casefold()
    is_said = header.text(tags.IDENTITY_REMOVED).upper() == "YES"
    is_burned_in = header.text(tags.BURNED_IN).upper() == "YES"
    is_belied = is_named or is_burned_in or bool(header.text(tags.PATIENT_BIRTH_DATE))
    return not is_said or is_belied or _holds_names(open_object(path).elements)


def _holds_names(elements: Elements) -> bool:
    """True for names of people, and for what no object without identifiers has. Pseudonyms have digits, names none."""
    if any(elements.text(tag) for tag in _OF_PATIENTS) or elements.items.get(_OTHER_IDS):
        return True
    names = [name.strip(" ^=").casefold() for tag in _OF_PEOPLE for name in elements.text(tag).split("\\")]
    return any(name not in _NOBODY and not any(map(str.isdigit, name)) for name in names)


def outgoing(path: Path) -> Outgoing:
    """Look at a file that is to be sent.

    Raises:
        UserError: it is no DICOM object with a class and an identity.
    """
    try:
        header, _ = walk(FileSource(str(path)), last=tags.BURNED_IN)
    except (NotDicom, Odd, OSError) as error:
        raise UserError(f"{path.name} is not a DICOM object that can be sent.") from error
    found = Outgoing(
        path,
        header.text(tags.SOP_CLASS),
        header.text(tags.SOP_INSTANCE),
        header.text(tags.SERIES_INSTANCE),
        header.text(tags.STUDY_INSTANCE),
        header.transfer_syntax,
        _may_name_patient(header, path),
    )
    if not (found.sop_class and found.sop_uid and found.transfer_syntax):
        raise UserError(f"{path.name} does not say which object it is.", "It lacks a UID that every receiver needs.")
    return found


def send(
    destination: Destination,
    files: Sequence[Outgoing],
    on_progress: OnProgress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    done: Sent | None = None,
) -> Sent:
    """Send files. An object that one receiver refuses does not stop the others; a lost connection does.

    Args:
        on_progress: files done and in all.
        is_cancelled: asked before each file.
        done: is filled instead of a new one, so that ``on_progress`` can look at it.

    Raises:
        NotAllowed: they name a patient and the way is not safe, or the machine lies outside the hospital.
        ConnectionFailed: there was no connection, or it was lost before anything was stored.
    """
    require_allowed(destination, is_identified=any(one.is_identified for one in files))
    done = Sent() if done is None else done
    try:
        for batch in _batches(files):
            _send_batch(destination, batch, len(files), done, on_progress, is_cancelled)
            if done.is_cancelled:
                break
    except ConnectionFailed as error:
        if not done.stored:
            raise
        done.lost = error.message
    return done


def _batches(files: Sequence[Outgoing]) -> list[list[Outgoing]]:
    """Files in groups whose kinds fit one association."""
    batches: list[list[Outgoing]] = []
    kinds: set[tuple[str, str]] = set()
    for one in files:
        kind = (one.sop_class, one.transfer_syntax)
        if not batches or (kind not in kinds and len(kinds) == MOST_CONTEXTS):
            batches.append([])
            kinds = set()
        kinds.add(kind)
        batches[-1].append(one)
    return batches


def _send_batch(
    destination: Destination,
    batch: Sequence[Outgoing],
    total: int,
    done: Sent,
    on_progress: OnProgress,
    is_cancelled: Callable[[], bool],
) -> None:
    from pynetdicom.presentation import build_context

    kinds = dict.fromkeys((one.sop_class, one.transfer_syntax) for one in batch)
    contexts = [build_context(sop_class, transfer_syntax) for sop_class, transfer_syntax in kinds]
    with associated(destination, contexts) as association:
        taken = {
            (str(c.abstract_syntax), str(syntax)) for c in association.accepted_contexts for syntax in c.transfer_syntax
        }
        for number, one in enumerate(batch, start=1):
            if is_cancelled():
                done.is_cancelled = True
                return
            if (one.sop_class, one.transfer_syntax) not in taken:
                done.failed.append((one, "It does not take objects of this kind in this encoding."))
            else:
                _send_one(association, destination.name, one, number, done)
            on_progress(len(done.stored) + len(done.failed), total)


def _send_one(association: Association, name: str, one: Outgoing, number: int, done: Sent) -> None:
    try:
        answer = association.send_c_store(one.path, msg_id=number & 0xFFFF or 1)
    except FileNotFoundError:  # as when two programs send the same: the newer outbox took the older's place
        done.failed.append((one, GONE))
        return
    except (RuntimeError, ValueError) as error:
        if association.is_established:
            done.failed.append((one, "The file cannot be encoded for sending."))
            return
        hint = "What was stored until then is there; sending again goes on."
        raise ConnectionFailed("answer", f"The connection to “{name}” was lost.", hint) from error
    status = code_of(answer, name)
    if status == SUCCESS or is_warning(status):
        done.stored.append(one)
        if status != SUCCESS:
            done.warned.append((one, sentence(status)))
    else:
        done.failed.append((one, sentence(status)))
