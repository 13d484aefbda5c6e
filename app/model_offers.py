"""Which models of the catalogue can be run on the open image, for the Segment menu and the Models panel."""

from __future__ import annotations

from imaging.errors import UserError
from session.document import Document
from widgets.model_offer import ModelOffer


def model_offers(document: Document | None) -> list[ModelOffer]:
    """The models, those that fit first; none while no image is open."""
    if document is None or not document.volumes:
        return []
    from inference.models.ct_anatomy_rules import CtAnatomyRules

    volume = document.volume
    modality = document.case.images[0].modality if document.case.images else volume.source.modality
    offers = []
    for model in (CtAnatomyRules(),):
        try:
            model.check(volume.geometry, volume.quantity, modality)
            offers.append(ModelOffer(model.id, model.name, f"{len(model.labels)} structures"))
        except UserError as error:
            offers.append(ModelOffer(model.id, model.name, error.message, fits=False))
    return sorted(offers, key=lambda offer: not offer.fits)
