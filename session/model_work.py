"""Adding models, fetching their weights, trying and removing them: as jobs, with words for the message bar."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from pathlib import Path

from imaging.errors import UserError
from inference.client import InferenceCancelled, InferenceClient, InferenceFailed
from inference.packages.contents import Stopped
from inference.packages.store import Candidate
from inference.packages.stored_model import StoredModel
from session.job_end import failed
from session.jobs import Cancelled, Job
from session.models import model_store
from session.segmenting import inference_client
from session.session import Session

LOOK_EVERY_S = 0.1
TELL_EVERY_S = 0.1
TRUST = "trust"
SHOW = "models.show"

logger = logging.getLogger("limner.models")

AskConsent = Callable[[Candidate, Callable[[str], None]], None]


def start_adding(session: Session, source: str, ask: AskConsent) -> Job:
    """Gather a model, show it, and add it when the person agrees.

    Args:
        session: whose store.
        source: a folder, a zip, a .ts or .onnx file, or an address.
        ask: called on the document's thread with what was found, and with what takes the answer: ``trust`` to add the
            model and let its code run, ``add`` to add it, empty for neither.
    """
    store = model_store(session.settings)
    person = session.settings["person.name"]

    def work(job: Job) -> StoredModel | None:
        with store.candidate(source, person, _teller(session, job), lambda: job.is_cancelled) as candidate:
            if candidate.known is not None:
                return candidate.known
            answer = _answer(session, job, candidate, ask)
            if not answer:
                return None
            _tell(session, job, 1.0, "Adding")
            return store.accept(candidate, trusted_by=person if answer == TRUST else "")

    def done(job: Job) -> None:
        if failed(session, job):
            return
        model: StoredModel | None = job.result
        if model is None:
            session.messages.info("Nothing was added.")
            return
        session.models_changed.emit()
        if model.problem:
            session.messages.warning(f"{model.id} was added. {model.problem}", _window_hint(model), SHOW)
        else:
            session.messages.info(f"{model.id} is in the store.")

    return session.jobs.start(f"Add {_short(source)}", _stoppable(work), done)


def start_fetching(session: Session, model_id: str) -> Job:
    """Fetch the weights that a model lacks, from where it says that they are."""
    store = model_store(session.settings)

    def done(job: Job) -> None:
        if failed(session, job):
            return
        session.models_changed.emit()
        unchecked = [file.path for file in job.result if not file.checksum]
        if not job.result:
            session.messages.info("Nothing is missing.")
        elif unchecked:
            text = f"The model states no checksum for {', '.join(unchecked)}."
            session.messages.warning(text, "Nobody can tell whether it is the right file.")
        else:
            session.messages.info(f"Fetched {', '.join(file.path for file in job.result)}.")

    return session.jobs.start(
        f"Fetch weights of {model_id}",
        _stoppable(lambda job: store.fetch(model_id, _teller(session, job), lambda: job.is_cancelled)),
        done,
    )


def start_trial(session: Session, model_id: str, client: InferenceClient | None = None) -> Job:
    """Compare a model's files with what was added, and run it on a small made-up image."""
    worker = client or inference_client()
    info = worker.model(model_id)

    def work(job: Job) -> str:
        from inference.packages.trial import trial_volumes

        store = model_store(session.settings)
        description = None
        if info.package is not None:
            _tell(session, job, 0.0, "Reading all files")
            store.verify(info.id)
            description = store.model(info.id).description
        volumes = trial_volumes(description)
        try:
            report, stopped = _teller(session, job), lambda: job.is_cancelled
            result = worker.segment(volumes[0], info.id, None, report, stopped, others=volumes[1:])
        except InferenceCancelled as cancelled:
            raise Cancelled from cancelled
        except InferenceFailed as error:
            logger.error("%s %s", error.message, error.details)
            raise UserError(error.message, error.hint) from error
        seconds = sum(result.seconds.values())
        return f"{info.name} runs: {seconds:.1f} s, {result.peak_rss_mb:.0f} MB on a small made-up image."

    def done(job: Job) -> None:
        if not failed(session, job):
            session.messages.info(job.result)

    return session.jobs.start(f"Test {info.name}", work, done)


def start_trusting(session: Session, model_id: str) -> Job:
    """Note that a model's code may run, after all its files were read and compared."""
    store, person = model_store(session.settings), session.settings["person.name"]

    def done(job: Job) -> None:
        if not failed(session, job):
            session.models_changed.emit()
            session.messages.info(f"The code of {model_id} may run now, in a process of its own.")

    return session.jobs.start(f"Trust {model_id}", lambda _job: store.trust(model_id, person), done)


def start_removing(session: Session, model_id: str) -> Job:
    """Remove a model; the person was asked."""
    store = model_store(session.settings)

    def done(job: Job) -> None:
        if not failed(session, job):
            session.models_changed.emit()
            session.messages.info(f"{model_id} was removed.")

    return session.jobs.start(f"Remove {model_id}", lambda _job: store.remove(model_id), done)


def _answer(session: Session, job: Job, candidate: Candidate, ask: AskConsent) -> str:
    """The person's answer, waited for on the job's thread."""
    answers: queue.Queue[str] = queue.Queue()
    _tell(session, job, 1.0, "Waiting for your consent")
    session.post(lambda: ask(candidate, answers.put))
    while True:
        if job.is_cancelled:
            raise Cancelled
        try:
            return answers.get(timeout=LOOK_EVERY_S)
        except queue.Empty:
            continue


def _stoppable(work: Callable[[Job], object]) -> Callable[[Job], object]:
    """The store's word for being stopped, in the jobs' words."""

    def run(job: Job) -> object:
        try:
            return work(job)
        except Stopped as stopped:
            raise Cancelled from stopped

    return run


def _teller(session: Session, job: Job) -> Callable[[float, str], None]:
    told = 0.0

    def tell(fraction: float, message: str) -> None:
        nonlocal told
        job.report(fraction, message)
        if time.monotonic() - told > TELL_EVERY_S:
            told = time.monotonic()
            session.jobs.notify(job)

    return tell


def _tell(session: Session, job: Job, fraction: float, message: str) -> None:
    job.report(fraction, message)
    session.jobs.notify(job)


def _window_hint(model: StoredModel) -> str:
    """What to do in the window about a model that cannot run yet."""
    description = model.description
    if description is not None and description.missing_weights:
        return "“Fetch weights” in the window of the models gets them."
    return "“Trust the code” in the window of the models lets it run." if not model.is_trusted else model.hint


def _short(source: str) -> str:
    return source.rsplit("/", 1)[-1] if "://" in source else Path(source).name
