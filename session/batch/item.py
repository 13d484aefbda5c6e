"""One study of the batch queue, as it is shown and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any


class ItemState(StrEnum):
    """Where an item stands."""

    WAITING = "waiting"
    UNDECIDED = "undecided"  # somebody must say which image is which; it is not run before
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"  # its result was there already
    FAILED = "failed"


@dataclass(frozen=True)
class StudyImage:
    """One image of a study, for a model that wants several.

    Attributes:
        title: what people see.
        path: file or folder below which it is found.
        series_id: which series there; empty for the only one.
    """

    title: str
    path: str
    series_id: str = ""


@dataclass(frozen=True)
class BatchItem:
    """One image, or one study for a model that wants several images, to be segmented.

    Attributes:
        path: file or folder below which its series is found.
        series_id: which series there; of a study, what tells it from others below the path.
        title: what people see.
        model: id of the model.
        model_name: what people see of it.
        out: the mask file or case that is written.
        parameters: of the run.
        state: where it stands.
        message: what is being done with it, or why it failed.
        seconds: how long it took.
        number: tells it from all others of its queue; 0 until it is in one.
        channels: what the model calls its images; empty when it wants one.
        images: of the study, any of which may be a channel.
        chosen: for each channel a place in ``images``, None while nobody knows.
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
    channels: tuple[str, ...] = ()
    images: tuple[StudyImage, ...] = ()
    chosen: tuple[int | None, ...] = ()

    @property
    def is_over(self) -> bool:
        """True when nothing more will happen to it."""
        return self.state in (ItemState.DONE, ItemState.SKIPPED, ItemState.FAILED)

    @property
    def is_decided(self) -> bool:
        """True when each channel has an image."""
        return None not in self.chosen

    def image_of(self, channel: int) -> StudyImage | None:
        """The image that is a channel; None while nobody knows."""
        place = self.chosen[channel]
        return None if place is None else self.images[place]

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
        values["images"] = tuple(StudyImage(**image) for image in values.get("images", ()))
        for name in ("channels", "chosen"):
            values[name] = tuple(values.get(name, ()))
        if any(place is not None and not 0 <= place < len(values["images"]) for place in values["chosen"]):
            raise ValueError("a channel's image is not among those of the study")
        return BatchItem(**values, state=ItemState.WAITING if is_cut_short else state)
