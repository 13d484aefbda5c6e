"""One image of the batch queue, as it is shown and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any


class ItemState(StrEnum):
    """Where an item stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"  # its result was there already
    FAILED = "failed"


@dataclass(frozen=True)
class BatchItem:
    """One image to be segmented.

    Attributes:
        path: file or folder below which its series is found.
        series_id: which series there.
        title: what people see.
        model: id of the model.
        model_name: what people see of it.
        out: the mask file or case that is written.
        parameters: of the run.
        state: where it stands.
        message: what is being done with it, or why it failed.
        seconds: how long it took.
        number: tells it from all others of its queue; 0 until it is in one.
    """

    path: str
    series_id: str
    title: str
    model: str
    model_name: str
    out: str
    parameters: dict[str, Any] = field(default_factory=dict)
    state: ItemState = ItemState.WAITING
    message: str = ""
    seconds: float = 0.0
    number: int = 0

    @property
    def is_over(self) -> bool:
        """True when nothing more will happen to it."""
        return self.state in (ItemState.DONE, ItemState.SKIPPED, ItemState.FAILED)

    def to_json(self) -> dict[str, Any]:
        """As it is kept; its number is not."""
        return {name: value for name, value in asdict(self).items() if name != "number"}

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> BatchItem:
        """What was kept; an item that was running when the program ended waits again.

        Raises:
            ValueError, TypeError: it is no item.
        """
        known = {f.name for f in fields(BatchItem)}
        values = {name: value for name, value in kept.items() if name in known}
        state = ItemState(values.pop("state", ItemState.WAITING))
        is_cut_short = state is ItemState.RUNNING
        if is_cut_short:
            values["message"] = ""
        return BatchItem(**values, state=ItemState.WAITING if is_cut_short else state)
