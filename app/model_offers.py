"""Which models of the catalogue can be run on the open image, for the Segment menu and the Models panel."""

from __future__ import annotations

import psutil
from PySide6.QtCore import QCoreApplication

from session.document import Document
from widgets.counted import counted
from widgets.model_offer import ModelOffer
from widgets.sentences import translated

GIB_IN_MIB = 1024


def model_offers(document: Document | None) -> list[ModelOffer]:
    """The models, those that fit first; none while no image is open."""
    if document is None or not document.volumes:
        return []
    from session.models import known_models

    volume = document.volume
    modality = document.case.images[0].modality if document.case.images else volume.source.modality
    free_mb = psutil.virtual_memory().available / 2**20
    offers = []
    for model in known_models():
        needs_mb = model.memory_mb(volume.geometry)
        reason = model.fits(volume.quantity, modality, volume.geometry)
        if not reason and needs_mb > free_mb:
            words = QCoreApplication.translate("ModelOffers", "needs {0:.1f} GB of memory, {1:.1f} GB are free")
            reason = words.format(needs_mb / GIB_IN_MIB, free_mb / GIB_IN_MIB)
        size = counted(len(model.structures), "structure")
        if needs_mb > 0:  # models of the store say what they need only when a run is planned
            words = QCoreApplication.translate("ModelOffers", "{0} · up to {1:.1f} GB")
            size = words.format(size, needs_mb / GIB_IN_MIB)
        detail = translated(reason) if reason else size
        offers.append(ModelOffer(model.id, model.name, detail, fits=not reason))
    return sorted(offers, key=lambda offer: not offer.fits)
