"""Which values of an object may tell who the patient is, for lists that people send to others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.objects.elements import open_object
from sync.deidentification.naming import naming_values
from sync.deidentification.options import Options
from sync.deidentification.run import read_object
from sync.deidentification.table import Action, action_for
from sync.deidentification.texts import OF_PEOPLE, is_address, is_written_by_people, names_patient
from sync.deidentification.words import KnownNames

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement

_FILE_META = 0x0002


@dataclass(frozen=True)
class Hiding:
    """What is hidden of one object.

    Attributes:
        hides: True for elements whose value may name somebody.
        names: True for texts that hold a name or number that the object gives as the patient's.
    """

    hides: Callable[[DataElement], bool]
    names: Callable[[str], bool]


def hiding_of(path: Path) -> Hiding:
    """What to hide: all that the Basic Profile does not leave as it is, what people typed, and what names the patient.

    Raises:
        UserError: the object cannot be read.
    """
    open_object(path)  # what is no DICOM is said to be none
    known = KnownNames(naming_values(read_object(path)))

    def hides(element: DataElement) -> bool:
        if action_for(int(element.tag), Options()) not in (None, Action.KEEP):
            return True
        if element.VR == "PN" or element.keyword in OF_PEOPLE or is_address(element) or is_written_by_people(element):
            return True
        is_machine = element.tag.group == _FILE_META and element.VR == "AE"
        return is_machine or names_patient(element, known)

    return Hiding(hides, known.found_in)
