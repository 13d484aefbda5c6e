"""From a case to another machine: written, proven, checked, sent, and asked for there. Each step can be shown."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from imaging.case.images import ImageReference
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile
from imaging.objects.proof import Proven, prove
from session import archives
from session.case_content import CaseContent, content_of_document
from session.exporting import labels_of, still_labels
from session.jobs import Job
from session.object_export import OBJECT_FORMATS, source_of_case, write_object_of
from session.session import Session
from sync.destination import Destination, ObjectKind, find_destination
from sync.dimse.send import outgoing
from sync.outbox import ItemState, Outbox, OutboxItem
from sync.privacy import require_allowed
from sync.query import Level, Query

# What a destination calls a kind -> what writing calls it.
FORMATS = {
    ObjectKind.SEG: "seg",
    ObjectKind.SEG_LABELMAP: "seg-labelmap",
    ObjectKind.SEG_FRACTIONAL: "seg-fractional",
    ObjectKind.RTSTRUCT: "rtstruct",
    ObjectKind.SR: "sr",
    ObjectKind.PRESENTATION: "gsps",
    ObjectKind.SECONDARY_CAPTURE: "sc",
    ObjectKind.PARAMETRIC_MAP: "pm",
    ObjectKind.PDF: "pdf",
}
Step = Callable[[str], None]


def written_kinds() -> tuple[ObjectKind, ...]:
    """The kinds of objects that can be made from a case."""
    return tuple(kind for kind, name in FORMATS.items() if name in OBJECT_FORMATS)


@dataclass
class SentObject:
    """One object on its way.

    Attributes:
        kind: which.
        proven: what the other reader found, None while it was not looked at.
        filled_in: keywords that the source lacked and that were made up.
        notes: sentences for the person who sends.
        state: how far it came.
        reason: why it came no further.
    """

    kind: ObjectKind
    sop_uid: str = ""
    proven: Proven | None = None
    filled_in: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    state: ItemState = ItemState.WAITING
    reason: str = ""


@dataclass
class Sending:
    """What was sent where; ``asked_for`` differs from ``destination`` when there is a quarantine in between."""

    destination: Destination
    asked_for: str
    objects: list[SentObject] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """True when the other side has everything and a query found it there."""
        return bool(self.objects) and all(one.state is ItemState.CONFIRMED for one in self.objects)

    def to_json(self) -> dict[str, Any]:
        """What goes into the journal and to stdout."""
        return {
            "destination": self.destination.name,
            "asked_for": self.asked_for,
            "objects": [
                {
                    "kind": one.kind.value,
                    "sop_instance_uid": one.sop_uid,
                    "state": one.state.value,
                    "reason": one.reason,
                    "reader": one.proven.reader if one.proven else "",
                    "agreement": one.proven.agreement if one.proven else {},
                    "filled_in": list(one.filled_in),
                    "notes": list(one.notes),
                }
                for one in self.objects
            ],
        }


def resolved(destinations: Sequence[Destination], name: str, kinds: Sequence[ObjectKind]) -> Sending:
    """Where objects really go, and whether they may.

    Raises:
        UserError: no such destination, it takes none of a kind, or what names a patient may not go there.
    """
    asked = find_destination(destinations, name)
    there = find_destination(destinations, asked.quarantine) if asked.quarantine else asked
    for kind in kinds:
        if kind not in there.kinds:
            takes = ", ".join(one.value for one in there.kinds)
            raise UserError(f"“{there.name}” does not take {kind.value}.", f"It takes {takes}.")
    require_allowed(there, is_identified=True)
    return Sending(there, asked.name, [SentObject(kind) for kind in kinds])


def send_case(
    sending: Sending,
    labels: LabelFile,
    image: ImageReference,
    workspace: Path,
    case_path: str = "",
    series: Path | None = None,
    on_step: Step = lambda _text: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    case: CaseContent | None = None,
) -> Sending:
    """Write, prove, send and confirm the objects of ``sending``; how far each came stands in it.

    Args:
        sending: as ``resolved`` gave it.
        labels: the masks.
        image: the case's image.
        case_path: noted in the outbox.
        series: DICOM images that the masks belong to instead.
        on_step: told what is being done, from this thread.
        case: what the case holds beside its masks; a report refers to the segmentation that is sent with it.

    Raises:
        UserError: an object cannot be written or is not what it should be: then nothing is sent at all.
    """
    content = replace(source_of_case(image, labels, series), case=case)
    with Outbox(workspace) as outbox, tempfile.TemporaryDirectory(dir=outbox.folder, prefix="made-") as folder:
        items: list[OutboxItem] = []
        for n, one in sorted(enumerate(sending.objects), key=lambda pair: pair[1].kind is ObjectKind.SR):  # SR last
            on_step(f"Writing {one.kind.value}")
            path = Path(folder) / f"{n}.dcm"
            written = write_object_of(content, path, FORMATS[one.kind], stack=True)
            one.sop_uid, one.notes = written.sop_instance_uid, written.notes
            one.filled_in = tuple(f"{filled.keyword}: {filled.why}" for filled in written.filled_in)
            on_step(f"Reading {one.kind.value} back with another reader")
            one.proven = prove(path, written.labels, written.sop_instance_uid)
            if not one.proven.is_right:
                raise UserError("The object is not what it should be; nothing was sent.", one.proven.problems[0])
            if case is not None and one.kind is ObjectKind.SEG:
                case.segments_in = path
        for n, one in enumerate(sending.objects):
            file = outgoing(Path(folder) / f"{n}.dcm")
            uids = {"sop_uid": file.sop_uid, "series_uid": file.series_uid, "study_uid": file.study_uid}
            name = sending.destination.name
            items.append(outbox.put(file.path, name, **uids, kind=one.kind.value, case_path=case_path))
        by_uid = {one.sop_uid: one for one in sending.objects}
        for item in deliver(outbox, sending.destination, items, on_step, is_cancelled):
            by_uid[item.sop_uid].state, by_uid[item.sop_uid].reason = item.state, item.reason
    return sending


def deliver(
    outbox: Outbox,
    destination: Destination,
    items: Sequence[OutboxItem],
    on_step: Step = lambda _text: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> list[OutboxItem]:
    """Send objects of the outbox and ask for them there; how far each came, in the same order.

    A lost connection leaves them in the outbox; ``deliver`` can be called again at any time.
    """
    on_step(f"Sending to {destination.name}")
    states = {item.id: (item.state, item.reason) for item in items}
    waiting = [item for item in items if item.state is ItemState.WAITING]
    try:
        sent = archives.send(destination, [outgoing(item.path) for item in waiting], is_cancelled=is_cancelled)
    except UserError as error:
        for item in waiting:
            states[item.id] = ItemState.WAITING, error.message
        sent = None
    if sent is not None:
        by_uid = {item.sop_uid: item for item in waiting}
        for one in sent.stored:
            states[by_uid[one.sop_uid].id] = ItemState.STORED, ""
        for one, reason in sent.failed:
            states[by_uid[one.sop_uid].id] = ItemState.REFUSED, reason
        for item in waiting:
            if sent.lost and states[item.id][0] is ItemState.WAITING:
                states[item.id] = ItemState.WAITING, sent.lost
    on_step(f"Asking {destination.name} for what was sent")
    for item in items:
        if states[item.id][0] is ItemState.STORED:
            states[item.id] = _confirmed(destination, item)
    for item in items:
        outbox.mark(item.id, *states[item.id])
    return [replace(item, state=states[item.id][0], reason=states[item.id][1]) for item in items]


def _confirmed(destination: Destination, item: OutboxItem) -> tuple[ItemState, str]:
    """Is the object found where it was sent? Archives that do not answer searches leave it at ``stored``."""
    matches = {"StudyInstanceUID": item.study_uid, "SeriesInstanceUID": item.series_uid, "SOPInstanceUID": item.sop_uid}
    try:
        answers = archives.find(destination, Query(Level.IMAGE, matches, limit=5))
    except UserError as error:
        return ItemState.STORED, f"It was accepted, but could not be asked for: {error.message}"
    if any(record.get("SOPInstanceUID") == item.sop_uid for record in answers.records):
        return ItemState.CONFIRMED, ""
    return ItemState.STORED, "It was accepted, but the archive does not find it yet."


def start_sending(
    session: Session,
    destinations: Sequence[Destination],
    name: str,
    kinds: Sequence[ObjectKind],
    on_step: Step,
    done: Callable[[Sending | None, UserError | None], None],
) -> Job:
    """Send the open case's masks as a job; what became of it is noted in the journal.

    Args:
        on_step, done: called on the document's thread; ``done`` also after an error, with how far everything came.

    Raises:
        UserError: it may not go there, or there are no masks.
    """
    document = session.open_document
    sending = resolved(destinations, name, kinds)
    labels, image = still_labels(labels_of(document.segmentation)), document.case.images[0]
    if not labels.segments:
        raise UserError("There are no segments to send.", "Segment something first.")
    workspace, case_path = session.settings.workspace(), str(document.case.path)
    content = content_of_document(document, session.presentation.state, labels.layers)

    def work(job: Job) -> Sending:
        def step(text: str) -> None:
            job.message = text
            session.jobs.notify(job)
            session.post(lambda: on_step(text))

        return send_case(sending, labels, image, workspace, case_path, None, step, lambda: job.is_cancelled, content)

    def finish(job: Job) -> None:
        error = job.error if isinstance(job.error, UserError) else None
        was_tried = any(one.state is not ItemState.WAITING or one.reason for one in sending.objects)
        if was_tried and session.document is document and not document.case.is_read_only:
            document.note(f"Sent to {sending.destination.name}", "send", sending.to_json())
        done(sending, error)

    return session.jobs.start(f"Send to {sending.destination.name}", work, finish)
