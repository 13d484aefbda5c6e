"""Searching by QIDO-RS (PS3.18 chapter 10.6), with the same questions and answers as C-FIND."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from imaging.errors import UserError
from sync.destination import Destination
from sync.dicomweb.http import ask, read_json, session_with
from sync.privacy import require_allowed
from sync.query import KEYS, Answers, Level, Query, checked_uid

_PAGE = 1000
_ROOTS = {Level.STUDY: "/studies", Level.SERIES: "/series", Level.IMAGE: "/instances"}


def find(destination: Destination, query: Query, is_cancelled: Callable[[], bool] = lambda: False) -> Answers:
    """Ask for studies, series or instances; patients are put together from their studies.

    Raises:
        NotAllowed: the question or its answers would cross the network readable, or leave the hospital.
        ConnectionFailed, UserError: it failed.
    """
    require_allowed(destination, is_identified=query.is_identified)
    if query.level is Level.PATIENT:
        return _patients(destination, query, is_cancelled)
    records: list[dict[str, str]] = []
    with session_with(destination) as session:
        while len(records) <= query.limit and not is_cancelled():
            wanted = min(_PAGE, query.limit + 1 - len(records))
            if not wanted:
                break
            parameters = _parameters(query, wanted, len(records))
            headers = {"Accept": "application/dicom+json"}
            path = _path(query)
            answer = ask(session, destination, "GET", path, params=parameters, headers=headers)
            found = read_json(answer, destination) or []
            if not isinstance(found, list):
                raise UserError(f"“{destination.name}” answered with something that is no DICOM JSON.")
            records.extend(as_record(one) for one in found)
            if len(found) < wanted:
                break
    return Answers(query.level, tuple(records[: query.limit]), is_cut=len(records) > query.limit)


def _patients(destination: Destination, query: Query, is_cancelled: Callable[[], bool]) -> Answers:
    studies = find(destination, Query(Level.STUDY, query.matches, query.limit * 5), is_cancelled)
    patients: dict[tuple[str, str], dict[str, str]] = {}
    for study in studies.records:
        kept = {key: study[key] for key in KEYS[Level.PATIENT] if key in study}
        patients.setdefault((study.get("PatientID", ""), study.get("PatientName", "")), kept)
    records = tuple(patients.values())
    return Answers(Level.PATIENT, records[: query.limit], studies.is_cut or len(records) > query.limit)


def _path(query: Query) -> str:
    """Below the study or series that is named, as every server understands it."""
    study, series = query.matches.get("StudyInstanceUID", ""), query.matches.get("SeriesInstanceUID", "")
    if query.level is Level.SERIES and study:
        return f"/studies/{checked_uid(study)}/series"
    if query.level is Level.IMAGE and study and series:
        return f"/studies/{checked_uid(study)}/series/{checked_uid(series)}/instances"
    return _ROOTS[query.level]


def _parameters(query: Query, limit: int, offset: int) -> str:
    """The part of the address behind the question mark.

    Wild cards stand there as they are (RFC 3986, 3.4 allows them): some servers do not know them as %2A and %3F.
    """
    in_path = set()
    if _path(query) != _ROOTS[query.level]:
        in_path = {"StudyInstanceUID"} | ({"SeriesInstanceUID"} if query.level is Level.IMAGE else set())
    pairs = [(key, value) for key, value in query.matches.items() if key not in in_path]
    pairs = [(key, value.replace("\\", ",")) for key, value in pairs]  # several values: UIDs by PS3.18, kinds alike
    pairs += [("includefield", key) for key in KEYS[query.level]]
    return urlencode([*pairs, ("limit", limit), ("offset", offset)], safe="*?,", quote_via=quote)


def as_record(found: Any) -> dict[str, str]:
    """Keyword -> text of an answer in the DICOM JSON model (PS3.18 annex F); what is no text or number is left out."""
    from pydicom.datadict import keyword_for_tag

    record: dict[str, str] = {}
    if not isinstance(found, dict):
        return record
    for tag, element in found.items():
        try:
            keyword = keyword_for_tag(int(str(tag), 16))
        except ValueError:
            continue
        values = element.get("Value") if isinstance(element, dict) else None
        if keyword and isinstance(values, list):
            record[keyword] = "\\".join(filter(None, map(_text, values)))
    return record


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("Alphabetic", ""))
    return str(value) if isinstance(value, str | int | float) else ""
