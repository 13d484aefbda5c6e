"""Which kinds of objects are proposed when a whole study is fetched by C-GET."""

from __future__ import annotations

from pydicom import uid
from pynetdicom.presentation import StoragePresentationContexts

from imaging.objects.validation.modules import KINDS
from sync.dimse.classes import usual_classes


def test_everything_that_limner_writes_and_every_usual_kind_of_image_has_room() -> None:
    proposed = usual_classes()
    assert len(proposed) == len(set(proposed)) <= 126  # a request has 128 contexts
    assert set(KINDS) <= set(proposed)
    usual = [str(context.abstract_syntax) for context in StoragePresentationContexts]
    images = [one for one in usual if "Image Storage" in uid.UID(one).name and "Ophthalmic" not in uid.UID(one).name]
    retired = {one for one in images if one.startswith("1.2.840.10008.5.1.1.")}  # of printers
    assert set(images) - retired <= set(proposed)
    assert {uid.PatientRadiationDoseSRStorage, uid.KeyObjectSelectionDocumentStorage, uid.RTDoseStorage} <= set(
        proposed
    )
