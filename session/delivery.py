"""From the outbox to another machine: sent, noted as it goes, and asked for there. It can be cut anywhere and go on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from imaging.errors import UserError
from session import archives
from sync.destination import Destination, ObjectKind
from sync.dimse.association import ConnectionFailed
from sync.dimse.send import OnProgress, Outgoing, Sent, outgoing
from sync.outbox import ItemState, Outbox, OutboxItem
from sync.query import Level, Query

Step = Callable[[str], None]
Known = dict[int, tuple[ItemState, str]]  # number of an item -> how far it is, and why no further
NOTE_EVERY = 50  # so many objects are sent again at most when the program is killed
MOST_ANSWERS = 100_000  # objects of one series


def deliver(
    outbox: Outbox,
    destination: Destination,
    items: Sequence[OutboxItem],
    on_step: Step = lambda _text: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    on_progress: OnProgress = lambda _done, _total: None,
) -> list[OutboxItem]:
    """Send objects of the outbox and ask for them there; how far each came, in the same order.

    A lost connection or a stop leaves the rest in the outbox; ``deliver`` can be called again at any time.

    Args:
        on_progress: objects that were sent or refused, and all that are to be sent.
    """
    files = _readable(items)
    gone = ItemState.REFUSED, "Its file in the outbox cannot be read any more."
    known: Known = {item.id: gone for item in items if _is_waiting(item) and item.id not in files}
    outbox.mark((item, *gone) for item in items if item.id in known)
    by_path = {item.path: item for item in items}
    on_step(f"Sending to {destination.name}")
    waiting = [files[item.id] for item in items if _is_waiting(item) and item.id in files]
    sent = Sent()

    def note() -> None:
        fresh = {by_path[one.path].id: (ItemState.STORED, "") for one in sent.stored}
        fresh |= {by_path[one.path].id: (ItemState.REFUSED, reason) for one, reason in sent.failed}
        outbox.mark((item, *fresh[item.id]) for item in items if item.id in fresh and item.id not in known)
        known.update(fresh)

    def progress(done: int, total: int) -> None:
        on_progress(done, total)
        if len(sent.stored) + len(sent.failed) >= len(known) + NOTE_EVERY:
            note()

    lost = ""
    try:
        archives.send(destination, waiting, progress, is_cancelled, sent)
    except UserError as error:
        lost = error.message
    note()
    why = sent.lost or lost or ("It was stopped." if sent.is_cancelled else "")
    left = {item.id: (ItemState.WAITING, why) for item in items if item.id not in known and _is_waiting(item)}
    outbox.mark((item, *left[item.id]) for item in items if item.id in left)
    known.update(left)
    stored = [i for i in items if known.get(i.id, (i.state, ""))[0] is ItemState.STORED]
    if stored and not is_cancelled():
        on_step(f"Asking {destination.name} for what was sent")
        _confirm(outbox, destination, stored, files, known)
    return [replace(i, state=known[i.id][0], reason=known[i.id][1]) if i.id in known else i for i in items]


def _is_waiting(item: OutboxItem) -> bool:
    return item.state is ItemState.WAITING


def _readable(items: Sequence[OutboxItem]) -> dict[int, Outgoing]:
    """What the files are now; the gate looks at this, not at what they were."""
    found = {}
    for item in items:
        with contextlib.suppress(UserError):  # it is named as refused, and stops no other
            found[item.id] = outgoing(item.path)
    return found


def _confirm(
    outbox: Outbox,
    destination: Destination,
    items: Sequence[OutboxItem],
    files: dict[int, Outgoing],
    known: Known,
) -> None:
    """Ask for what was accepted, series by series.

    Originals leave the outbox also when the machine answers no searches: they are still where they came from.
    """
    asked: set[int] = set()
    for group in _by_series(items):
        names_nobody = all(item.id in files and not files[item.id].is_identified for item in group)
        try:
            found = _found_there(destination, group, names_nobody=names_nobody)
        except UserError as error:
            # a machine that took objects and refuses the search alone does not know searches; else it was cut
            is_deaf = not isinstance(error, ConnectionFailed) or error.step == "association"
            why = f"It was accepted, but could not be asked for: {error.message}"
            for item in items:
                if item.id not in asked:
                    is_done = is_deaf and item.kind == ObjectKind.ORIGINAL
                    known[item.id] = ItemState.ACCEPTED if is_done else ItemState.STORED, why
            outbox.mark((item, *known[item.id]) for item in items if item.id not in asked)
            return
        missing = ItemState.STORED, "It was accepted, but the archive does not find it yet."
        for item in group:
            known[item.id] = (ItemState.CONFIRMED, "") if item.sop_uid in found else missing
        outbox.mark((item, *known[item.id]) for item in group)
        asked.update(item.id for item in group)


def _by_series(items: Sequence[OutboxItem]) -> Iterator[list[OutboxItem]]:
    groups: dict[tuple[str, str], list[OutboxItem]] = {}
    for item in items:
        groups.setdefault((item.study_uid, item.series_uid), []).append(item)
    yield from groups.values()


def _found_there(destination: Destination, group: Sequence[OutboxItem], *, names_nobody: bool) -> set[str]:
    """The UIDs of a series' objects that the machine finds."""
    matches = {"StudyInstanceUID": group[0].study_uid, "SeriesInstanceUID": group[0].series_uid}
    if len(group) == 1:
        matches["SOPInstanceUID"] = group[0].sop_uid
    query = Query(Level.IMAGE, matches, MOST_ANSWERS, names_nobody)
    return {record.get("SOPInstanceUID", "") for record in archives.find(destination, query).records}
