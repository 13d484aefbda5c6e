"""Which models of the catalogue can be run on the open image, for the Segment menu and the Models panel."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from session.document import Document
from session.model_listing import Code, ImageKind, ListedModel, listed_models
from session.session import Session
from widgets.counted import counted
from widgets.model_offer import ModelOffer
from widgets.sentences import translated

logger = logging.getLogger("limner.models")


class OffersReader:
    """Reads the models on a thread, for a store may be on a slow disk; only the newest answer counts.

    Args:
        session: whose open document.
        show: called on the document's thread with the offers; with none while no image is open.
    """

    def __init__(self, session: Session, show: Callable[[list[ModelOffer]], None]) -> None:
        self._session = session
        self._show = show
        self._number = 0

    def read(self) -> None:
        """Begin; called whenever another image is open or the models have changed."""
        self._number += 1
        number, image = self._number, image_kind(self._session.document)
        if image is None:
            self._show([])
            return
        threading.Thread(target=self._work, args=(number, image), name="models", daemon=True).start()

    def stop(self) -> None:
        """Show nothing any more: the window goes."""
        self._number += 1

    def _work(self, number: int, image: ImageKind) -> None:
        try:
            listed = listed_models(image)
        except OSError as error:
            logger.warning("the models cannot be listed: %s", type(error).__name__)
            return
        self._session.post(lambda: self._tell(number, listed))

    def _tell(self, number: int, listed: list[ListedModel]) -> None:
        if number == self._number:
            self._show([offer_of(model) for model in listed])


def image_kind(document: Document | None) -> ImageKind | None:
    """What of the open image decides; None while none is open."""
    if document is None or not document.volumes:
        return None
    volume = document.volume
    modality = document.case.images[0].modality if document.case.images else volume.source.modality
    return ImageKind(volume.geometry, volume.quantity, modality)


def offer_of(model: ListedModel) -> ModelOffer:
    """A model as the window shows it."""
    info = model.info
    found = counted(len(info.structures), "structure")
    if not info.structures:
        found = QCoreApplication.translate("ModelOffers", "structures not stated")
    return ModelOffer(
        info.id,
        info.name,
        short_reason(model) if model.reason else found,
        fits=not model.reason,
        reason=model.reason,
        hint=info.hint if info.problem else "",
        labels=info.structures,
        licence=model.licence,
        code=model.code,
        channels=model.channels,
        about=info.about,
        has_stock=model.has_stock,
        has_fast=info.external is not None and info.external.fast_weights is not None,
    )


def short_reason(model: ListedModel) -> str:
    """Why a model does not fit, in few words: without its own name, which stands above, and without what follows."""
    description = model.stored.description if model.stored is not None else None
    if model.info.problem and description is not None and description.missing_weights:
        return QCoreApplication.translate("ModelOffers", "weights are missing")
    if model.info.problem and model.code is Code.UNTRUSTED:
        return QCoreApplication.translate("ModelOffers", "its code is not trusted yet")
    whole = translated(model.reason)
    for name in (model.info.name, f"“{model.info.id}”"):
        whole = whole.removeprefix(f"{name} ")
    return whole.split("; ")[0]
