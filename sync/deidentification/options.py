"""What is to be kept: the options of PS3.15 E.3, each with the code that the object then carries (PS3.16 CID 7050)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Dates(StrEnum):
    """What becomes of dates. Shifted: all of a patient by the same number of days, so that intervals stay."""

    REMOVE = "remove"
    SHIFT = "shift"
    KEEP = "keep"


@dataclass(frozen=True)
class Options:
    """The Basic Profile with these exceptions; what is left out is as strict as the standard asks.

    Attributes:
        dates: what becomes of them.
        retain_uids: instance UIDs stay as they are.
        retain_device: serial numbers and names of devices.
        retain_institution: name, address and department.
        retain_patient_characteristics: sex, age (90 and more become 90), size, weight, allergies and the like.
        clean_descriptors: keep of descriptions the words that cannot name anybody.
        clean_structured_content: keep of reports what is coded or measured, and of their texts such words.
        clean_graphics: keep drawn annotations without their texts.
        retain_safe_private: keep private elements that the standard lists as safe.
    """

    dates: Dates = Dates.REMOVE
    retain_uids: bool = False
    retain_device: bool = False
    retain_institution: bool = False
    retain_patient_characteristics: bool = False
    clean_descriptors: bool = False
    clean_structured_content: bool = False
    clean_graphics: bool = False
    retain_safe_private: bool = False

    def columns(self) -> tuple[str, ...]:
        """The table's columns that are in force, those that keep more first."""
        wanted = (
            ("uids", self.retain_uids),
            ("device", self.retain_device),
            ("institution", self.retain_institution),
            ("patient", self.retain_patient_characteristics),
            ("full_dates", self.dates is Dates.KEEP),
            ("modified_dates", self.dates is Dates.SHIFT),
            ("descriptors", self.clean_descriptors),
            ("structured_content", self.clean_structured_content),
            ("graphics", self.clean_graphics),
            ("safe_private", self.retain_safe_private),
        )
        return tuple(name for name, is_on in wanted if is_on)

    def codes(self) -> tuple[tuple[str, str], ...]:
        """(code value, meaning) of what was applied, for De-identification Method Code Sequence."""
        return (BASIC_CODE, *(CODES[name] for name in self.columns()))


BASIC_CODE = ("113100", "Basic Application Confidentiality Profile")
CODES = {
    "uids": ("113110", "Retain UIDs Option"),
    "device": ("113109", "Retain Device Identity Option"),
    "institution": ("113112", "Retain Institution Identity Option"),
    "patient": ("113108", "Retain Patient Characteristics Option"),
    "full_dates": ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "modified_dates": ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    "descriptors": ("113105", "Clean Descriptors Option"),
    "structured_content": ("113104", "Clean Structured Content Option"),
    "graphics": ("113103", "Clean Graphics Option"),
    "safe_private": ("113111", "Retain Safe Private Option"),
}
CLEAN_PIXELS_CODE = ("113101", "Clean Pixel Data Option")
CLEAN_FACES_CODE = ("113102", "Clean Recognizable Visual Features Option")
