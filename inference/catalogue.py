"""The models that can be asked for, those that come with the program and those of the store; torch is not loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.model import Model

if TYPE_CHECKING:
    from inference.external.task import ExternalTask
    from inference.packages.description import ModelDescription
    from inference.packages.store import ModelStore
    from inference.packages.stored_model import StoredModel

PACKAGED = "inference.engine.packaged_model:PackagedModel"


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
        external: the task of a program that is installed on its own; None for networks and built-in models.
        problem, hint: why a model of the store cannot be run now (weights are missing, nobody trusts its code, ...);
            empty when it can.
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
    problem: str = ""
    hint: str = ""
    external: ExternalTask | None = None

    def check(self, quantity: Quantity, modality: str, geometry: Geometry) -> None:
        """Ask the model itself; its module is imported, which is quick: models import heavy libraries when they run.

        A foreign model is code that this process must not run, and so is a program that is installed on its own: here
        only their modalities are compared, and the worker asks the rest before the run.

        Raises:
            UserError: the model cannot be used on such an image.
        """
        if self.problem:
            raise UserError(self.problem, self.hint)
        if self.package is None and self.external is None:
            self._model().check(geometry, quantity, modality)
        elif self.modalities and (found := modality or ("CT" if quantity is Quantity.HU else "")):
            # research files without a modality get the benefit of the doubt
            wanted = " or ".join(self.modalities)
            if found not in self.modalities:
                raise UserError(f"{self.name} is made for {wanted} images; this one is {found}.")

    @property
    def is_external(self) -> bool:
        """True for programs that are installed on their own, those that do not answer included."""
        return self.factory.startswith("inference.external.")

    def check_files(self) -> None:
        """Before a run: raise UserError when the files of a model of the store are not those that were added."""
        if self.package is not None:
            from inference.packages.stored_model import must_be_unchanged

            must_be_unchanged(self.package)

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


BUILT_IN = (CT_ANATOMY_RULES,)
Catalogue = Sequence[ModelInfo] | Callable[[], Sequence[ModelInfo]]  # a list, or what makes one whenever it is asked


def models(store: ModelStore | None = None) -> list[ModelInfo]:
    """The built-in models, then those of the store by name; broken ones, too, with their problem.

    Args:
        store: of the workspace; None for the built-in models alone.
    """
    stored = [] if store is None else [stored_info(model) for model in store.models()]
    return [*BUILT_IN, *sorted(stored, key=lambda info: info.name.lower())]


def stored_info(model: StoredModel) -> ModelInfo:
    """A model of the store as the catalogue has it."""
    if model.description is None:
        return ModelInfo(
            model.id, model.id, "0", (), "", PACKAGED, package=model.folder, problem=model.problem, hint=model.hint
        )
    sha256 = model.record.sha256 if model.record is not None else ""
    return _info(model.id, model.folder, model.description, sha256, model.problem, model.hint)


def folder_info(folder: Path) -> ModelInfo:
    """A model's folder that is in no store, for one run; asking whether its code may run is the caller's part.

    Raises:
        UserError: there is no model in it.
    """
    from inference.packages.gathering import model_id
    from inference.packages.recognise import describe, find_model

    found = find_model(folder.absolute())  # the worker lives in another folder
    description = describe(found)
    problem, hint = description.problem, description.hint
    if not problem and description.missing_weights:
        problem = f"{description.missing_weights[0].path} is missing."
        hint = "`limner models add` and `limner models fetch` can get what the model says where to get."
    return _info(model_id(description.name), found, description, "", problem, hint)


def _info(
    model_id: str, folder: Path, description: ModelDescription, sha256: str, problem: str, hint: str
) -> ModelInfo:
    modalities = dict.fromkeys(channel.modality for channel in description.channels)
    return ModelInfo(
        id=model_id,
        name=description.name,
        version=description.version,
        structures=tuple(label.name for label in description.labels),
        about=description.about,
        factory=PACKAGED,
        package=folder,
        package_hash=sha256,
        modalities=() if "" in modalities else tuple(modalities),
        problem=problem,
        hint=hint,
    )


def model_info(model_id: str, among: Catalogue | None = None) -> ModelInfo:
    """The model of this id.

    Args:
        model_id: of one of them.
        among: the models, or what lists them now; the built-in ones by default.

    Raises:
        UserError: there is none.
    """
    listed = models() if among is None else among() if callable(among) else among
    known = {info.id: info for info in listed}
    if model_id not in known:
        raise UserError(f"There is no model “{model_id}”.", f"Known models: {', '.join(known) or 'none'}.")
    return known[model_id]
