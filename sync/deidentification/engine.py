"""One object without its patient: every element of every depth, by table E.1-1 and by what the table cannot know.

Beyond the table, because a standard object may hold anything: names of persons (VR PN) that no line covers, UIDs of
instances wherever they stand, elements that the dictionary does not know, and the patient's own names and numbers
inside any text that stays.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError
from sync.deidentification.dates import moved
from sync.deidentification.key import HospitalKey
from sync.deidentification.naming import identity_of, naming_values, values_of
from sync.deidentification.options import Dates, Options
from sync.deidentification.report import Report
from sync.deidentification.table import Action, action_for, row_of
from sync.deidentification.texts import (
    BYTES,
    CHARACTERISTICS,
    OF_PEOPLE,
    STRUCTURE,
    TEXTS,
    is_address,
    is_formed,
    is_name_as_term,
    is_written_by_people,
    names_patient,
)
from sync.deidentification.words import KnownNames, cleaned

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

MAX_DEPTH = 32
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
DUMMIES: dict[str, Any] = {
    "AE": "REMOVED",
    "AS": "000Y",
    "CS": "REMOVED",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "IS": "0",
    "LO": "REMOVED",
    "LT": "REMOVED",
    "PN": "REMOVED",
    "SH": "REMOVED",
    "ST": "REMOVED",
    "TM": "000000",
    "UC": "REMOVED",
    "UR": "urn:removed",
    "UT": "REMOVED",
    "OB": b"\0\0",
    "OW": b"\0\0",
    "UN": b"\0\0",
}
_NUMBERS = ("FD", "FL", "SL", "SS", "SV", "UL", "US", "UV")
_CLASS_WORDS = ("ClassUID", "SyntaxUID", "SchemeUID", "ContextUID", "MappingResourceUID", "CreatorUID", "ProfileUID")
STANDARD_UIDS = "1.2.840.10008."
# Sequences that objects need and the table wants replaced: their items stay, and everything in them is treated.
TREATED = frozenset({"ReferencedPerformedProcedureStepSequence", "VerifyingObserverSequence"})
# The table removes them, but presentation states must have them: a value that says nothing is as safe.
NEEDED = frozenset({"PresentationCreationDate", "PresentationCreationTime"})
PSEUDONYMS = ("PatientName", "PatientID")  # of the object itself: these get one, whatever the table says
SIGNATURE = (
    *PSEUDONYMS, "PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence",
    "LongitudinalTemporalInformationModified",
)  # fmt: skip
METHOD = "Limner, table E.1-1 of PS3.15"
_OLDEST_TOLD = 89  # an age above it alone can tell who somebody is


class Deidentifier:
    """Treats objects by one set of options and one key, consistently over all of them and over runs."""

    def __init__(self, key: HospitalKey, options: Options | None = None) -> None:
        self.key = key
        self.options = options or Options()
        self.report = Report(methods=tuple(meaning for _, meaning in self.options.codes()))
        self.uids: dict[str, str] = {}  # new -> old, for finding back
        self.patients: dict[str, tuple[str, str]] = {}  # pseudonym -> (ID, issuer)
        self.studies: dict[str, str] = {}  # study as it leaves -> pseudonym
        self.known_identity: Callable[[str, str], tuple[str, str] | None] = lambda _study, _patient_id: None
        self._columns = self.options.columns()

    def deidentify(self, found: Dataset) -> Dataset:
        """A copy of an object without identifiers; pixels are the caller's matter.

        Raises:
            UserError: the object nests too deeply, has no patient ID and no name to make a pseudonym from, or a UID
                that is to be kept holds one of the patient's numbers.
        """
        made = _copied(found)
        identity = self._identity_in_study(found)
        work = _Work(self, KnownNames(naming_values(found)), self.key.shift_days(*identity))
        work.treat(made, "", 0)
        self._sign(made, identity)
        self._file_meta(made, found)
        self.report.objects += 1
        return made

    def take_renamed(self) -> tuple[dict[str, tuple[str, str]], dict[str, str], dict[str, str]]:
        """What was renamed since the last call, ``patients``, ``uids``, and ``studies``; all begin anew."""
        taken = self.patients, self.uids, self.studies
        self.patients, self.uids, self.studies = {}, {}, {}
        return taken

    def _identity_in_study(self, found: Dataset) -> tuple[str, str]:
        """Whose object it is; programs that add to a study forget who issued its patient ID."""
        identity = identity_of(found)
        study = str(found.get("StudyInstanceUID") or "")
        if not study:
            return identity
        leaving = study if self.options.retain_uids else self.key.uid(study)
        identity = self.known_identity(leaving, identity[0]) or identity
        self.studies[leaving] = self.key.pseudonym(*identity)
        return identity

    def new_uid(self, uid: str) -> str:
        """The UID in the place of another, remembered for finding back."""
        made = self.key.uid(uid)
        self.uids[made] = uid
        return made

    def _sign(self, made: Dataset, identity: tuple[str, str]) -> None:
        """Write the pseudonym, and that and how identifiers were removed (PS3.15 E.1.1)."""
        from pydicom.dataset import Dataset
        from pydicom.sequence import Sequence

        pseudonym = self.key.pseudonym(*identity)
        self.patients[pseudonym] = identity
        for keyword in SIGNATURE:
            if keyword in made:
                delattr(made, keyword)  # a damaged object may say that its patient's name is a number
        made.PatientName = made.PatientID = pseudonym
        made.PatientIdentityRemoved = "YES"
        made.DeidentificationMethod = METHOD
        items = []
        for value, meaning in self.options.codes():
            item = Dataset()
            item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
            items.append(item)
        made.DeidentificationMethodCodeSequence = Sequence(items)
        said = {Dates.REMOVE: "REMOVED", Dates.SHIFT: "MODIFIED", Dates.KEEP: "UNMODIFIED"}
        made.LongitudinalTemporalInformationModified = said[self.options.dates]

    @staticmethod
    def _file_meta(made: Dataset, found: Dataset) -> None:
        """A new header of the file: nothing of the old one but the encoding; no preamble.

        Deflated objects become plain ones, so that the last look sees every byte.
        """
        from pydicom.dataset import FileMetaDataset
        from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = made.get("SOPClassUID", "")
        meta.MediaStorageSOPInstanceUID = made.get("SOPInstanceUID", "")
        syntax = _syntax_of(found)
        meta.TransferSyntaxUID = ExplicitVRLittleEndian if syntax == DeflatedExplicitVRLittleEndian else syntax
        made.file_meta = meta
        made.preamble = b"\0" * 128


class _Work:
    """What one object needs while it is treated."""

    def __init__(self, owner: Deidentifier, names: KnownNames, shift_days: int) -> None:
        self._owner = owner
        self._names = names
        self._shift = timedelta(days=shift_days)

    def treat(self, dataset: Dataset, path: str, depth: int) -> None:
        """Treat all elements of a data set and those in its sequences."""
        if depth > MAX_DEPTH:
            raise UserError("The object nests its sequences too deeply.")
        for tag in sorted(dataset.keys()):
            element = dataset[tag]
            name = path + (element.keyword or _name_without_keyword(element.tag))
            action = self._action(element, dataset)
            if action is not Action.KEEP:
                self._owner.report.count(name, Action.DUMMY if name in PSEUDONYMS else action)
            self._do(dataset, element, action)
            if element.tag in dataset and element.VR == "SQ" and action is not Action.REMOVE:
                for item in dataset[element.tag].value or ():
                    self.treat(item, f"{name}.", depth + 1)

    def _action(self, element: DataElement, dataset: Dataset) -> Action:
        said = self._said(element, dataset)
        return self._doubted(element) if said is Action.KEEP else said

    def _said(self, element: DataElement, dataset: Dataset) -> Action:
        """What table, options, and the element's kind ask for, whatever its value."""
        options = self._owner.options
        if element.tag.is_private:
            return self._private(element, dataset)
        said = action_for(int(element.tag), options)
        if said is Action.DUMMY and element.VR == "SQ" and element.keyword not in TREATED:
            return Action.REMOVE  # an empty one would make the object invalid
        if said is Action.REMOVE and element.keyword in NEEDED:
            return Action.DUMMY
        if said is not None:
            return said
        if not element.keyword and element.tag.element != 0:
            return Action.REMOVE  # nobody knows what it holds
        if element.keyword in OF_PEOPLE:
            return Action.REMOVE
        if element.keyword in CHARACTERISTICS and not options.retain_patient_characteristics:
            return Action.REMOVE
        if element.VR == "PN":
            return Action.DUMMY
        if element.VR == "UN" or is_address(element):
            return Action.REMOVE
        if element.VR in ("DA", "DT"):
            return {Dates.REMOVE: Action.EMPTY, Dates.SHIFT: Action.SHIFT, Dates.KEEP: Action.KEEP}[options.dates]
        if element.VR == "UI" and not options.retain_uids and self._is_instance_uid(element):
            return Action.UID
        return Action.CLEAN if is_written_by_people(element) else Action.KEEP

    def _doubted(self, element: DataElement) -> Action:
        """What becomes of an element that may stay, when its value is not what it should be or names the patient."""
        if not is_formed(element):
            return Action.UID if element.VR == "UI" else Action.EMPTY
        if not names_patient(element, self._names):
            return Action.KEEP
        if element.VR == "UI":
            raise UserError("A UID that is to stay holds a number of the patient.", "Let UIDs be replaced.")
        if element.VR in TEXTS:
            is_kept_by_option = row_of(int(element.tag)) is not None and not element.tag.is_private
            return Action.KEEP if is_kept_by_option else Action.CLEAN  # what is kept loses the name only
        return Action.REMOVE if element.VR in BYTES else Action.EMPTY

    def _private(self, element: DataElement, dataset: Dataset) -> Action:
        """Private elements go, except those that the standard lists as safe, and the blocks that hold them."""
        if not self._owner.options.retain_safe_private:
            return Action.REMOVE
        from sync.deidentification.safe_private import is_safe

        if element.tag.is_private_creator:
            block = element.tag.element << 8
            below = [t for t in dataset if t.tag.group == element.tag.group and block <= t.tag.element < block + 0x100]
            return Action.KEEP if any(is_safe(one) for one in below) else Action.REMOVE
        return Action.KEEP if is_safe(element) else Action.REMOVE

    @staticmethod
    def _is_instance_uid(element: DataElement) -> bool:
        if any(element.keyword.endswith(word) for word in _CLASS_WORDS):
            return False
        return any(not str(value).startswith(STANDARD_UIDS) for value in values_of(element) if value)

    def _do(self, dataset: Dataset, element: DataElement, action: Action) -> None:
        if action is Action.REMOVE:
            del dataset[element.tag]
        elif action is Action.EMPTY:
            element.clear()
        elif action is Action.DUMMY:
            self._replace(element)
        elif action is Action.UID and element.VR != "SQ":  # of a sequence its items are renumbered
            _set(element, [self._owner.new_uid(str(v)) if v else v for v in values_of(element)])
        elif action is Action.SHIFT:
            self._move(element)
        elif action is Action.CLEAN:
            self._clean(dataset, element)
        elif element.keyword == "PatientAge":
            _set(element, [_age_told(str(v)) for v in values_of(element)])
        elif element.VR in TEXTS and element.keyword not in STRUCTURE and names_patient(element, self._names):
            _set(element, [self._names.without(str(v)) for v in values_of(element)])

    @staticmethod
    def _replace(element: DataElement) -> None:
        """A value of the right kind that says nothing; of a sequence its items stay and are treated themselves."""
        if element.VR == "SQ":
            return
        if element.VR in _NUMBERS:
            element.value = 0
        elif element.VR in DUMMIES:
            element.value = DUMMIES[element.VR]
        else:
            element.clear()

    def _clean(self, dataset: Dataset, element: DataElement) -> None:
        if element.VR == "SQ":
            return  # its items are treated one by one
        if element.keyword in STRUCTURE:
            _set(element, ["" if is_name_as_term(str(v), self._names) else v for v in values_of(element)])
        elif element.VR in TEXTS:
            left = [cleaned(self._names.without(str(v))) for v in values_of(element)]
            row = row_of(int(element.tag))
            is_required = row is None or row.basic is Action.DUMMY  # nobody knows whether others may be empty
            _set(element, left if any(left) or not is_required else [DUMMIES[element.VR]] * len(left))
        elif element.VR in ("DA", "DT", "TM"):
            self._move(element)
        else:
            del dataset[element.tag]  # pixels of overlays and the like: nobody can tell what is drawn there

    def _move(self, element: DataElement) -> None:
        """Shift dates by the patient's days; times of day stay."""
        if element.VR in ("DA", "DT"):
            _set(element, [moved(str(v), self._shift) for v in values_of(element)])
        elif element.VR == "SQ":
            return
        elif element.VR != "TM":
            element.clear()


