"""Automatic segmentation of the open image: a model's run as a job, and its result as a preview."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from imaging.errors import UserError
from imaging.geometry import Box, Geometry
from imaging.segment import Color
from imaging.volume import Volume
from inference.client import InferenceCancelled, InferenceClient, InferenceFailed
from inference.record.run_record import RECORD_KEY, RunRecord
from inference.result import InferenceResult
from session.backend_choices import NAME as CHOICES_NAME
from session.backend_choices import BackendChoices
from session.channels import ChannelSource, read_channels
from session.document import Document
from session.early import EarlyShowing
from session.jobs import Cancelled, Job, JobState
from session.models import kept_networks, known_models
from session.preview import Preview, proposals
from session.run_recording import RunRecorder, RunRequest, run_log
from session.session import Session
from session.settings import Settings

TOOL = "segment.run"
NOTIFY_EVERY_S = 0.1
LOOK_EVERY_S = 0.05

logger = logging.getLogger("limner.segmenting")


@cache
def inference_client() -> InferenceClient:
    """The one client of this process, with its one worker; closed at the program's end."""
    client = InferenceClient(known_models, kept_networks=kept_networks)
    atexit.register(client.close)
    return client


def start_segmentation(
    session: Session,
    model_id: str,
    parameters: Mapping[str, Any] | None = None,
    done: Callable[[Job], None] | None = None,
    client: InferenceClient | None = None,
    channels: Sequence[ChannelSource] = (),
    names: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Job:
    """Run a model on the open image in the background; its result becomes the document's preview.

    Where there is a window, what a long run has found so far is the document's early result until the run ends.
    Whatever goes wrong is said in the message bar; the document is not touched then. ``job.result`` is the
    InferenceResult.

    Args:
        session: with an open document.
        model_id: a model of the catalogue.
        parameters: overrides of its defaults, JSON.
        done: called on the document's thread when the job is over, after the preview was set.
        client: another worker than the process's own.
        channels: for a model that wants several images, one for each; the open image is one of them.
        names: what structures are called in the result, by the names that the model gives them; the others keep those.
        options: further arguments of ``InferenceClient.segment``.

    Raises:
        UserError: no such model.
    """
    worker = client or inference_client()
    info = worker.model(model_id)
    document = session.open_document

    recorder = _recorder(session)
    records: list[RunRecord] = []
    early = EarlyShowing(session, document, info.name)

    def work(job: Job) -> InferenceResult:
        tell = _Teller(session, job)
        _wait_for_image(session, document, tell)
        request = _request(document, model_id, parameters or {}, channels, tell)
        further = dict(options or {})
        if session.window is not None and session.settings["segment.early"]:
            further["early"] = partial(early.show, job)
        request = replace(request, options=further)
        try:
            result, record = recorder.run(worker, request, tell, lambda: job.is_cancelled)
        except InferenceCancelled as stopped:
            raise Cancelled from stopped
        records.append(record)
        called = names or {}
        return replace(result, labels=tuple(replace(one, name=called.get(one.name, one.name)) for one in result.labels))

    def finish(job: Job) -> None:
        early.take_away()
        if job.error is not None:
            _say_why(session, job.error, info.name, was_seen=early.has_shown)
        elif job.state is JobState.DONE:
            _propose(session, document, job.result, records[0], early.colors)
        if done is not None:
            done(job)

    return session.jobs.start(f"Segment with {info.name}", work, finish, lambda: session.post(early.take_away))


def segment_now(
    volume: Volume,
    model_id: str,
    parameters: Mapping[str, Any] | None = None,
    report: Callable[[float, str], None] | None = None,
    client: InferenceClient | None = None,
) -> InferenceResult:
    """Run a model and wait for it; for the command line and scripts.

    Raises:
        UserError: the model does not fit the image, the memory or the parameters.
        InferenceFailed: the worker stopped, or the model has a bug.
    """
    return (client or inference_client()).segment(volume, model_id, parameters, report)


def segment_recorded(
    request: RunRequest,
    report: Callable[[float, str], None] | None = None,
    client: InferenceClient | None = None,
    *,
    settings: Settings,
    tell: Callable[[UserError], None],
    cancelled: Callable[[], bool] | None = None,
) -> tuple[InferenceResult, RunRecord]:
    """Run a model, wait for it, and keep the run's record in the workspace's log, however the run ends.

    Args:
        settings: which workspace, and what is assumed where nothing counts energy.
        tell: called when the record cannot be kept.
        cancelled: asked while the model computes.

    Raises:
        UserError: the model does not fit the image, the memory or the parameters.
        InferenceCancelled: ``cancelled()`` was true.
        InferenceFailed: the worker stopped, or the model has a bug.
    """
    choices = BackendChoices(settings.workspace() / CHOICES_NAME)
    recorder = RunRecorder(run_log(settings), settings["energy.watts_per_core"], tell, choices)
    return recorder.run(client or inference_client(), request, report, cancelled)


def start_device_probe(
    session: Session, done: Callable[[list[str]], None], client: InferenceClient | None = None
) -> None:
    """Ask the worker, which starts for that, what it computes on; the window itself must not load torch.

    Args:
        session: whose ``post`` brings the answer to the document's thread.
        done: called there with descriptions, the best device first, such as ``CPU, 2 cores``; not called when the
            worker does not start, which is noted in the log.
    """
    worker = client or inference_client()

    def ask() -> None:
        try:
            found = worker.devices()
        except InferenceFailed as error:
            logger.error("%s %s", error.message, error.details)
            return
        session.post(lambda: done(found))

    threading.Thread(target=ask, name="devices", daemon=True).start()


def preview_of(
    result: InferenceResult,
    geometry: Geometry,
    record: RunRecord | None = None,
    colors: Mapping[int, Color] | None = None,
) -> Preview:
    """The result with names, colours and codes, as it waits for acceptance; the journal gets the run's record, too.

    Args:
        colors: by label value, in which structures were seen while the model still ran.

    Raises:
        ValueError: the result lies on another grid than the image.
    """
    if any(layer.shape != geometry.shape for layer in result.layers):
        raise ValueError("the result lies on another grid than the image")
    segments = proposals(result.labels, colors or {})
    parameters = {
        "model": result.model_id,
        "version": result.version,
        "source_hash": result.source_hash,
        "settings": result.parameters,
        "seconds": result.seconds,
        "peak_rss_mb": result.peak_rss_mb,
    }
    if record is not None:
        parameters[RECORD_KEY] = record.to_json()
    seconds = round(sum(result.seconds.values()), 2)
    layers = list(result.layers)
    return Preview(
        result.name,
        result.author,
        TOOL,
        parameters,
        layers,
        segments,
        seconds,
        result.notes,
        dict(result.maps),
        result.scores,
        result.boxes,
        _region(result.parameters.get("roi")),
    )


def _region(roi: Any) -> Box | None:
    """What a run was asked to look at: (k0, k1, j0, j1, i0, i1)."""
    return None if roi is None else Box(*(int(n) for n in roi))


def _recorder(session: Session) -> RunRecorder:
    """What keeps the records of a window's runs; its troubles are told in the message bar."""

    def tell(error: UserError) -> None:
        session.post(lambda: session.messages.warning(error.message, error.hint))

    settings = session.settings
    choices = BackendChoices(settings.workspace() / CHOICES_NAME)
    return RunRecorder(run_log(settings), settings["energy.watts_per_core"], tell, choices)


def _request(
    document: Document,
    model_id: str,
    parameters: Mapping[str, Any],
    channels: Sequence[ChannelSource],
    tell: _Teller,
) -> RunRequest:
    volumes = read_channels(document, channels, tell) if channels else [document.volume]
    image = document.case.images[0] if document.case.images else None
    known = image.pixel_hash if image is not None and volumes[0] is document.volume else ""
    return RunRequest(volumes[0], model_id, parameters, others=volumes[1:], input_hash=known)


def _propose(
    session: Session, document: Document, result: InferenceResult, record: RunRecord, colors: Mapping[int, Color]
) -> None:
    """On the document's thread: show the result, if it still belongs to what is open."""
    if session.document is not document:
        session.messages.warning(f"The result of {result.name} was dropped: another image is open now.")
    elif not (result.labels or result.scores or result.boxes):
        session.messages.info(f"{result.name} found nothing in this image.", " ".join(result.notes))
    else:
        document.set_preview(preview_of(result, document.segmentation.geometry, record, colors))


def _say_why(session: Session, error: BaseException, name: str, *, was_seen: bool) -> None:
    if isinstance(error, InferenceFailed):
        logger.error("%s %s", error.message, error.details)
        error = UserError(error.message, error.hint)
    if not isinstance(error, UserError):
        logger.error("%s failed", name, exc_info=error)
        error = UserError(f"{name} failed ({type(error).__name__}). The case is untouched.", "Please report this.")
    if was_seen:
        error = UserError(f"{error.message} What it had shown so far is gone.", error.hint)
    session.messages.error(error)


def _wait_for_image(session: Session, document: Document, tell: _Teller) -> None:
    """A model needs the whole image, and the first slices are on the screen long before the last."""
    while document.is_loading:
        if session.document is not document:
            raise UserError("The image was closed before it was read completely.")
        tell(0.0, "Waiting for the image")
        time.sleep(LOOK_EVERY_S)


class _Teller:
    """Reports to a job, and to its observers as often as anybody can read."""

    def __init__(self, session: Session, job: Job) -> None:
        self._session = session
        self._job = job
        self._told = 0.0

    def __call__(self, fraction: float, message: str) -> None:
        """Called from within the job's work; Cancelled when the user asked it to stop."""
        self._job.report(fraction, message)
        now = time.monotonic()
        if now - self._told >= NOTIFY_EVERY_S:
            self._told = now
            self._session.jobs.notify(self._job)
