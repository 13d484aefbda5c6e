"""Fetching by WADO-RS (PS3.18 chapter 10.4): whole objects, in the encoding in which the archive has them."""

from __future__ import annotations

from collections.abc import Callable

from imaging.dicom.identity import uids_of
from imaging.errors import UserError
from sync.destination import Destination
from sync.dicomweb.http import ask, failure_of, session_with
from sync.dicomweb.multipart import boundary_of, parts_of
from sync.dimse.fetch import OnProgress
from sync.incoming import Fetched, Incoming
from sync.privacy import require_allowed
from sync.query import Query, checked_uid

ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_CHUNK = 1 << 18


def fetch(
    destination: Destination,
    query: Query,
    incoming: Incoming,
    on_progress: OnProgress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    done: Fetched | None = None,
) -> Fetched:
    """Fetch a study, series or object by its UIDs; as ``sync.dimse.fetch.fetch``.

    Raises:
        NotAllowed: the images would cross the network readable, or the machine lies outside the hospital.
        ConnectionFailed, UserError: it failed; what came until then is kept.
    """
    import requests

    require_allowed(destination, is_identified=True)
    done = Fetched() if done is None else done
    with session_with(destination) as session:
        answer = ask(session, destination, "GET", _path(query), headers={"Accept": ACCEPT})
        try:
            boundary = boundary_of(answer.headers.get("Content-Type", ""))
            chunks = answer.iter_content(_CHUNK)
            for part in parts_of(chunks, boundary, incoming.limits.object_bytes):
                _keep(part, incoming, destination.name, done)
                on_progress(done.count, 0)
                if is_cancelled():
                    done.is_cancelled = True
                    break
        except requests.RequestException as error:
            raise failure_of(destination, error) from error
        finally:
            answer.close()
    return done


def _path(query: Query) -> str:
    path = f"/studies/{checked_uid(query.matches.get('StudyInstanceUID', ''))}"
    for step, keyword in (("series", "SeriesInstanceUID"), ("instances", "SOPInstanceUID")):
        if keyword in query.matches:
            path += f"/{step}/{checked_uid(query.matches[keyword])}"
    return path


def _keep(data: bytes, incoming: Incoming, sender: str, done: Fetched) -> None:
    study_uid, series_uid, sop_uid = uids_of(data)
    if not sop_uid:
        done.count_out("A part of the answer is no DICOM object that can be read.")
        return
    try:
        received = incoming.store(data, study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid, sender=sender)
    except UserError as error:
        done.count_out(error.message)
    else:
        done.count_in(received)