def _name_without_keyword(tag: BaseTag) -> str:
    """What the report calls private elements, those that nobody knows, and curves and overlays of any group."""
    from pydicom.datadict import dictionary_keyword, repeater_has_tag

    number = f"({tag.group:04X},{tag.element:04X})"
    if tag.is_private:
        return f"private {number}"
    return f"{dictionary_keyword(tag)} {number}" if repeater_has_tag(int(tag)) else number


def _set(element: DataElement, values: list[Any]) -> None:
    element.value = values[0] if len(values) == 1 else values if values else None


def _age_told(age: str) -> str:
    """Ages of 90 and more become 90 years."""
    is_years = age[-1:].upper() == "Y" and age[:-1].isdigit()
    return "090Y" if is_years and int(age[:-1]) > _OLDEST_TOLD else age


def _syntax_of(found: Dataset) -> str:
    """The transfer syntax, of files without a head the one in which they were read."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    said = str(found.file_meta.get("TransferSyntaxUID") or "") if hasattr(found, "file_meta") else ""
    is_implicit, is_little = found.original_encoding
    plain = ExplicitVRLittleEndian if is_little is not False else ExplicitVRBigEndian
    return said or (ImplicitVRLittleEndian if is_implicit else plain)


def _copied(found: Dataset) -> Dataset:
    """A deep copy of everything but the pixels, which are shared: they may be gigabytes."""
    from pydicom.dataset import Dataset

    made = Dataset()
    try:
        for tag in found.keys():  # noqa: SIM118 - iterating over a data set would convert every element
            element = found[tag]
            made.add(element if tag in PIXELS else copy.deepcopy(element))
    except RecursionError as error:
        raise UserError("The object nests its sequences too deeply.") from error
    return made
