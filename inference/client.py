"""Runs models in worker processes: what the window, the command line and scripts call.

Whatever happens to a worker (a crash, the end of memory, somebody's ``kill``) is an exception here, and the next call
starts a fresh one. A foreign model gets a worker of its own, confined and watched.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from imaging.case.images import geometry_to_json
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Volume
from inference.answers import ResultInvalid
from inference.catalogue import Catalogue, ModelInfo, model_info
from inference.early_result import ShowEarly
from inference.failures import UNTOUCHED, InferenceFailed, lines, refusal, too_little_memory
from inference.model import Labels
from inference.packages.in_use import in_use
from inference.packages.kept_networks import KeptNetworks
from inference.plan import Plan
from inference.result import InferenceResult, checked_result
from inference.run_request import in_shared_memory, must_fit_memory, request_of
from inference.worker.channel import Message
from inference.worker.confinement import Confinement
from inference.worker.exchange import (
    LOOK_EVERY_S,
    MODEL_SHARE,
    InferenceCancelled,
    Watch,
    ask,
    stop,
    usual_grace_s,
)
from inference.worker.networks import NetworkReceiver
from inference.worker.process import WorkerGone, WorkerProcess
from inference.worker.shared_block import SharedBlock
from inference.worker.turns import QueueClass, Turns
from inference.worker.watchdog import IDLE_LIMIT_S, LimitReached, Limits, Watchdog, memory_budget_mb
from inference.worker.workers import Workers

__all__ = ["Confinement", "InferenceCancelled", "InferenceClient", "InferenceFailed", "LimitReached", "QueueClass"]

KEEP_WARM_S = 120.0
PLAN_LIMIT_S = 300.0  # opening a large model on a slow disk included
BATCH_TIME_LIMIT_S = 6 * 3600.0
CLOSE_TIMEOUT_S = 2.0


class InferenceClient:
    """Worker processes, started when they are needed, one job at a time. Close it.

    Methods may be called from any thread; they block until they are done.

    Args:
        catalogue: the models that can be asked for, or what lists them now; the built-in ones by default.
        python_path: further folders in which the workers find the models' modules.
        keep_warm_s: how long a foreign model's worker waits for its next run; 0 ends it with the run.
        kept_networks: where foreign models' converted networks are kept; None to convert them in each run.
    """

    def __init__(
        self,
        catalogue: Catalogue | None = None,
        python_path: Sequence[Path] = (),
        keep_warm_s: float = KEEP_WARM_S,
        kept_networks: Callable[[], KeptNetworks] | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._kept_networks = kept_networks
        self._workers = Workers(python_path, keep_warm_s, kept_networks)
        self._turns = Turns()
        self._numbers = itertools.count(1)

    @property
    def worker_pid(self) -> int | None:
        """The process number of the built-in models' worker, None while there is none."""
        process = self._workers.shared
        return None if process is None else process.pid

    @property
    def foreign_pid(self) -> int | None:
        """The process number of a foreign model's worker, None while there is none."""
        process = self._workers.foreign
        return None if process is None else process.pid

    def keep_warm(self, seconds: float) -> None:
        """From now on let a foreign model's worker wait so long for its next run, also one that waits already."""
        self._workers.keep_warm(seconds)

    def model(self, model_id: str) -> ModelInfo:
        """A model of the catalogue; UserError when there is none of this id."""
        return model_info(model_id, self._catalogue)

    def confinement(self, model_id: str) -> Confinement | None:
        """What a model cannot do on this computer; a foreign model's worker is started to tell.

        Returns:
            None for built-in models, which are part of the program.

        Raises:
            UserError: no such model.
            InferenceFailed: the worker does not start.
        """
        info = self.model(model_id)
        if info.package is None:
            return None
        with self._worker(Watch(None, None), info) as process:
            return process.confinement

    def segment(
        self,
        volume: Volume,
        model_id: str,
        parameters: Mapping[str, Any] | None = None,
        report: Callable[[float, str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        *,
        others: Sequence[Volume] = (),
        queue_class: QueueClass = QueueClass.INTERACTIVE,
        time_limit_s: float | None = None,
        memory_mb: int = 0,
        early: ShowEarly | None = None,
        grace_s: Callable[[], float] = usual_grace_s,
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
            queue_class: whoever waits interactively gets the next turn before all that wait in a batch.
            time_limit_s: the run is ended after that; None: never when interactive, after six hours in a batch.
            memory_mb: the most that a foreign model may hold, its libraries and the image included; 0: what is free,
                with a reserve for the rest of the machine.
            early: called on this thread with what a long run has found so far, where the model can show that.
            grace_s: how long the worker may go on after ``cancelled()`` before it is ended, which costs the next run a
                new start; asked again while it goes on.

        Raises:
            UserError: no such model, it does not fit the image or the memory, or it refuses the parameters; as
                LimitReached when it had to be ended because it took too much.
            InferenceCancelled: ``cancelled()`` was true.
            InferenceFailed: the worker stopped, or the model has a bug.
        """
        info = self.model(model_id)
        info.check(volume.quantity, volume.source.modality, volume.geometry)
        volumes = (volume, *others)
        must_fit_memory(info, volumes)
        info.check_files()
        watch = Watch(report, cancelled, early, grace_s)
        if time_limit_s is None and queue_class is QueueClass.BATCH:
            time_limit_s = BATCH_TIME_LIMIT_S
        with in_use(info.package), self._worker(watch, info, queue_class, memory_mb) as process:
            guard = _guard(process, info, memory_mb, time_limit_s)
            return self._run(process, volumes, info, dict(parameters or {}), watch, guard)

    def plan(
        self,
        geometry: Geometry,
        image_bytes: int,
        model_id: str,
        parameters: Mapping[str, Any] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Plan | None:
        """What a run of a foreign model would take; its worker is started for that, and its code runs there.

        Args:
            geometry: of the images.
            image_bytes: of all of them.
            model_id: of the catalogue.
            parameters: as for ``segment``.
            cancelled: asked on this thread at least every 0.1 s.

        Returns:
            None for models that do not plan (the built-in ones say their memory in the catalogue).

        Raises:
            UserError: the model cannot be used, or it refuses the parameters.
            InferenceCancelled: ``cancelled()`` was true.
            InferenceFailed: the worker stopped.
        """
        info = self.model(model_id)
        if info.package is None:
            return None
        asked = {"kind": "plan", "geometry": geometry_to_json(geometry), "image_bytes": image_bytes}
        answer = self._asked(info, asked, parameters, Watch(None, cancelled))
        if answer["kind"] != "plan":
            raise refusal(answer, info)
        try:
            return None if answer.get("plan") is None else Plan.from_json(answer["plan"])
        except ResultInvalid as error:
            raise InferenceFailed(f"{info.name} cannot say what it takes.") from error

    def open_ahead(self, model_id: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Start a model's worker and open the model there, while its image is still being read.

        A plan or a run that is asked for meanwhile waits for it, and finds the model open.

        Args:
            model_id: of the catalogue.
            parameters: as for ``segment``.

        Raises:
            UserError: the model cannot be used, or it refuses the parameters.
            InferenceFailed: the worker stopped.
        """
        info = self.model(model_id)
        if info.external is not None:
            return
        if info.package is None:
            self.start()
            return
        answer = self._asked(info, {"kind": "open"}, parameters, Watch(None, None))
        if answer["kind"] != "open":
            raise refusal(answer, info)

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

    def _asked(self, info: ModelInfo, asked: Message, parameters: Mapping[str, Any] | None, watch: Watch) -> Message:
        """What a foreign model's worker answers to a question that needs no image."""
        if info.problem:
            raise UserError(info.problem, info.hint)
        info.check_files()
        request = asked | {
            "factory": info.factory,
            "package": str(info.package),
            "parameters": dict(parameters or {}),
        }
        with in_use(info.package), self._worker(watch, info) as process:
            networks = {} if process.networks is None else {"networks": str(process.networks)}
            return self._answer(process, request | networks, [], watch, _guard(process, info, 0, PLAN_LIMIT_S))[0]

    def close(self) -> None:
        """End the workers, and with them what they are doing. The next call would start others."""
        self._workers.kill()
        deadline = time.monotonic() + CLOSE_TIMEOUT_S

        def look() -> None:
            if time.monotonic() > deadline:
                raise TimeoutError

        with suppress(TimeoutError), self._turns.turn(QueueClass.INTERACTIVE, LOOK_EVERY_S, look):
            self._workers.discard_all()

    @contextmanager
    def _worker(
        self,
        watch: Watch,
        info: ModelInfo | None = None,
        queue_class: QueueClass = QueueClass.INTERACTIVE,
        memory_mb: int = 0,
    ) -> Iterator[WorkerProcess]:
        """The worker for one thread at a time; its end becomes InferenceFailed."""
        process: WorkerProcess | None = None
        with self._turns.turn(queue_class, LOOK_EVERY_S, lambda: watch.say(0.0, "Waiting for another run to end")):
            try:
                if info is None or info.package is None:
                    process = self._workers.for_built_in(watch)
                else:
                    process = self._workers.for_foreign(info, memory_mb, watch)
                yield process
            except WorkerGone as gone:
                if self._kept_networks is not None and process is not None and process.networks is not None:
                    self._kept_networks().forget(process.networks)
                raise self._failure(gone, info) from gone
            finally:
                if process is not None:
                    self._workers.rest(process)

    def _failure(self, gone: WorkerGone, info: ModelInfo | None) -> InferenceFailed:
        """What the end of a worker means; it is cleaned away."""
        if info is None or info.package is None:
            what, hint = "The worker stopped", "Run it again. If it stops again, close other programs."
            printed = self._workers.discard_built_in()
        else:
            what, hint = f"{info.name} stopped", "This is the model's own fault; ask whoever made it."
            printed = self._workers.discard_foreign()
        return InferenceFailed(f"{what}: {gone}. {UNTOUCHED}", hint, lines(printed))

    def _run(
        self,
        process: WorkerProcess,
        volumes: Sequence[Volume],
        info: ModelInfo,
        parameters: dict[str, Any],
        watch: Watch,
        guard: Watchdog | None,
    ) -> InferenceResult:
        began = time.monotonic()
        watch.say(MODEL_SHARE[0] / 2, "Copying the image")
        try:
            with in_shared_memory(volumes) as blocks:
                copied = time.monotonic()
                request = request_of(volumes, info, parameters) | {"wants_early": watch.early is not None}
                request |= self._kept_for(process, watch)
                answer, arrays = self._answer(process, request, blocks, watch, guard)
            if answer["kind"] != "done":
                if answer["kind"] == "out of memory":
                    self._workers.discard(process)  # whoever ran out of memory in there may have left things half done
                raise refusal(answer, info)
            watch.say(MODEL_SHARE[1], "Checking the result")
            checking = time.monotonic()
            result = checked_result(answer, arrays, volumes[0].geometry.shape, parameters)
        except ResultInvalid as error:
            raise InferenceFailed(f"{info.name} gave a result that cannot be used: {error}.") from error
        except MemoryError as error:
            raise too_little_memory(info) from error
        result.seconds["copy image"] = round(copied - began, 3)
        result.seconds["check result"] = round(time.monotonic() - checking, 3)
        watch.say(1.0, "Done")
        return result if info.package is None else _as_known(result, info, process.confinement)

    def _kept_for(self, process: WorkerProcess, watch: Watch) -> Message:
        """Where the worker finds its networks; what it converts is kept while the job runs."""
        if self._kept_networks is None or process.networks is None:
            return {}
        watch.networks = NetworkReceiver(self._kept_networks(), process.networks, watch.look)
        return {"networks": str(process.networks)}

    def _answer(
        self,
        process: WorkerProcess,
        request: Message,
        blocks: Sequence[SharedBlock],
        watch: Watch,
        guard: Watchdog | None,
    ) -> tuple[Message, list[Labels]]:
        """The last answer; whatever ends the wait for it also ends the work on it."""
        job = next(self._numbers)
        try:
            grid = tuple(request["images"][0]["geometry"]["shape"]) if "images" in request else ()
            return ask(process, request | {"job": job}, blocks, watch, guard, grid)
        except (WorkerGone, ResultInvalid):
            raise
        except (LimitReached, MemoryError):
            self._workers.discard(process)
            raise
        except BaseException:
            if not stop(process, job, watch.grace_s):
                self._workers.discard(process)
            raise


def _guard(process: WorkerProcess, info: ModelInfo, memory_mb: int, time_limit_s: float | None) -> Watchdog | None:
    """What watches the run; built-in models are only watched when they have a time limit."""
    if info.package is not None:
        limit_mb = min(memory_mb or float("inf"), memory_budget_mb(process.pid))
        if limit_mb <= 0:
            raise too_little_memory(info)
        return Watchdog(process.pid, Limits(info.name, limit_mb, time_limit_s, IDLE_LIMIT_S), process.scratch)
    if time_limit_s is not None:
        return Watchdog(process.pid, Limits(info.name, time_s=time_limit_s, idle_s=None))
    return None


def _as_known(result: InferenceResult, info: ModelInfo, confinement: Confinement | None) -> InferenceResult:
    """The result under the name that the catalogue has for a foreign model, whatever the model calls itself."""
    return replace(
        result,
        model_id=info.id,
        name=info.name,
        version=info.version,
        source_hash=info.package_hash or result.source_hash,
        confinement=confinement,
    )
