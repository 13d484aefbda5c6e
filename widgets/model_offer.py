"""A model that may be run on the open image, as the window shows it."""

from __future__ import annotations

from dataclasses import dataclass

from session.model_listing import Code


@dataclass(frozen=True)
class ModelOffer:
    """One model of the catalogue, judged for the open image.

    Attributes:
        id: what ``segment_image.run`` takes.
        name: what it is called.
        detail: what it gives, or why it does not fit, short.
        fits: it can be run on this image.
        reason: why it does not fit, the whole sentence.
        hint: what to do about that.
        labels: names of what it finds.
        licence: one line; empty when it states none.
        code: whether it runs code of its own, and whether that is trusted.
        channels: names of the images that it wants.
        about: what it says of itself.
        has_stock: it brings a workflow of its own that can be run in place of our engine.
        has_fast: it has a faster, coarser variant.
    """

    id: str
    name: str
    detail: str
    fits: bool = True
    reason: str = ""
    hint: str = ""
    labels: tuple[str, ...] = ()
    licence: str = ""
    code: Code = Code.BUILT_IN
    channels: tuple[str, ...] = ("image",)
    about: str = ""
    has_stock: bool = False
    has_fast: bool = False

    @property
    def is_foreign(self) -> bool:
        """True when it was added; only such models take options."""
        return self.code not in (Code.BUILT_IN, Code.EXTERNAL)
