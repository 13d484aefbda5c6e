"""Which elements people write into without the table knowing them, and what a value of each kind must look like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sync.deidentification.naming import values_of
from sync.deidentification.words import KnownNames, cleaned

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement

TEXTS = frozenset({"AE", "LO", "LT", "SH", "ST", "UC", "UR", "UT", "CS"})
BYTES = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
# What says how the object is to be read. Its defined terms stay, even when a patient is called like one of them.
STRUCTURE = frozenset(
    {"Modality", "PhotometricInterpretation", "SpecificCharacterSet", "PatientPosition", "ImageType", "RescaleType",
     "BodyPartExamined", "ConversionType", "PresentationLUTShape", "LossyImageCompression", "BurnedInAnnotation",
     "ValueType", "RelationshipType", "ContinuityOfContent", "FrameType", "SegmentationType", "Units"}
)  # fmt: skip
# In no line of the table, and yet of a person, a visit, or a place in the hospital's network.
OF_PEOPLE = frozenset(
    {"PatientBirthDateInAlternativeCalendar", "PatientDeathDateInAlternativeCalendar", "PatientAlternativeCalendar",
     "IssuerOfPatientIDQualifiersSequence", "SourcePatientGroupIdentificationSequence",
     "GroupOfPatientsIdentificationSequence", "RequestingPhysicianIdentificationSequence",
     "OrderPlacerIdentifierSequence", "OrderFillerIdentifierSequence", "AuthorIdentificationSequence",
     "NTPSourceAddress", "OwnerID", "ContactDisplayName", "HangingProtocolCreator", "BreedRegistrationNumber",
     "PlacerOrderNumberProcedure", "FillerOrderNumberProcedure", "PlacerOrderNumberImagingServiceRequestRetired",
     "FillerOrderNumberImagingServiceRequestRetired", "BoardingPassID", "ItineraryID", "CarrierID"}
)  # fmt: skip
CHARACTERISTICS = frozenset({"PatientBodyMassIndex", "PatientSizeCodeSequence"})  # as size and weight
_FREE = frozenset({"LT", "ST", "UT"})
_SHORT = frozenset({"LO", "SH", "UC"})
_ENDINGS = ("Description", "Comment", "Comments", "Label", "Explanation", "Notes", "Reason", "Title")
_TYPED = frozenset(
    {"AcquisitionProtocolName", "ApplicationSetupName", "BeamName", "DataSetName", "HangingProtocolName",
     "InstructionText", "ProtocolElementName", "RTImageName", "StageName", "TemplateName", "ViewName"}
)  # fmt: skip
_OF_STANDARDS = frozenset({"CodingSchemeName", "CodingSchemeResponsibleOrganization", "DimensionDescriptionLabel"})
_ADDRESSES_OF_STANDARDS = frozenset({"URNCodeValue", "CodingSchemeURL"})
_FORMS = {
    "AS": re.compile(r"\d{3}[DWMY]", re.IGNORECASE),
    "DA": re.compile(r"\d{8}|\d{4}\.\d{2}\.\d{2}"),
    "DT": re.compile(r"\d{4}(\d\d){0,5}(\.\d{0,6})?([+-]\d{4})?"),
    "TM": re.compile(r"[\d:]{2,8}(\.\d{0,6})?"),
    "UI": re.compile(r"[0-9.]{0,64}"),
}
_LEAST_TERM, _LEAST_NUMBER = 5, 6  # letters or digits: shorter ones are terms and measured values by chance


def is_written_by_people(element: DataElement) -> bool:
    """True for a text that no line of the table covers and that anybody may have typed."""
    keyword, vr = element.keyword.removesuffix("Trial").removesuffix("Retired"), element.VR
    if keyword in _OF_STANDARDS:
        return False
    return vr in _FREE or (vr in _SHORT and (keyword.endswith(_ENDINGS) or keyword in _TYPED))


def is_address(element: DataElement) -> bool:
    """True for an address of a machine in the hospital."""
    return bool(element.VR == "UR") and element.keyword not in _ADDRESSES_OF_STANDARDS


def is_formed(element: DataElement) -> bool:
    """False when a date, time, age, UID, or number is none: then it may be anything."""
    if element.VR in ("DS", "IS"):
        return not any(isinstance(value, str) and value.strip() for value in values_of(element))
    form = _FORMS.get(element.VR)
    return form is None or all(form.fullmatch(str(value).strip()) for value in values_of(element) if value)


def names_patient(element: DataElement, names: KnownNames) -> bool:
    """True when a value holds a name or number of the patient."""
    values = values_of(element)
    if element.VR in BYTES:
        return any(isinstance(value, bytes) and names.found_in_bytes(value) for value in values)
    if element.VR in ("DS", "IS"):
        return len(values) == 1 and len(str(values[0])) >= _LEAST_NUMBER and str(values[0]).strip() in names.numbers
    if element.VR == "UI":
        parts = {part for value in values for part in str(value).split(".") if len(part) >= _LEAST_NUMBER}
        return not parts.isdisjoint(names.numbers)
    if element.VR not in TEXTS:
        return False
    if element.keyword in STRUCTURE and element.VR == "CS":
        return any(is_name_as_term(str(value), names) for value in values)
    return any(names.found_in(str(value)) for value in values)


def is_name_as_term(value: str, names: KnownNames) -> bool:
    """True when a patient's name stands where a defined term should, and is no word that everybody uses."""
    words = re.split(r"[\W_]+", value.casefold())
    return any(len(word) >= _LEAST_TERM and word in names.words and not cleaned(word) for word in words)
