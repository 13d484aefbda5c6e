"""Patient and study (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2): as the source says, except where that would be invalid."""

from __future__ import annotations

import re
from dataclasses import dataclass

from imaging.dicom import tags
from imaging.objects.elements import Elements
from imaging.objects.filled_in import FilledIn
from imaging.segment import CodedTerm

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
# These are passed on as the source has them, empty ones, too: archives compare them.
OPTIONAL = (
    ("StudyDescription", 0x00081030),
    ("PhysiciansOfRecord", 0x00081048),
    ("NameOfPhysiciansReadingStudy", 0x00081060),
    ("AdmittingDiagnosesDescription", 0x00081080),
    ("IssuerOfPatientID", 0x00100021),
    ("PatientBirthTime", 0x00100032),
    ("OtherPatientNames", 0x00101001),
    ("PatientAge", 0x00101010),
    ("PatientSize", 0x00101020),
    ("PatientWeight", 0x00101030),
    ("MedicalAlerts", 0x00102000),
    ("Allergies", 0x00102110),
    ("EthnicGroup", 0x00102160),
    ("Occupation", 0x00102180),
    ("SmokingStatus", 0x001021A0),
    ("AdditionalPatientHistory", 0x001021B0),
    ("PatientSpeciesDescription", 0x00102201),
    ("PatientComments", 0x00104000),
    ("ClinicalTrialSponsorName", 0x00120010),
    ("ClinicalTrialProtocolID", 0x00120020),
    ("ClinicalTrialProtocolName", 0x00120021),
    ("ClinicalTrialSiteID", 0x00120030),
    ("ClinicalTrialSiteName", 0x00120031),
    ("ClinicalTrialSubjectID", 0x00120040),
    ("ClinicalTrialSubjectReadingID", 0x00120042),
    ("ClinicalTrialTimePointID", 0x00120050),
    ("ClinicalTrialTimePointDescription", 0x00120051),
    ("PatientIdentityRemoved", 0x00120062),
    ("DeidentificationMethod", 0x00120063),
    ("PositionReferenceIndicator", 0x00201040),
    ("LongitudinalTemporalInformationModified", 0x00280303),  # who gives the patient back moves the study's date, too
)
METHOD_CODES = 0x00120064  # De-identification Method Code Sequence
NOT_STATED = "Not stated by the source"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_FORMS = {
    "PatientBirthDate": r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])",
    "StudyDate": r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])",
    "StudyTime": r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?",
    "StudyID": ".{1,16}",
    "PatientSex": "[MFO]",
    "PatientAge": r"\d{3}[DWMY]",
    "PatientSize": _NUMBER,
    "PatientWeight": _NUMBER,
    "PatientIdentityRemoved": "YES|NO",
    "LongitudinalTemporalInformationModified": "UNMODIFIED|MODIFIED|REMOVED",
}


@dataclass(frozen=True)
class RepairedAttributes:
    """Elements of patient and study that an object may carry.

    Attributes:
        values: keyword -> text, several values with a backslash between them; `REQUIRED` ones are always there.
        filled_in: what was missing or broken.
        method_codes: how the source was de-identified.
    """

    values: dict[str, str]
    filled_in: tuple[FilledIn, ...] = ()
    method_codes: tuple[CodedTerm, ...] = ()

    @staticmethod
    def unknown() -> RepairedAttributes:
        """Of a patient and a study of which nothing is known."""
        return RepairedAttributes({keyword: "" for keyword, _ in REQUIRED})

    @staticmethod
    def of(header: Elements) -> RepairedAttributes:
        """What a header says; text that breaks its form is left out, names and identifiers stay as they are."""
        values, notes = {}, []
        for keyword, tag in REQUIRED:
            if tag not in header.values:
                notes.append(FilledIn(keyword, "It is missing: it was added without a value."))
            values[keyword] = ""
        for keyword, tag in (*REQUIRED, *OPTIONAL):
            if tag not in header.values:
                continue
            values[keyword] = said = header.text(tag)
            if said and not _is_well_formed(keyword, said):
                notes.append(FilledIn(keyword, "It does not have the form that the standard wants: it was left empty."))
                values[keyword] = ""
        codes = tuple(code for one in header.sequence(METHOD_CODES) if (code := one.own_code()) is not None)
        if values.get("PatientIdentityRemoved") == "YES" and not values.get("DeidentificationMethod") and not codes:
            values["DeidentificationMethod"] = NOT_STATED
            notes.append(FilledIn("DeidentificationMethod", "The source does not say how it was done.", NOT_STATED))
        return RepairedAttributes(values, tuple(notes), codes)


def _is_well_formed(keyword: str, said: str) -> bool:
    form = _FORMS.get(keyword)
    return form is None or re.fullmatch(form, said) is not None
