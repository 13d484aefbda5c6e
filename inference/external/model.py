"""A task of a program that is installed on its own, as the worker runs it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.formats.registry import write_arrays
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.external.kinds import Kind, Wishes, kinds
from inference.external.program import Ended, ProgramRun
from inference.external.task import ExternalTask
from inference.model import Cancelled, Labels, ModelLabel, ModelResult, Report, RunCancelled
from inference.worker.scratch import new_scratch, remove_scratch
from inference.written_mask import read_masks

PROGRAM_SHARE = (0.05, 0.95)  # of the progress
REGULAR_HINT = "Resample it to a regular grid first (Image menu, or --regular-grid on the command line)."
UNTAKEN = "Nothing of it was taken."

logger = logging.getLogger("limner.external")


class ExternalModel:
    """One task.

    Args:
        told: the task, see ``ExternalTask.to_json``.
    """

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._task = ExternalTask.from_json(told)
        self._kind: Kind = kinds()[self._task.program]
        self.labels = tuple(ModelLabel(value, name.replace("_", " "), name) for value, name in self._task.labels)

    @property
    def id(self) -> str:
        """Short name for scripts."""
        return self._task.id

    @property
    def name(self) -> str:
        """Name for people."""
        return self._task.title(self._kind.name)

    @property
    def version(self) -> str:
        """Of the program."""
        return self._task.version

    def check(self, geometry: Geometry, quantity: Quantity, modality: str) -> None:
        """Raise UserError when the task cannot be run on such a volume."""
        if not geometry.is_regular or geometry.is_sheared:
            raise UserError(f"{self.name} needs evenly spaced slices at right angles.", REGULAR_HINT)
        if quantity is Quantity.COLOUR:
            raise UserError(f"{self.name} needs grey values, and this image has colours.")

    def run(
        self,
        voxels: NDArray[Any],
        geometry: Geometry,
        parameters: Mapping[str, Any],
        report: Report,
        cancelled: Cancelled,
    ) -> ModelResult:
        """Run it; see ``Model.run``.

        Args:
            parameters: ``device``, ``fast``, ``network``; see ``Wishes``.

        Raises:
            UserError: also when the program fails, or gives something that is no result for this image.
        """
        wishes = wishes_of(self.name, parameters)
        problem, hint = self._kind.licence_problem(self._task)
        if problem:
            raise UserError(problem, hint)
        self._must_have_weights(wishes)
        scratch = new_scratch()
        try:
            return self._run(voxels, geometry, wishes, _Run(scratch, report, cancelled))
        finally:
            remove_scratch(scratch)  # the keeper does it, too, when this process is ended

    def _run(self, voxels: NDArray[Any], geometry: Geometry, wishes: Wishes, run: _Run) -> ModelResult:
        out = run.scratch / "out.nii.gz"
        image = run.scratch / "in.nii.gz"
        order = self._kind.order(self._task, wishes, image, out, run.scratch)
        with ProgramRun(run.scratch) as program:
            run.say(0.01, "Writing the image")
            with run.stage("write image"):
                write_arrays(geometry, [voxels], image)
            with run.stage("program"):
                program.start(order, may_connect=wishes.network)
                ended = self._waited(program, run)
            self._must_have_ended_well(ended, wishes, out)
            run.say(PROGRAM_SHARE[1], "Reading the result")
            with run.stage("read result"):
                labels = self._read(out, geometry)
            present = {int(value) for value in np.flatnonzero(_counts(labels))} - {0}
            record = self._record(ended, wishes)
        found = {label.label_value: label.label_value in present for label in self.labels}
        parameters = {"device": wishes.device, "fast": wishes.fast, "network": wishes.network}
        return ModelResult((labels,), found, run.seconds, parameters, (ended.confinement,), record=record)

    def _waited(self, program: ProgramRun, run: _Run) -> Ended:
        read = self._kind.progress()
        low, high = PROGRAM_SHARE
        run.say(low, f"Starting {self._kind.name}")

        def hear(line: str) -> None:
            told = read(line)
            if told is not None:
                run.say(low + (high - low) * told[0], f"{self._kind.name}: {told[1]}")

        return program.wait(hear, run.cancelled)

    def _must_have_weights(self, wishes: Wishes) -> None:
        missing = self._kind.missing_weights(self._task, wishes.fast)
        if missing and not wishes.network:
            hint = "Allow it the network for this run (`--network`; the window asks), or bring them by hand."
            raise UserError(f"{self.name} has no weights on this computer and would fetch them itself.", hint)

    def _must_have_ended_well(self, ended: Ended, wishes: Wishes, out: Path) -> None:
        name = self._kind.name
        if ended.code == 0 and out.is_file():
            return
        logger.info("%s printed last: %s", name, ended.printed[-2000:])
        why, hint = self._kind.reason(ended.printed, wishes.network)
        if why:
            raise UserError(f"{name} gave no result: {why}.", hint)
        what = "gave no result" if ended.code == 0 else f"was ended by signal {-ended.code}"
        if ended.code > 0:
            what = f"failed with code {ended.code}"
        last = ended.printed.strip().splitlines()
        raise UserError(f"{name} {what}. {UNTAKEN}", f"It said last: {last[-1][:300]}" if last else "It said nothing.")

    def _read(self, out: Path, geometry: Geometry) -> Labels:
        """The result on our grid.

        Raises:
            UserError: it lies elsewhere, or holds something else than the task's labels.
        """
        name = self._kind.name
        masks = read_masks(out, geometry, name)
        if len(masks) != 1:
            raise UserError(f"{name} gave {len(masks)} masks instead of one. {UNTAKEN}")
        labels = masks[0]
        known = {label.label_value for label in self.labels} | {0}
        unknown = [int(value) for value in np.flatnonzero(_counts(labels)) if int(value) not in known]
        if unknown:
            listed = ", ".join(map(str, unknown[:10]))
            raise UserError(f"{name} gave labels that its task does not name ({listed}). {UNTAKEN}")
        return labels

    def _record(self, ended: Ended, wishes: Wishes) -> dict[str, Any]:
        return {
            "backend": f"{self._kind.name} {self._task.version}",
            "device": self._kind.device(wishes, ended.printed),
            "precision": "as the program chose",
            "weights_hash": self._kind.weights_hash(self._task, wishes.fast),
            "task": self._task.name,
            "network": ended.network,
            "files": ended.files,
            "memory": "not planned",
        }


class _Run:
    """Where, for whom, and how long."""

    def __init__(self, scratch: Path, report: Report, cancelled: Cancelled) -> None:
        self.scratch = scratch
        self.cancelled = cancelled
        self.seconds: dict[str, float] = {}
        self._report = report

    def say(self, fraction: float, message: str) -> None:
        """Report; RunCancelled when nobody wants it any more."""
        if self.cancelled():
            raise RunCancelled
        self._report(fraction, message)

    def stage(self, name: str) -> _Stage:
        """Writes down how long something took."""
        return _Stage(self.seconds, name)


class _Stage:
    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name, self._began = seconds, name, 0.0

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = round(time.monotonic() - self._began, 3)


def wishes_of(name: str, parameters: Mapping[str, Any]) -> Wishes:
    """Read JSON.

    Raises:
        UserError: something that such programs do not take.
    """
    kinds_of = {"device": str, "fast": bool, "network": bool}
    for key, value in parameters.items():
        if key not in kinds_of:
            raise UserError(f"{name} is a program of its own and takes no “{key}”.", f"It takes {', '.join(kinds_of)}.")
        if not isinstance(value, kinds_of[key]):
            raise UserError(f"“{key}” cannot be “{value}”.")
    return Wishes(**parameters)


def _counts(labels: Labels) -> NDArray[np.int64]:
    from inference.result import label_counts

    return label_counts(labels)
