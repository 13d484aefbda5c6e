"""The models that come with the program, described without loading what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.model import Model


@dataclass(frozen=True)
class ModelInfo:
    """What people see of a model before it runs.

    Attributes:
        id: short name for scripts, never changed.
        name, about: for people.
        version: changes whenever results may.
        structures: names of all structures that it can find.
        factory: ``module:callable`` that makes the model; the worker imports it.
        memory_per_voxel: most bytes of memory that the worker takes for each voxel, the image itself not counted.
        memory_base_mb: what it takes beside that, MiB.
        package: folder of a foreign model, which runs confined in a process of its own; None when it is built in.
            ``factory`` is then called with this folder.
        package_hash: hash over that folder, hexadecimal; the journal's author ends in it. Empty: the hash over the
            source of ``factory``, as for built-in models.
        modalities: DICOM's words for what a foreign model is made for; empty when it does not say. A built-in model is
            asked itself.
    """

    id: str
    name: str
    version: str
    structures: tuple[str, ...]
    about: str
    factory: str
    memory_per_voxel: float = 0.0
    memory_base_mb: float = 0.0
    package: Path | None = None
    package_hash: str = ""
    modalities: tuple[str, ...] = ()

    def check(self, quantity: Quantity, modality: str, geometry: Geometry) -> None:
        """Ask the model itself; its module is imported, which is quick: models import heavy libraries when they run.

        A foreign model is code that this process must not run: here only its modalities are compared, and the worker
        asks the rest before the run.

        Raises:
            UserError: the model cannot be used on such an image.
        """
        if self.package is None:
            self._model().check(geometry, quantity, modality)
        elif self.modalities and modality not in self.modalities:
            wanted = " or ".join(self.modalities)
            raise UserError(f"{self.name} is made for {wanted} images; this one is {modality or 'of no modality'}.")

    def fits(self, quantity: Quantity, modality: str, geometry: Geometry) -> str:
        """Why the model cannot be used on such an image; empty when it can."""
        try:
            self.check(quantity, modality, geometry)
        except UserError as error:
            return error.message
        return ""

    def memory_mb(self, geometry: Geometry) -> float:
        """Most memory that a run on such a grid takes beside the image, MiB."""
        k, j, i = geometry.shape
        return self.memory_base_mb + k * j * i * self.memory_per_voxel / 2**20

    def _model(self) -> Model:
        from inference.worker.model_run import load_model

        return load_model(self.factory)


CT_ANATOMY_RULES = ModelInfo(
    id="ct-anatomy-rules",
    name="CT anatomy (rules)",
    version="1.0",
    structures=(
        "Body",
        "Left lung",
        "Right lung",
        "Airways",
        "Skeleton",
        "Subcutaneous fat",
        "Visceral fat",
    ),
    about="Body, lungs, airways, skeleton and fat of any CT by rules of anatomy; needs no download.",
    factory="inference.models.ct_anatomy_rules:CtAnatomyRules",
    memory_per_voxel=8.0,  # measured: 569 MiB in all for 512 x 512 x 300 voxels of int16
    memory_base_mb=400.0,
)


def models() -> list[ModelInfo]:
    """All built-in models, the best first."""
    return [CT_ANATOMY_RULES]


def model_info(model_id: str, among: Sequence[ModelInfo] | None = None) -> ModelInfo:
    """The model of this id.

    Raises:
        UserError: there is none.
    """
    known = {info.id: info for info in (models() if among is None else among)}
    if model_id not in known:
        raise UserError(f"There is no model “{model_id}”.", f"Known models: {', '.join(known) or 'none'}.")
    return known[model_id]
