"""A model out of a folder, as the worker runs it: every format ends here."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.backends.forms import Shelf
from inference.early_result import ShowEarly
from inference.engine.ahead import open_ahead
from inference.engine.one_by_one import run_singles, singles
from inference.engine.parameters import RunParameters
from inference.engine.planning import plan_run
from inference.engine.running import NetworkRun
from inference.model import Cancelled, ModelImage, ModelLabel, ModelResult, Report, RunCancelled
from inference.operators.hounsfield import looks_like_hounsfield
from inference.packages.package import Package, read_package
from inference.plan import Plan

NOT_LIKE_CT = "The model was made for CT, and the numbers of this image are not those of a CT: look closely."
REGULAR_HINT = "Resample it to a regular grid first (Image menu, or --regular-grid on the command line)."


class PackagedModel:
    """A model that somebody brought.

    Args:
        folder: the package's folder in the store, or any folder that holds a model.

    Raises:
        UserError: there is no model in it, or it cannot be run here.
    """

    def __init__(self, folder: Path) -> None:
        self._package: Package = read_package(Path(folder))
        self._labels = self._package.description.labels
        self.early: ShowEarly | None = None  # set by whoever wants to look before the run is over
        self.shelf: Shelf | None = None  # set by whoever keeps converted networks

    @property
    def id(self) -> str:
        """Short name for scripts."""
        return self._package.id

    @property
    def name(self) -> str:
        """Name for people."""
        return self._package.description.name

    @property
    def version(self) -> str:
        """As the model states it."""
        return self._package.description.version

    @property
    def labels(self) -> tuple[ModelLabel, ...]:
        """What it can find; structures that its files do not name are known after a run only."""
        return self._labels

    def check(self, geometry: Geometry, quantity: Quantity, modality: str) -> None:
        """Raise UserError when the model cannot be used on such a volume."""
        description = self._package.description
        _must_have_torch(self.name)
        if description.problem:
            raise UserError(f"{self.name} cannot be run: {description.problem}", description.hint)
        if description.missing_weights:
            missing = description.missing_weights[0]
            where = (
                f"The model says that it can be had from {missing.url}"
                if missing.url
                else "Ask whoever made the model."
            )
            raise UserError(f"{self.name} lacks its weights: {missing.path}.", where)
        if not geometry.is_regular or geometry.is_sheared:
            raise UserError(f"{self.name} needs evenly spaced slices at right angles.", REGULAR_HINT)
        _check_modality(self.name, description.channels[0].modality, quantity, modality)

    def open_ahead(self, parameters: Mapping[str, Any]) -> None:
        """Open it for the plan and the run that come next.

        Args:
            parameters: as for ``run``.

        Raises:
            UserError: it cannot be opened, or the parameters make no sense.
        """
        wanted = RunParameters.of(parameters)
        if not wanted.stock:
            open_ahead(self._package, wanted, self.shelf)

    def plan(self, geometry: Geometry, image_bytes: int, parameters: Mapping[str, Any]) -> Plan:
        """What a run would take.

        Args:
            geometry: of the images.
            image_bytes: of all of them.
            parameters: as for ``run``.

        Raises:
            UserError: the model cannot be opened, or the parameters make no sense.
        """
        return plan_run(self._package, geometry, image_bytes, RunParameters.of(parameters))

    def run(
        self,
        voxels: NDArray[Any],
        geometry: Geometry,
        parameters: Mapping[str, Any],
        report: Report,
        cancelled: Cancelled,
    ) -> ModelResult:
        """Run it on one image; see ``Model.run``."""
        image = ModelImage(voxels, geometry, Quantity.SIGNAL, "")
        return self.run_images([image], parameters, report, cancelled)

    def run_images(
        self,
        images: Sequence[ModelImage],
        parameters: Mapping[str, Any],
        report: Report,
        cancelled: Cancelled,
    ) -> ModelResult:
        """Run it on one image for each of its channels, all on one grid.

        Raises:
            UserError: too few images, different grids, an empty image, wrong parameters.
            RunCancelled: ``cancelled()`` was true.
        """
        wanted = RunParameters.of(parameters)
        channels = self._package.description.channels
        if len(channels) == 1 != len(images):
            raise UserError(f"{self.name} takes one image; {len(images)} were given.")
        if len(images) != len(channels):
            names = ", ".join(channel.name for channel in channels)
            raise UserError(f"{self.name} needs {len(channels)} images ({names}), {len(images)} were given.")
        geometry = images[0].geometry
        if not all(geometry.same_space(image.geometry, 0.1) for image in images[1:]):
            hint = "Register and resample the others to the first one's grid."
            raise UserError(f"{self.name} needs its images on one grid.", hint)
        watch = _watch(report, cancelled)
        result = self._run(images, wanted, watch)
        doubts = {_doubt(channel.modality, image) for channel, image in zip(channels, images, strict=True)} - {""}
        return replace(result, notes=(*result.notes, *doubts))

    def _run(
        self, images: Sequence[ModelImage], wanted: RunParameters, watch: Callable[[float, str], None]
    ) -> ModelResult:
        if wanted.stock:
            return self._run_stock(images, wanted, watch)
        alone = singles(self._package.description, wanted.prompts)
        if alone:
            result, self._labels = run_singles(
                alone, lambda prompts, told: self._run_network(images, replace(wanted, prompts=prompts), told), watch
            )
            return result
        return self._run_network(images, wanted, watch)

    def _run_network(
        self, images: Sequence[ModelImage], wanted: RunParameters, watch: Callable[[float, str], None]
    ) -> ModelResult:
        began = time.monotonic()
        watch(0.0, "Opening the model")
        run = NetworkRun(self._package, wanted, self.early, self.shelf)
        opened = time.monotonic() - began
        result = run.on([image.voxels for image in images], images[0].geometry, watch)
        self._labels = run.labels
        result.seconds["open model"] = round(opened, 3)
        return result

    def _run_stock(
        self, images: Sequence[ModelImage], wanted: RunParameters, watch: Callable[[float, str], None]
    ) -> ModelResult:
        from inference.opening.stock import StockRun

        run = StockRun(self._package, wanted)
        result = run.on(images, watch)
        self._labels = run.labels
        return result


def _must_have_torch(name: str) -> None:
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("monai") is None:
        hint = "Limner's extra `ai` installs what computes networks (`python3 dev.py run --ai` from a checkout)."
        raise UserError(f"{name} is a network, and this installation computes none.", hint)


def _watch(report: Report, cancelled: Cancelled) -> Callable[[float, str], None]:
    def watch(fraction: float, message: str) -> None:
        if cancelled():
            raise RunCancelled
        report(fraction, message)

    return watch


def _check_modality(name: str, wanted: str, quantity: Quantity, modality: str) -> None:
    """Refuse what is surely something else; files without a modality get the benefit of the doubt."""
    found = modality.upper() or ("CT" if quantity is Quantity.HU else "")
    if wanted and found and found != wanted.upper():
        raise UserError(f"{name} was made for {wanted.upper()} images, this one is {found}.")
    if wanted.upper() == "CT" and quantity not in (Quantity.HU, Quantity.SIGNAL):
        raise UserError(f"{name} needs a CT image in Hounsfield units, this one is {quantity.value}.")


def _doubt(wanted: str, image: ModelImage) -> str:
    """What to say of an image whose file names no modality, and whose numbers are not those of the model's."""
    if wanted.upper() != "CT" or image.modality or image.quantity is not Quantity.SIGNAL:
        return ""
    return "" if looks_like_hounsfield(image.voxels) else NOT_LIKE_CT
