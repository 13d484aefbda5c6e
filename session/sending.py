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
from session.case_content import CaseContent, frozen_content
from session.delivery import Step, deliver
from session.exporting import frozen_labels
from session.jobs import Job
from session.object_export import OBJECT_FORMATS, source_of_case, write_object_of
from session.session import Session
from sync.destination import Destination, ObjectKind, find_destination
from sync.dimse.send import outgoing
from sync.outbox import ItemState, Outbox
from sync.privacy import require_allowed

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
        files = [(outgoing(Path(folder) / f"{n}.dcm"), one.kind.value) for n, one in enumerate(sending.objects)]
        items = outbox.put(files, sending.destination.name, case_path)
        by_uid = {one.sop_uid: one for one in sending.objects}
        for item in deliver(outbox, sending.destination, items, on_step, is_cancelled):
            by_uid[item.sop_uid].state, by_uid[item.sop_uid].reason = item.state, item.reason
    return sending


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
    if not document.segmentation.segments:
        raise UserError("There are no segments to send.", "Segment something first.")
    frozen, image = frozen_labels(document), document.case.images[0]
    workspace, case_path = session.settings.workspace(), str(document.case.path)
    content = frozen_content(document, session.presentation.state)

    def work(job: Job) -> Sending:
        def step(text: str) -> None:
            job.message = text
            session.jobs.notify(job)
            session.post(lambda: on_step(text))

        labels = frozen()
        case = content(labels.layers)
        return send_case(sending, labels, image, workspace, case_path, None, step, lambda: job.is_cancelled, case)

    def finish(job: Job) -> None:
        error = job.error if isinstance(job.error, UserError) else None
        was_tried = any(one.state is not ItemState.WAITING or one.reason for one in sending.objects)
        if was_tried and session.document is document and not document.case.is_read_only:
            document.note(f"Sent to {sending.destination.name}", "send", sending.to_json())
        done(sending, error)

    return session.jobs.start(f"Send to {sending.destination.name}", work, finish)
