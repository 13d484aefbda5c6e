"""Patient and study (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2): as the source says, except where that would be invalid."""

from __future__ import annotations

import re
from dataclasses import dataclass

from imaging.dicom import tags
from imaging.dicom.header import Header
from imaging.objects.filled_in import FilledIn

# Every object must have these, though they may be empty.
REQUIRED = (
    ("PatientName", tags.PATIENT_NAME),
    ("PatientID", tags.PATIENT_ID),
    ("PatientBirthDate", tags.PATIENT_BIRTH_DATE),
    ("PatientSex", tags.PATIENT_SEX),
    ("StudyDate", tags.STUDY_DATE),
    ("StudyTime", tags.STUDY_TIME),
    ("ReferringPhysicianName", tags.REFERRING_PHYSICIAN),
    ("StudyID", tags.STUDY_ID),
    ("AccessionNumber", tags.ACCESSION_NUMBER),
)
# These are passed on where the source has them: archives compare them.
OPTIONAL = (
    ("StudyDescription", tags.STUDY_DESCRIPTION),
    ("PatientAge", tags.PATIENT_AGE),
    ("PatientSize", tags.PATIENT_SIZE),
    ("PatientWeight", tags.PATIENT_WEIGHT),
    ("PatientIdentityRemoved", tags.IDENTITY_REMOVED),
    ("DeidentificationMethod", tags.DEIDENTIFICATION_METHOD),
    ("PositionReferenceIndicator", tags.POSITION_REFERENCE),
)
NOT_STATED = "Not stated by the source"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_FORMS = {
    "PatientBirthDate": r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])",
    "StudyDate": r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])",
    "StudyTime": r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?",
    "PatientSex": "[MFO]",
    "PatientAge": r"\d{3}[DWMY]",
    "PatientSize": _NUMBER,
    "PatientWeight": _NUMBER,
    "PatientIdentityRemoved": "YES|NO",
}


@dataclass(frozen=True)
class RepairedAttributes:
    """Elements of patient and study that an object may carry.

    Attributes:
        values: keyword -> text, several values with a backslash between them; `REQUIRED` ones are always there.
        filled_in: what was missing or broken.
    """

    values: dict[str, str]
    filled_in: tuple[FilledIn, ...] = ()

    @staticmethod
    def unknown() -> RepairedAttributes:
        """Of a patient and a study of which nothing is known."""
        return RepairedAttributes({keyword: "" for keyword, _ in REQUIRED})

    @staticmethod
    def of(header: Header) -> RepairedAttributes:
        """What a header says; text that breaks its form is left out, names and identifiers stay as they are."""
        values, notes = {}, []
        for keyword, tag in (*REQUIRED, *OPTIONAL):
            is_required = (keyword, tag) in REQUIRED
            if tag not in header.values:
                if is_required:
                    values[keyword] = ""
                    notes.append(FilledIn(keyword, "It is missing: it was added without a value."))
                continue
            said = header.human_text(tag).strip()
            if said and not _is_well_formed(keyword, said):
                notes.append(FilledIn(keyword, "It does not have the form that the standard wants: it was left empty."))
                said = ""
            if said or is_required:
                values[keyword] = said
        if values.get("PatientIdentityRemoved") == "YES" and "DeidentificationMethod" not in values:
            values["DeidentificationMethod"] = NOT_STATED
            notes.append(FilledIn("DeidentificationMethod", "The source does not say how it was done.", NOT_STATED))
        return RepairedAttributes(values, tuple(notes))


def _is_well_formed(keyword: str, said: str) -> bool:
    form = _FORMS.get(keyword)
    return form is None or re.fullmatch(form, said) is not None
