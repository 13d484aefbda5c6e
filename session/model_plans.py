"""What a run on the open image would take, found out in the background for models that somebody looks at.

A foreign model is planned by its worker, which runs the model's code; so only a trusted model is ever asked. How long
earlier runs took on this computer is read from the workspace's log.
"""

from __future__ import annotations

import logging
import statistics
import threading
from dataclasses import dataclass

import psygnal

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.client import InferenceCancelled, InferenceClient, InferenceFailed
from inference.record.run_record import Outcome, RunRecord
from session.backend_choices import NAME as CHOICES_NAME
from session.backend_choices import BackendChoices
from session.document import Document
from session.run_recording import KNOWN_CHOICES, run_log
from session.segmenting import inference_client
from session.session import Session
from session.settings import Settings

LATEST = 5  # runs that count

logger = logging.getLogger("limner.plans")


@dataclass(frozen=True)
class Expectation:
    """What a run is expected to take.

    Attributes:
        seconds: None where this computer has not timed the model yet.
        memory_mb: of the computer; None where nobody knows.
        gpu_memory_mb: of the graphics card; 0 on the processor.
        free_mb: memory of the computer that is free now.
        fits: the memory suffices.
        device, backend: what would compute; empty where that is not known.
        problem: why the run cannot be planned; empty when it can.
        confinement: what the model cannot do on this computer, a sentence; empty for built-in models.
    """

    seconds: float | None = None
    memory_mb: float | None = None
    gpu_memory_mb: float = 0.0
    free_mb: float = 0.0
    fits: bool = True
    device: str = ""
    backend: str = ""
    problem: str = ""
    confinement: str = ""


class ModelPlans:
    """Plans for the open image. A thread asks for one model at a time, the one that was wanted last first.

    Args:
        session: whose open document, and settings.
        client: another worker than the process's own.
    """

    changed = psygnal.Signal(str)  # id of the model

    def __init__(self, session: Session, client: InferenceClient | None = None) -> None:
        self._session = session
        self._client = client
        self._known: dict[str, Expectation] = {}
        self._wanted: list[str] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._document: Document | None = None

    def of(self, model_id: str) -> Expectation | None:
        """What is known; None when nobody asked, or the answer is on its way."""
        return self._known.get(model_id)

    def is_wanted(self, model_id: str) -> bool:
        """True while the answer is on its way."""
        return model_id in self._wanted

    def want(self, model_id: str) -> None:
        """Find out about a model, unless that is known already; ``changed`` tells when. On the document's thread."""
        document = self._session.document
        if document is None or document.is_loading:
            return
        if document is not self._document:
            self.forget()
            self._document = document
        if model_id in self._known:
            return
        with self._lock:
            self._wanted = [other for other in self._wanted if other != model_id] + [model_id]
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="plans", daemon=True)
                self._thread.start()

    def forget(self, model_id: str = "") -> None:
        """Find out anew the next time: another image is open, or a run has timed the model."""
        if model_id:
            self._known.pop(model_id, None)
        else:
            self._known.clear()
            with self._lock:
                self._wanted.clear()

    def _work(self) -> None:
        while True:
            with self._lock:
                document = self._document
                if not self._wanted or document is None:
                    self._thread = None
                    return
                model_id = self._wanted[-1]
            found = self._found(model_id, document)
            with self._lock:
                if model_id in self._wanted:
                    self._wanted.remove(model_id)
            if found is not None:
                self._session.post(lambda m=model_id, e=found, d=document: self._tell(m, e, d))  # type: ignore[misc]

    def _found(self, model_id: str, document: Document) -> Expectation | None:
        """Asked on the thread; None when another image is open now."""
        client = self._client or inference_client()
        geometry = document.volume.geometry
        try:
            info = client.model(model_id)
            seconds = seconds_in_log(self._session.settings, model_id, geometry)
            if info.is_external:
                return Expectation(seconds)
            if info.package is None:
                return _of_built_in(info.memory_mb(geometry) + document.volume.voxels.nbytes / 2**20, seconds)
            choices = BackendChoices(self._session.settings.workspace() / CHOICES_NAME).of(model_id)
            plan = client.plan(
                geometry,
                document.volume.voxels.nbytes,
                model_id,
                {KNOWN_CHOICES: choices} if choices else None,
                lambda: self._session.document is not document,
            )
            confinement = client.confinement(model_id)
            sentence = confinement.sentence if confinement is not None else ""
        except InferenceCancelled:
            return None
        except UserError as error:
            return Expectation(problem=error.message)
        except InferenceFailed as error:
            logger.error("%s %s", error.message, error.details)
            return Expectation(problem=error.message)
        if plan is None:
            return Expectation(seconds=seconds, confinement=sentence)
        return Expectation(
            plan.seconds if plan.seconds is not None else seconds,
            plan.memory_mb,
            plan.gpu_memory_mb,
            plan.free_mb,
            plan.fits,
            plan.device,
            plan.backend,
            confinement=sentence,
        )

    def _tell(self, model_id: str, found: Expectation, document: Document) -> None:
        if document is self._session.document:
            self._known[model_id] = found
            self.changed.emit(model_id)


def seconds_in_log(settings: Settings, model_id: str, geometry: Geometry) -> float | None:
    """How long a run on an image of this size takes, by the latest runs of whole images on this computer.

    Args:
        settings: of whose workspace.
        model_id: of the model.
        geometry: of the image.

    Returns:
        None where nothing was run yet, or the log cannot be read (the window of the runs says what is wrong with it).
    """
    from inference.record.computer import this_computer  # asks drivers

    try:
        records = run_log(settings).read(model_id=model_id).records
    except UserError:
        return None
    here = this_computer().computer
    rates = [rate for r in records if r.computer == here and (rate := _rate(r)) is not None][-LATEST:]
    k, j, i = geometry.shape
    return round(statistics.median(rates) * k * j * i, 1) if rates else None


def _of_built_in(memory_mb: float, seconds: float | None) -> Expectation:
    import psutil

    free_mb = psutil.virtual_memory().available / 2**20
    return Expectation(seconds, memory_mb, free_mb=free_mb, fits=memory_mb <= free_mb, device="cpu")


def _rate(record: RunRecord) -> float | None:
    """Seconds for a voxel; None for runs that say nothing about a plain run on a whole image."""
    k, j, i = record.shape or (0, 0, 0)
    if record.outcome is not Outcome.DONE or not k * j * i or not record.total_s:
        return None
    if any(record.parameters.get(name) for name in ("roi", "fast", "network", "stock")):
        return None
    return record.total_s / (k * j * i)
