"""Names that are drawn into the pixels: which images are suspect, and what is to be known before they leave."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# Images whose machines draw no names, dates or places into the picture; of all others it is to be feared.
SAFE_MODALITIES = frozenset({"CT", "MR", "NM", "OCT", "PT", "RTDOSE", "SEG"})
_RISKY_CLASSES = ("1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.104", "1.2.840.10008.5.1.4.1.1.77")
# Encapsulated PDF and its like (whole pages, also bodies as surfaces), and what people say aloud.
_DOCUMENTS = ("1.2.840.10008.5.1.4.1.1.104", "1.2.840.10008.5.1.4.1.1.9.4")
_SCREENS = ("SECONDARY", "SCREEN SAVE", "SCREENSAVE", "REPORT", "DOSE", "SUMMARY")


class Risk(StrEnum):
    """How likely it is that the pixels name the patient."""

    NONE = "none"
    POSSIBLE = "possible"
    STATED = "stated"  # the object itself says so (Burned In Annotation)
    DOCUMENT = "document"  # pages of text, or speech, which nobody can clean here


def risk_of(found: Dataset) -> Risk:
    """What is to be feared of an object's pixels.

    ``Burned In Annotation`` NO is believed for images that are no pictures of screens; machines set it carelessly.
    """
    sop_class = str(found.get("SOPClassUID") or "")
    if sop_class.startswith(_DOCUMENTS):
        return Risk.DOCUMENT
    if not any(tag in found for tag in (0x7FE00008, 0x7FE00009, 0x7FE00010)):
        return Risk.NONE
    said = str(found.get("BurnedInAnnotation") or "").upper()
    if said == "YES":
        return Risk.STATED
    kinds = [str(kind).upper() for kind in found.get("ImageType") or ()]
    is_screen = any(word in kind for kind in kinds for word in _SCREENS if word != "SECONDARY")
    is_picture = sop_class.startswith(_RISKY_CLASSES) or is_screen
    if said == "NO" and not is_picture:
        return Risk.NONE
    is_risky = is_picture or str(found.get("Modality") or "").upper() not in SAFE_MODALITIES
    return Risk.POSSIBLE if is_risky else Risk.NONE
