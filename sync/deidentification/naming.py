"""Who an object says that it shows: names and numbers wherever they stand, and whose pseudonym it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imaging.errors import UserError

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

# Names and numbers of people and visits: what is looked for in the texts that stay.
NAMING = (
    "PatientName",
    "PatientID",
    "OtherPatientIDs",
    "OtherPatientNames",
    "PatientBirthName",
    "PatientMotherBirthName",
    "PatientBirthDate",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "MilitaryRank",
    "ResponsiblePerson",
    "MedicalRecordLocator",
    "AccessionNumber",
    "StudyID",
    "AdmissionID",
    "ServiceEpisodeID",
    "RequestedProcedureID",
    "PlacerOrderNumberImagingServiceRequest",
    "FillerOrderNumberImagingServiceRequest",
    "ReferringPhysicianName",
    "PerformingPhysicianName",
    "NameOfPhysiciansReadingStudy",
    "PhysiciansOfRecord",
    "RequestingPhysician",
    "OperatorsName",
)


def values_of(element: DataElement) -> list[Any]:
    """The values of an element, one or many; none of a sequence or of an empty one."""
    if element.value is None or element.VR == "SQ":
        return []
    return list(element.value) if element.VM > 1 else [element.value]


def identity_of(found: Dataset) -> tuple[str, str]:
    """(patient ID, who issued it); the name where there is no ID.

    Raises:
        UserError: there is neither, so that different patients would get the same pseudonym.
    """
    patient = str(found.get("PatientID") or found.get("PatientName") or "").strip()
    if not patient:
        hint = "Give it an ID before identifiers are removed; else several patients would become one."
        raise UserError("The object has neither a patient ID nor a name.", hint)
    return patient, str(found.get("IssuerOfPatientID") or "").strip()


def naming_values(found: Dataset) -> list[str]:
    """Values of the elements that name people or visits, wherever they stand."""
    wanted, values = frozenset(NAMING), list[str]()

    def collect(_: Dataset, element: DataElement) -> None:
        if element.keyword in wanted or element.VR == "PN":
            values.extend(str(value) for value in values_of(element))

    try:
        found.walk(collect)
    except RecursionError as error:
        raise UserError("The object nests its sequences too deeply.") from error
    return values
