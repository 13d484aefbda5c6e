"""Runs of models with their record: metered while they go on, kept in the workspace's log however they end."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from imaging.case.images import pixel_hash
from imaging.errors import UserError
from imaging.volume import Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceCancelled, InferenceClient, InferenceFailed, LimitReached
from inference.record.log import NAME, RunLog
from inference.record.meter import Meter
from inference.record.readings import Usage
from inference.record.run_record import Outcome, RunRecord
from inference.record.sensors import Sensors
from inference.record.usage import IdlePower, usage_of
from inference.result import InferenceResult
from session.backend_choices import BackendChoices
from session.jobs import Cancelled
from session.settings import Settings

WAITING = "Waiting for another run"  # how the client's words begin while another run has the worker
RECORD_SUFFIX = ".run.json"
KNOWN_CHOICES = "known_choices"  # a parameter of inference.engine
_NOT_THE_ENGINES = ("backend", "device", "precision", "weights_hash")

logger = logging.getLogger("limner.runs")


@dataclass(frozen=True, eq=False)
class RunRequest:
    """What is to be run.

    Attributes:
        volume, others: the images.
        model_id, parameters: as for ``InferenceClient.segment``; ``options`` are its further arguments.
        input_hash: of the volume where it is known, else it is computed after the run.
    """

    volume: Volume
    model_id: str
    parameters: Mapping[str, Any]
    others: Sequence[Volume] = ()
    options: Mapping[str, Any] | None = None
    input_hash: str = ""


def run_log(settings: Settings) -> RunLog:
    """The log of the workspace."""
    return RunLog(settings.workspace() / NAME)


class RunRecorder:
    """Runs models, and writes down what each run took.

    Args:
        log: where records are kept; None keeps none.
        watts_per_core: assumed where nothing counts the processors' energy.
        tell: called with a UserError when a record cannot be kept; the result is not touched by that.
        choices: where the fastest backends of foreign models are remembered; None to measure in each run.
    """

    def __init__(
        self,
        log: RunLog | None,
        watts_per_core: float,
        tell: Callable[[UserError], None],
        choices: BackendChoices | None = None,
    ) -> None:
        self._log = log
        self._choices = choices
        self._watts_per_core = watts_per_core
        self._tell = tell

    def run(
        self,
        client: InferenceClient,
        request: RunRequest,
        report: Callable[[float, str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> tuple[InferenceResult, RunRecord]:
        """Run a model; returns its result and the run's record.

        Raises:
            What ``InferenceClient.segment`` and ``report`` raise, after the record was kept.
        """
        from inference.record.computer import idle_watch, sensors_for_run  # asks drivers; only runs need them

        info = client.model(request.model_id)
        sensors = sensors_for_run(self._watts_per_core)
        meter = _MeterOfRun(Meter(sensors, lambda: _worker_of(client, info)), report)
        result, failure = None, None
        with idle_watch().run() as idle:
            try:
                result = client.segment(
                    request.volume,
                    request.model_id,
                    self._parameters(request, info),
                    meter.say,
                    cancelled,
                    others=request.others,
                    **(request.options or {}),
                )
                self._remember(info, result)
            except BaseException as error:
                failure = error
                raise
            finally:
                usage = meter.stop(sensors, idle, result)
                record = _record(request, info, result, failure, meter, usage, sensors.computer)
                self._keep(record)
        return result, record

    def _parameters(self, request: RunRequest, info: ModelInfo) -> dict[str, Any]:
        known = self._choices.of(info.id) if self._choices is not None and info.package is not None else []
        return {**request.parameters, KNOWN_CHOICES: known} if known else dict(request.parameters)

    def _remember(self, info: ModelInfo, result: InferenceResult) -> None:
        """Keep how the worker chose to compute; what it was told of earlier choices is no parameter of the run."""
        result.parameters.pop(KNOWN_CHOICES, None)
        choice = result.record.get("choice")
        if self._choices is not None and isinstance(choice, dict):
            self._choices.remember(info.id, choice)

    def _keep(self, record: RunRecord) -> None:
        if self._log is None:
            return
        try:
            self._log.add(record)
        except UserError as error:
            logger.warning("%s", error.message)
            self._tell(error)


class _MeterOfRun:
    """Begins to measure with the first word that is not about waiting for other runs.

    Whatever goes wrong in measuring costs the numbers, not the result.
    """

    def __init__(self, meter: Meter, report: Callable[[float, str], None] | None) -> None:
        self._meter = meter
        self._report = report
        self._called = time.monotonic()
        self._began: float | None = None
        self.began_utc = datetime.now(UTC)
        self.seconds = 0.0

    def say(self, fraction: float, message: str) -> None:
        """Pass a report on."""
        if self._began is None and not message.startswith(WAITING):
            self._began, self.began_utc = time.monotonic(), datetime.now(UTC)
            try:
                self._meter.start()
            except Exception:
                logger.exception("the meter does not start")
        if self._report is not None:
            self._report(fraction, message)

    def stop(self, sensors: Sensors, idle: IdlePower | None, result: InferenceResult | None) -> Usage:
        """What the run took; ``seconds`` is right from now on."""
        self.seconds = time.monotonic() - (self._called if self._began is None else self._began)
        device = "" if result is None else str(result.record.get("device", ""))
        try:
            return usage_of(self._meter.stop(), sensors, idle, device, None if result is None else result.peak_rss_mb)
        except Exception:
            logger.exception("the run was not measured")
            return Usage()


def _worker_of(client: InferenceClient, info: ModelInfo) -> int | None:
    return client.worker_pid if info.package is None else client.foreign_pid


def _record(
    request: RunRequest,
    info: ModelInfo,
    result: InferenceResult | None,
    failure: BaseException | None,
    meter: _MeterOfRun,
    usage: Usage,
    computer: Mapping[str, str],
) -> RunRecord:
    outcome, reason = _outcome(failure)
    is_built_in = info.package is None and not info.is_external
    engine = dict(result.record) if result is not None else {}
    if result is not None and result.scores:
        engine["scores"] = {score.name: round(score.value, 6) for score in result.scores}
    if result is not None and result.boxes:
        engine["boxes"] = [
            {"label": b.label, "score": round(b.score, 6), "corners_mm": b.corners} for b in result.boxes
        ]
    volume = request.volume
    return RunRecord(
        id=f"{meter.began_utc:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
        started_utc=meter.began_utc.isoformat(timespec="milliseconds"),
        outcome=outcome,
        reason=reason,
        model_id=info.id,
        model_name=info.name,
        model_version=info.version,
        source_hash=result.source_hash if result is not None else info.package_hash,
        weights_hash=str(engine.get("weights_hash") or ""),
        parameters=dict(request.parameters) if result is None else dict(result.parameters),
        backend=str(engine.get("backend") or ("built in" if is_built_in else "")),
        device=str(engine.get("device") or ("cpu" if is_built_in else "")),
        precision=_precision(engine),
        engine={name: value for name, value in engine.items() if name not in _NOT_THE_ENGINES},
        confinement=None if result is None or result.confinement is None else result.confinement.to_json(),
        input_hash=request.input_hash or pixel_hash(volume),
        other_hashes=tuple(pixel_hash(other) for other in request.others),
        shape=volume.geometry.shape,
        spacing_mm=tuple(round(float(mm), 4) for mm in volume.geometry.spacing_mm),
        modality=volume.source.modality,
        seconds={} if result is None else dict(result.seconds),
        total_s=round(meter.seconds, 3),
        usage=usage,
        computer=dict(computer),
        program=_program(),
    )


def _precision(engine: Mapping[str, Any]) -> str:
    """As the engine says, or as it says of its choice."""
    choice = engine.get("choice")
    chosen = choice.get("candidate") if isinstance(choice, dict) else None
    return str(engine.get("precision") or (chosen.get("precision") if isinstance(chosen, dict) else "") or "")


def _outcome(failure: BaseException | None) -> tuple[Outcome, str]:
    """How a run ended, and why. Only sentences made for people are kept: they name no patient."""
    if failure is None:
        return Outcome.DONE, ""
    if isinstance(failure, InferenceCancelled | Cancelled | KeyboardInterrupt):
        return Outcome.CANCELLED, "Stopped by the user."
    if isinstance(failure, UserError):
        return Outcome.FAILED if isinstance(failure, LimitReached) else Outcome.REFUSED, failure.message
    if isinstance(failure, InferenceFailed):
        return Outcome.FAILED, failure.message
    return Outcome.FAILED, f"A bug: {type(failure).__name__}."


@cache
def _program() -> str:
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    try:
        return f"limner {version('limner')}"
    except PackageNotFoundError:
        return "limner"  # run from a folder without having been installed
