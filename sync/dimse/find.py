"""Searching an archive (C-FIND in the Study Root, or the Patient Root for patients; PS3.4 annex C)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from imaging.errors import UserError
from sync.destination import Destination
from sync.dimse.association import associated, hung_up_on_stop
from sync.dimse.status import CANCELLED, PENDING, SUCCESS, code_of, refused
from sync.privacy import require_allowed
from sync.query import KEYS, Answers, Level, Query

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

_MESSAGE = 1


def find(destination: Destination, query: Query, is_cancelled: Callable[[], bool] = lambda: False) -> Answers:
    """Ask for patients, studies, series or images.

    Args:
        is_cancelled: asked after each answer; what came until then is returned.

    Raises:
        NotAllowed: the question or its answers would cross the network readable, or leave the hospital.
        ConnectionFailed, UserError: it failed.
    """
    from pynetdicom.presentation import build_context

    require_allowed(destination, is_identified=query.is_identified)
    model = model_of(query.level, "FIND")
    records: list[dict[str, str]] = []
    is_cut = False
    with associated(destination, [build_context(model)]) as association, hung_up_on_stop(association, is_cancelled):
        if not association.accepted_contexts:
            raise refused(destination.name, 0x0122)
        for answer, found in association.send_c_find(identifier(query), model, msg_id=_MESSAGE):
            if "Status" not in answer and is_cancelled():
                break  # it did not even answer the stop
            status = code_of(answer, destination.name)
            if status in PENDING and found is not None:
                if len(records) < query.limit:
                    records.append(as_record(found))
                else:
                    is_cut = True
                if (is_cut or is_cancelled()) and association.is_established:
                    association.send_c_cancel(_MESSAGE, query_model=model)
            elif status not in (SUCCESS, CANCELLED, *PENDING):
                raise refused(destination.name, status)
    return Answers(query.level, tuple(records), is_cut)


def model_of(level: Level, service: str) -> str:
    """The SOP Class of the information model: Patient Root for patients, else Study Root."""
    from pynetdicom import sop_class

    root = "PatientRoot" if level is Level.PATIENT else "StudyRoot"
    kind = {"FIND": "QueryRetrieveInformationModelFind", "GET": "QueryRetrieveInformationModelGet"}
    kind["MOVE"] = "QueryRetrieveInformationModelMove"
    return str(getattr(sop_class, root + kind[service]))


def identifier(query: Query, *, is_search: bool = True) -> Dataset:
    """The data set of a request: what must match and, in a search, empty what is to come back."""
    from pydicom.dataset import Dataset

    made = Dataset()
    wanted = dict.fromkeys(KEYS[query.level], "") if is_search else {}
    fixed = {"SpecificCharacterSet": "ISO_IR 192", "QueryRetrieveLevel": query.level.value}
    for keyword, value in {**wanted, **query.matches, **fixed}.items():
        made.add(_element(keyword, value))
    return made


def _element(keyword: str, value: str) -> DataElement:
    """An element whose value is a pattern or a range, which pydicom would not let pass as a date or a number."""
    from pydicom import config
    from pydicom.datadict import dictionary_VR, tag_for_keyword
    from pydicom.dataelem import DataElement

    tag = tag_for_keyword(keyword)
    if tag is None:
        raise UserError(f"There is no DICOM element “{keyword}” to search by.")
    return DataElement(tag, dictionary_VR(tag), value or None, validation_mode=config.IGNORE)


def as_record(found: Dataset) -> dict[str, str]:
    """Keyword -> text of an answer; what cannot be read as text is left out."""
    record: dict[str, str] = {}
    for element in found:
        if element.VR in ("SQ", "OB", "OW", "UN") or not element.keyword or element.value is None:
            continue
        value = element.value
        many = value if element.VM > 1 else [value]
        record[element.keyword] = "\\".join(str(one) for one in many)
    return record
