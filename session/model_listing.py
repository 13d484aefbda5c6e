"""The models of the workspace, judged for an image: what panels and windows list. Reads files; call it on a thread."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from imaging.geometry import Geometry
from imaging.volume import Quantity
from session.models import installed_programs, model_store

if TYPE_CHECKING:
    from inference.catalogue import ModelInfo
    from inference.packages.stored_model import StoredModel

MIB_PER_GIB = 1024


class Code(StrEnum):
    """Whether a model runs Python that came with it, and whether somebody said that it may."""

    BUILT_IN = "part of Limner"
    NONE = "none"
    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    EXTERNAL = "a program of its own"


@dataclass(frozen=True)
class ImageKind:
    """What of an image decides which models fit it."""

    geometry: Geometry
    quantity: Quantity
    modality: str


@dataclass(frozen=True, eq=False)
class ListedModel:
    """One model.

    Attributes:
        info: as the catalogue has it.
        stored: as the store has it; None when it is built in.
        reason: why it cannot be run on the image; empty when it can, or when there is no image.
    """

    info: ModelInfo
    stored: StoredModel | None
    reason: str = ""

    @property
    def licence(self) -> str:
        """The first line of its licence; empty when it has none."""
        if self.stored is None:
            return ""
        record = self.stored.record
        return record.licence if record is not None else ""

    @property
    def code(self) -> Code:
        """What is to be said of its code."""
        if self.stored is None:
            return Code.EXTERNAL if self.info.is_external else Code.BUILT_IN
        if self.stored.description is not None and not self.stored.description.code.runs:
            return Code.NONE
        return Code.TRUSTED if self.stored.is_trusted else Code.UNTRUSTED

    @property
    def has_stock(self) -> bool:
        """True when it brings a workflow of its own, as MONAI bundles do."""
        description = self.stored.description if self.stored is not None else None
        return description is not None and description.format == "MONAI bundle" and not description.prompts

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the images that it wants."""
        if self.stored is None or self.stored.description is None:
            return ("image",)
        return tuple(channel.name for channel in self.stored.description.channels)


def listed_models(image: ImageKind | None = None) -> list[ListedModel]:
    """All models: those that fit the image first, each group by name, the built-in ones ahead."""
    from inference.catalogue import models

    store = model_store()
    stored = {model.id: model for model in store.models()}
    infos = [*models(store), *installed_programs()]
    listed = [ListedModel(info, stored.get(info.id), _reason(info, image)) for info in infos]
    return sorted(listed, key=lambda one: bool(one.reason))


def _reason(info: ModelInfo, image: ImageKind | None) -> str:
    if image is None:
        return info.problem
    reason = info.fits(image.quantity, image.modality, image.geometry)
    if reason:
        return reason
    import psutil

    needs_mb, free_mb = info.memory_mb(image.geometry), psutil.virtual_memory().available / 2**20
    if needs_mb > free_mb:
        return f"needs {needs_mb / MIB_PER_GIB:.1f} GB of memory, {free_mb / MIB_PER_GIB:.1f} GB are free"
    return ""
