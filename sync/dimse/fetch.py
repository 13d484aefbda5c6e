"""Fetching studies, series or objects from an archive: C-GET, or C-MOVE to a receiver of our own (PS3.4 annex C)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError
from sync.destination import Destination
from sync.dimse.arriving import take_in
from sync.dimse.association import MAX_PDU, ConnectionFailed, associated, hung_up_on_stop, keep_quiet
from sync.dimse.classes import MOST_CLASSES, storage_classes, usual_classes
from sync.dimse.find import find, identifier, model_of
from sync.dimse.status import CANCELLED, PENDING, SUCCESS, code_of, is_warning, refused, sentence
from sync.incoming import Fetched, Incoming
from sync.privacy import require_allowed
from sync.query import Level, Query, checked_uid
from sync.tls import server_context

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom.association import Association
    from pynetdicom.events import Event

_MESSAGE = 1
OnProgress = Callable[[int, int], None]


def fetch(
    destination: Destination,
    query: Query,
    incoming: Incoming,
    on_progress: OnProgress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    done: Fetched | None = None,
) -> Fetched:
    """Fetch what a query of unique keys names (Study, Series or SOP Instance UIDs).

    Objects that are here already are recognised and not stored twice, so a fetch that was cut is simply asked for
    again. With ``own_port`` set the archive moves them to us, else it answers on our own association.

    Args:
        on_progress: objects done and expected (0: unknown), from this thread.
        is_cancelled: asked after each object.
        done: is added to instead of a new one: for several requests, and for what came before a failure.

    Raises:
        NotAllowed: the images would cross the network readable, or the machine lies outside the hospital.
        ConnectionFailed, UserError: it failed as a whole, or something else than single UIDs is named.
    """
    for keyword, uid in query.matches.items():
        if keyword.endswith("UID"):
            checked_uid(uid)  # an empty or wild one could mean the whole archive
    require_allowed(destination, is_identified=True)
    done = Fetched() if done is None else done
    bring = _move if destination.own_port else _get
    try:
        bring(destination, query, incoming, done, on_progress, is_cancelled)
    except ConnectionFailed:
        if not is_cancelled():
            raise
        done.is_cancelled = True  # it did not even answer the stop
    return done


def _get(
    destination: Destination,
    query: Query,
    incoming: Incoming,
    done: Fetched,
    on_progress: OnProgress,
    is_cancelled: Callable[[], bool],
) -> None:
    from pynetdicom import evt
    from pynetdicom.presentation import build_context, build_role

    classes = _classes_of(destination, query, is_cancelled)
    model = model_of(query.level, "GET")
    contexts = [build_context(model), *(build_context(uid, _syntaxes()) for uid in classes)]
    roles = [build_role(uid, scp_role=True) for uid in classes]
    handlers = [(evt.EVT_C_STORE, _keep, [incoming, done, destination.name])]
    with (
        associated(destination, contexts, roles, handlers) as association,
        hung_up_on_stop(association, is_cancelled),
    ):
        if not any(context.abstract_syntax == model for context in association.accepted_contexts):
            hint = "Give a port for our own receiver, and have us set up there as a destination of C-MOVE."
            raise UserError(f"“{destination.name}” does not answer C-GET.", hint)
        answers = association.send_c_get(identifier(query, is_search=False), model, msg_id=_MESSAGE)
        _follow(destination, association, model, answers, done, on_progress, is_cancelled)


def _move(
    destination: Destination,
    query: Query,
    incoming: Incoming,
    done: Fetched,
    on_progress: OnProgress,
    is_cancelled: Callable[[], bool],
) -> None:
    from pynetdicom.presentation import build_context

    model = model_of(query.level, "MOVE")
    with (
        _receiving(destination, incoming, done),
        associated(destination, [build_context(model)]) as association,
        hung_up_on_stop(association, is_cancelled),
    ):
        if not association.accepted_contexts:
            raise refused(destination.name, 0x0122)
        answers = association.send_c_move(
            identifier(query, is_search=False), destination.own_ae_title, model, msg_id=_MESSAGE
        )
        _follow(destination, association, model, answers, done, on_progress, is_cancelled)


def _follow(
    destination: Destination,
    association: Association,
    model: str,
    answers: Iterator[tuple[Dataset, Dataset | None]],
    done: Fetched,
    on_progress: OnProgress,
    is_cancelled: Callable[[], bool],
) -> None:
    """Read the answers of a C-GET or C-MOVE to the last."""
    before = done.failed
    for answer, _ in answers:
        status = code_of(answer, destination.name)
        left, failed = answer.get("NumberOfRemainingSuboperations") or 0, answer.get("NumberOfFailedSuboperations") or 0
        if status in PENDING:
            on_progress(done.count, done.count + int(left))
            if is_cancelled() and not done.is_cancelled and association.is_established:
                done.is_cancelled = True
                association.send_c_cancel(_MESSAGE, query_model=model)
        elif status == CANCELLED or done.is_cancelled:  # some answer a cancel with a failure
            done.is_cancelled = True
        elif status == SUCCESS or is_warning(status):
            done.failed = max(done.failed, before + int(failed))
            on_progress(done.count, done.count)
        elif done.count == 0 and done.failed > before:  # we would not take them: the archive only repeats that
            raise UserError(f"Nothing that “{destination.name}” sent can be kept. {done.reason}")
        elif done.count == 0:
            raise refused(destination.name, status, _hint(destination))
        else:
            done.failed = max(done.failed, before + max(1, int(failed)))
            done.reason = done.reason or sentence(status)


def _hint(destination: Destination) -> str:
    """What may be wrong where an archive only says that it cannot do it, as most do."""
    if not destination.own_port:
        return "It may not hold this any more; search again."
    way = "with TLS" if destination.tls.is_on else "without TLS"
    receiver = f"{destination.own_ae_title} at port {destination.own_port} of this computer, {way}"
    return f"It may not hold this any more, or is not set up to send to {receiver}."


_counting = threading.Lock()  # the receiver of a C-MOVE has a thread for each association


def _keep(event: Event, incoming: Incoming, done: Fetched, sender: str) -> int:
    answer = take_in(event, incoming, sender)
    with _counting:
        if answer.received is None:
            done.count_out(answer.reason)
        else:
            done.count_in(answer.received)
    return answer.status


@contextmanager
def _receiving(destination: Destination, incoming: Incoming, done: Fetched) -> Iterator[None]:
    """A receiver for one C-MOVE: it takes objects only under our AE title, only while the move lasts."""
    from pynetdicom import AE, evt

    keep_quiet()
    entity = AE(ae_title=destination.own_ae_title)
    entity.require_called_aet = True
    entity.require_calling_aet = [destination.ae_title]
    entity.maximum_pdu_size = MAX_PDU
    entity.network_timeout = entity.dimse_timeout = entity.acse_timeout = destination.timeout_s
    for uid in storage_classes():
        entity.add_supported_context(uid, _syntaxes())
    address = "127.0.0.1" if destination.is_this_machine else ""
    server_tls: dict[str, Any] = {}
    if destination.tls.is_on:
        server_tls["ssl_context"] = server_context(destination.tls)
    try:
        server = entity.start_server(
            (address, destination.own_port),
            block=False,
            evt_handlers=[(evt.EVT_C_STORE, _keep, [incoming, done, destination.name])],
            **server_tls,
        )
    except OSError as error:
        hint = "Another program, or Limner's receiver, may use it. Choose another port for this destination."
        raise UserError(f"Port {destination.own_port} of this computer cannot be used.", hint) from error
    try:
        yield
    finally:
        if server is not None:
            server.shutdown()


def _classes_of(destination: Destination, query: Query, is_cancelled: Callable[[], bool]) -> list[str]:
    """The SOP Classes to expect: what the archive says is in the series; if it does not say, the usual ones."""
    usual = usual_classes()
    uids = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
    matches = {keyword: uid for keyword, uid in query.matches.items() if keyword in uids}
    if "SeriesInstanceUID" not in matches:
        return usual
    try:
        answers = find(destination, Query(Level.IMAGE, matches, limit=20_000), is_cancelled)
    except UserError:
        return usual  # some archives answer C-GET, but no search for images
    said = {record.get("SOPClassUID", "") for record in answers.records} - {""}
    return sorted(said)[:MOST_CLASSES] or usual


def _syntaxes() -> list[str]:
    """The transfer syntaxes that we take: all that Limner reads, as they are, uncompressed ones first."""
    from imaging.dicom.syntax import READABLE

    return list(READABLE)
