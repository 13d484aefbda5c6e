"""The columns of the table of the queue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from session.batch.item import BatchItem, ItemState
from widgets.dialogs.run_options import option_words
from widgets.runs.rows import Column
from widgets.sentences import translated


@dataclass(frozen=True)
class QueueRow:
    """An item and its place, from 1."""

    place: int
    item: BatchItem


def queue_columns() -> list[Column[QueueRow]]:
    """Place, image, model, result, state, time."""
    return [
        Column("#", lambda r: str(r.place), lambda r: r.place),
        Column(_tr("Image"), lambda r: r.item.title, lambda r: r.item.title, _where, is_number=False),
        Column(_tr("Model"), lambda r: r.item.model_name, lambda r: r.item.model_name, is_number=False),
        Column(
            _tr("Result"), lambda r: Path(r.item.out).name, lambda r: r.item.out, lambda r: r.item.out, is_number=False
        ),
        Column(_tr("Time"), _time, lambda r: r.item.seconds),
        Column(_tr("State"), state_text, lambda r: r.item.state.value, state_text, is_number=False),
    ]


def details(item: BatchItem) -> str:
    """Which image is which, and the options: what the table has no room for."""
    parts = [f"{name} = {image_title(item, n)}" for n, name in enumerate(item.channels)]
    options = option_words(item.parameters)
    return " · ".join([*parts, _tr("Options: {0}").format(options)] if options else parts)


def image_title(item: BatchItem, channel: int) -> str:
    """Which image a channel gets."""
    image = item.image_of(channel)
    return image.title if image is not None else "?"


def _where(row: QueueRow) -> str:
    lines = [f"{name}: {image_title(row.item, n)}" for n, name in enumerate(row.item.channels)]
    return "\n".join([row.item.path, *lines])


def state_text(row: QueueRow) -> str:
    """Where it stands, and why."""
    words = {
        ItemState.WAITING: _tr("waiting"),
        ItemState.UNDECIDED: _tr("say which image is which") if not row.item.is_decided else _tr("not run"),
        ItemState.RUNNING: _tr("running"),
        ItemState.DONE: _tr("done"),
        ItemState.SKIPPED: _tr("was there already"),
        ItemState.FAILED: _tr("failed"),
    }
    message = translated(row.item.message) if row.item.message else ""
    return f"{words[row.item.state]}: {message}" if message else words[row.item.state]


def _time(row: QueueRow) -> str:
    return f"{row.item.seconds:.1f} s" if row.item.seconds else ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("BatchWindow", text)
