"""Runs models in the worker process: what the window, the command line and scripts call.

Whatever happens to the worker (a crash, the end of memory, somebody's ``kill``) is an exception here, and the next
call starts a fresh one.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from imaging.case.images import geometry_to_json
from imaging.errors import UserError
from imaging.volume import Volume
from inference.answers import ResultInvalid
from inference.catalogue import ModelInfo, model_info
from inference.model import Labels
from inference.result import InferenceResult, checked_result
from inference.worker.channel import Message
from inference.worker.exchange import LOOK_EVERY_S, MODEL_SHARE, InferenceCancelled, Watch, ask, stop
from inference.worker.process import WorkerGone, WorkerProcess
from inference.worker.shared_block import SharedBlock

__all__ = ["InferenceCancelled", "InferenceClient", "InferenceFailed"]

START_TIMEOUT_S = 60.0
CLOSE_TIMEOUT_S = 2.0
_UNTOUCHED = "The image and the case are untouched."
_TOO_LITTLE_MEMORY = "Close other programs, or open a part of the image."


class InferenceFailed(Exception):
    """Our failure, not the user's: the worker stopped or the model has a bug. The image and the case are untouched.

    Attributes:
        message, hint: for people, no patient identifiers.
        details: for a bug report: traceback or last lines of the log; may name files.
    """

    def __init__(self, message: str, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details


class InferenceClient:
    """One worker process, started when it is needed, one job at a time. Close it.

    Methods may be called from any thread; they block until they are done.

    Args:
        catalogue: the models that can be asked for; the built-in ones by default.
        python_path: further folders in which the worker finds the models' modules.
    """

    def __init__(self, catalogue: Sequence[ModelInfo] | None = None, python_path: Sequence[Path] = ()) -> None:
        self._catalogue = catalogue
        self._python_path = python_path
        self._process: WorkerProcess | None = None
        self._turn = threading.Lock()
        self._numbers = itertools.count(1)

    @property
    def worker_pid(self) -> int | None:
        """The worker's process number, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.is_running else None

    def model(self, model_id: str) -> ModelInfo:
        """A model of the catalogue; UserError when there is none of this id."""
        return model_info(model_id, self._catalogue)

    def segment(
        self,
        volume: Volume,
        model_id: str,
        parameters: Mapping[str, Any] | None = None,
        report: Callable[[float, str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        *,
        others: Sequence[Volume] = (),
    ) -> InferenceResult:
        """Run a model on a volume.

        Args:
            volume: read only; its voxels are copied once, into shared memory.
            others: further images of the same patient for a model that wants several, in its order after ``volume``.
            model_id: of the catalogue.
            parameters: overrides of the model's defaults, JSON.
            report: called on this thread with the finished share (0-1) and what is being done. What it raises stops
                the job and is passed on.
            cancelled: asked on this thread at least every 0.1 s.

        Raises:
            UserError: no such model, it does not fit the image or the memory, or it refuses the parameters.
            InferenceCancelled: ``cancelled()`` was true.
            InferenceFailed: the worker stopped, or the model has a bug.
        """
        info = self.model(model_id)
        info.check(volume.quantity, volume.source.modality, volume.geometry)
        volumes = (volume, *others)
        _must_fit_memory(info, volumes)
        watch = Watch(report, cancelled)
        with self._worker(watch) as process:
            return self._run(process, volumes, info, dict(parameters or {}), watch)

    def devices(self) -> list[str]:
        """What the worker can compute on, the best first, such as ``CPU, 2 cores``.

        Raises:
            InferenceFailed: the worker stopped.
        """
        watch = Watch(None, None)
        with self._worker(watch) as process:
            answer, _ = ask(process, {"kind": "devices"}, [], watch)
            if answer["kind"] != "devices":
                raise InferenceFailed("The worker cannot say what it computes on.", details=answer.get("details", ""))
            return [str(device) for device in answer["devices"]]

    def start(self) -> None:
        """Start the worker ahead of the first job.

        Raises:
            InferenceFailed: it does not start.
        """
        with self._worker(Watch(None, None)):
            pass

    def close(self) -> None:
        """End the worker, and with it what it is doing. The next call would start another one."""
        process = self._process
        if process is not None:
            process.kill()
        if self._turn.acquire(timeout=CLOSE_TIMEOUT_S):
            self._discard()
            self._turn.release()

    @contextmanager
    def _worker(self, watch: Watch) -> Iterator[WorkerProcess]:
        """The worker for one thread at a time; its end becomes InferenceFailed."""
        while not self._turn.acquire(timeout=LOOK_EVERY_S):
            watch.say(0.0, "Waiting for another run to end")
        try:
            yield self._started(watch)
        except WorkerGone as gone:
            printed = "" if self._process is None else self._process.printed
            self._discard()
            hint = "Run it again. If it stops again, close other programs."
            raise InferenceFailed(f"The worker stopped: {gone}. {_UNTOUCHED}", hint, printed) from gone
        finally:
            self._turn.release()

    def _started(self, watch: Watch) -> WorkerProcess:
        if self._process is not None and self._process.is_running:
            return self._process
        self._discard()
        watch.say(0.0, "Starting the worker")
        self._process = WorkerProcess(self._python_path)
        deadline = time.monotonic() + START_TIMEOUT_S
        try:
            while self._process.receive(LOOK_EVERY_S) is None:
                watch.look()
                if time.monotonic() > deadline:
                    raise WorkerGone("it does not start")
        except WorkerGone:
            raise
        except BaseException:
            self._discard()
            raise
        return self._process

    def _discard(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def _run(
        self,
        process: WorkerProcess,
        volumes: Sequence[Volume],
        info: ModelInfo,
        parameters: dict[str, Any],
        watch: Watch,
    ) -> InferenceResult:
        began = time.monotonic()
        watch.say(MODEL_SHARE[0] / 2, "Copying the image")
        with _shared(volumes, info) as blocks:
            copied = time.monotonic()
            answer, arrays = self._answer(process, _request(volumes, info, parameters), blocks, watch)
        if answer["kind"] != "done":
            raise self._refusal(answer, info)
        watch.say(MODEL_SHARE[1], "Checking the result")
        checking = time.monotonic()
        try:
            result = checked_result(answer, arrays, volumes[0].geometry.shape, parameters)
        except ResultInvalid as error:
            raise InferenceFailed(f"{info.name} gave a result that cannot be used: {error}.") from error
        result.seconds["copy image"] = round(copied - began, 3)
        result.seconds["check result"] = round(time.monotonic() - checking, 3)
        watch.say(1.0, "Done")
        return result

    def _answer(
        self, process: WorkerProcess, request: Message, blocks: Sequence[SharedBlock], watch: Watch
    ) -> tuple[Message, list[Labels]]:
        """The last answer; whatever ends the wait for it also ends the work on it."""
        job = next(self._numbers)
        try:
            return ask(process, request | {"job": job}, blocks, watch)
        except WorkerGone:
            raise
        except BaseException:
            if not stop(process, job):
                self._discard()
            raise

    def _refusal(self, answer: Message, info: ModelInfo) -> Exception:
        """What an answer other than a result means."""
        if answer["kind"] == "refused":
            return UserError(answer["message"], answer["hint"])
        if answer["kind"] == "out of memory":
            self._discard()  # whoever ran out of memory in there may have left things half done
            return UserError(f"The memory does not suffice for {info.name} on this image.", _TOO_LITTLE_MEMORY)
        if answer["kind"] == "cancelled":
            return InferenceFailed(f"{info.name} stopped without being asked to.")
        hint = f"This is a bug of the model (version {info.version}); please report it."
        return InferenceFailed(f"{info.name} failed ({answer['error']}). {_UNTOUCHED}", hint, answer["details"])


def _must_fit_memory(info: ModelInfo, volumes: Sequence[Volume]) -> None:
    import psutil

    needed_mb = info.memory_mb(volumes[0].geometry) + sum(volume.voxels.nbytes for volume in volumes) / 2**20
    free_mb = psutil.virtual_memory().available / 2**20
    if needed_mb > free_mb:
        raise UserError(
            f"{info.name} needs {needed_mb / 1024:.1f} GB of memory for this image; {free_mb / 1024:.1f} GB are free.",
            _TOO_LITTLE_MEMORY,
        )


@contextmanager
def _shared(volumes: Sequence[Volume], info: ModelInfo) -> Iterator[list[SharedBlock]]:
    with ExitStack() as stack:
        blocks: list[SharedBlock] = []
        for volume in volumes:
            try:
                blocks.append(SharedBlock.holding(volume.voxels))
            except MemoryError as error:
                message = f"The memory does not suffice for {info.name} on this image."
                raise UserError(message, _TOO_LITTLE_MEMORY) from error
            stack.callback(blocks[-1].close)
        yield blocks


def _request(volumes: Sequence[Volume], info: ModelInfo, parameters: dict[str, Any]) -> Message:
    return {
        "kind": "run",
        "factory": info.factory,
        "package": None if info.package is None else str(info.package),
        "package_hash": info.package_hash,
        "images": [_described(volume) for volume in volumes],
        "parameters": parameters,
    }


def _described(volume: Volume) -> dict[str, Any]:
    return {
        "shape": list(volume.voxels.shape),
        "dtype": volume.voxels.dtype.str,
        "geometry": geometry_to_json(volume.geometry),
        "quantity": volume.quantity.value,
        "modality": volume.source.modality,
    }
