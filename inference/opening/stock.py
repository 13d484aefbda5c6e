"""A MONAI bundle run by its own workflow, for those with steps that our engine does not know.

Nothing of our engine is used: MONAI's ``ConfigWorkflow`` carries out the configuration as it stands. Only what ties it
to the machine of its maker is replaced: places of files, the list of images, devices, worker processes and logging. It
takes the memory that it takes; nobody plans that.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from imaging.errors import UserError
from imaging.formats.registry import is_image_file, write_arrays
from imaging.geometry import Geometry
from inference.engine.parameters import RunParameters
from inference.model import Labels, ModelImage, ModelLabel, ModelResult
from inference.opening.bundle_parser import targets_in
from inference.opening.bundle_surroundings import find_scripts_in, on_the_cpu, reading_weights_only
from inference.opening.monai_import import import_monai
from inference.packages.bundle_files import Bundle, open_bundle
from inference.packages.bundle_steps import PREPROCESSING, steps
from inference.packages.description import ModelDescription, ModelFormat, Task
from inference.packages.package import Package
from inference.written_mask import read_masks

BACKEND = "MONAI's own workflow"
NOTE = "Computed by MONAI's own workflow, not by Limner's engine; its memory was not planned."
_WORKERS = ("prefetch_factor", "persistent_workers", "multiprocessing_context")  # of loaders with processes
_TAKEN = ("device", "stock", "known_choices")  # parameters that mean something here


class StockRun:
    """One run.

    Args:
        package: a bundle.
        wanted: only its device matters.

    Attributes:
        labels: what the result's label values mean; after the run.

    Raises:
        UserError: it is no bundle in a folder, it gives no masks, or more is wished than MONAI's workflow takes.
    """

    def __init__(self, package: Package, wanted: RunParameters) -> None:
        self._package = package
        self._device = _device(wanted.device)
        self.labels = package.description.labels
        _must_be_possible(package.description, wanted)
        self._bundle = open_bundle(package.content)
        if self._bundle.torchscript is not None or not self._bundle.run_id:
            raise UserError(f"“{package.description.name}” brings no workflow that could be run as it is.")

    def on(self, images: Sequence[ModelImage], watch: Callable[[float, str], None]) -> ModelResult:
        """Run on one image for each channel, all on one grid.

        Raises:
            UserError: it wrote no mask, or one that does not lie on the image's grid or holds no label values; and
                whatever the bundle raises.
        """
        geometry = images[0].geometry
        scratch = Path(tempfile.mkdtemp(prefix="stock-"))
        try:
            watch(0.02, "Writing the image for MONAI")
            began = time.monotonic()
            paths = _written(images, scratch)
            watch(0.05, "MONAI's own workflow computes")
            started = time.monotonic()
            self._run(paths, scratch)
            watch(0.95, "Reading what MONAI wrote")
            ended = time.monotonic()
            layers, self.labels, notes = _read(scratch / "out", geometry, self._package.description)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)  # the whole of it lies in the worker's scratch folder
        present = {int(value) for layer in layers for value in np.unique(layer)} - {0}
        seconds = {"write image": started - began, "workflow": ended - started, "read mask": time.monotonic() - ended}
        found = {label.label_value: label.label_value in present for label in self.labels}
        return ModelResult(layers, found, seconds, {"stock": True}, (NOTE, *notes), record=self._record())

    def _run(self, paths: Sequence[Path], scratch: Path) -> None:
        import_monai(with_all=True)
        from monai.bundle import ConfigWorkflow

        folder, bundle = self._package.content, self._bundle
        find_scripts_in(folder)
        with warnings.catch_warnings(), reading_weights_only(folder):
            warnings.simplefilter("ignore")  # of libraries about each other
            workflow = ConfigWorkflow(
                str(folder / "configs" / bundle.config_name),
                logging_file=False,  # a bundle's own would change the logging of the whole process
                run_id=bundle.run_id,
                workflow_type="infer",
                **overrides(bundle, paths, scratch, self._device),
            )
            workflow.initialize()
            workflow.run()
            workflow.finalize()

    def _record(self) -> dict[str, Any]:
        import monai

        return {
            "backend": BACKEND,
            "monai": monai.__version__,
            "device": self._device,
            "precision": "as the bundle says",
            "format": self._package.description.format.value,
            "weights_hash": self._package.weights_hash,
        }


def overrides(bundle: Bundle, paths: Sequence[Path], scratch: Path, device: str) -> dict[str, Any]:
    """Those parts of the configuration that must be others here, by their names.

    Args:
        bundle: never changed.
        paths: one image for each channel.
        scratch: where the workflow may write; the mask comes to ``out`` in it.
        device: a torch device.
    """
    config: dict[str, Any] = deepcopy(bundle.config)
    if device == "cpu":
        config = on_the_cpu(config)
    item = _item(bundle, paths)
    for entry in targets_in(config):
        _adapt(entry, item, scratch)
    config |= {
        "bundle_root": str(bundle.root),
        "output_dir": str(scratch / "out"),
        "dataset_dir": str(scratch),
        "device": f"$torch.device('{device}')",
    }
    return {name: value for name, value in config.items() if value != bundle.config.get(name)}


def _adapt(entry: dict[str, Any], item: dict[str, Any], scratch: Path) -> None:
    target = str(entry["_target_"]).rsplit(".", 1)[-1]
    if target.endswith("Dataset") and "data" in entry:
        entry["data"] = [item]
    elif target.endswith("DataLoader"):
        entry["num_workers"] = 0  # the worker may not start processes
        for name in _WORKERS:
            entry.pop(name, None)
    elif target.startswith("SaveImage"):
        keys = entry.get("keys", "pred")
        is_mask = "pred" in ([keys] if isinstance(keys, str) else keys)
        entry["output_dir"] = str(scratch / ("out" if is_mask else "other"))
        if entry.get("data_root_dir"):
            entry["data_root_dir"] = str(scratch)


def _item(bundle: Bundle, paths: Sequence[Path]) -> dict[str, Any]:
    """The images under the names by which the bundle loads them: one file for each name, or all under one name."""
    loads = next((args for name, args in steps(bundle, PREPROCESSING) if name.startswith("LoadImage")), {})
    keys = loads.get("keys", "image")
    names = [keys] if isinstance(keys, str) else [str(key) for key in keys]
    files = [str(path) for path in paths]
    if len(names) == len(files):
        return dict(zip(names, files, strict=True))
    if len(names) == 1:
        return {names[0]: files}
    raise UserError(f"The bundle loads {len(names)} images, and {len(files)} were given.")


def _must_be_possible(description: ModelDescription, wanted: RunParameters) -> None:
    name = description.name
    if description.format is not ModelFormat.MONAI_BUNDLE:
        raise UserError(f"“{name}” is a {description.format.value}; only MONAI bundles bring a workflow of their own.")
    if description.task is not Task.SEGMENTATION or description.prompts:
        raise UserError(f"“{name}” gives no masks from images alone, so MONAI's workflow is not run.")
    plain = RunParameters()
    more = [n for n in vars(plain) if n not in _TAKEN and getattr(wanted, n) != getattr(plain, n)]
    if more:
        raise UserError(f"MONAI's own workflow can be told the device only, not: {', '.join(more)}.")


def _device(wanted: str) -> str:
    import torch

    if wanted == "auto":
        return "cuda:0" if torch.cuda.is_available() else "cpu"
    try:
        return str(torch.device(wanted))
    except RuntimeError as error:
        raise UserError(f"There is no device “{wanted}”.") from error


def _written(images: Sequence[ModelImage], scratch: Path) -> list[Path]:
    paths = [scratch / f"image-{number}.nii" for number in range(len(images))]
    for image, path in zip(images, paths, strict=True):
        write_arrays(image.geometry, [image.voxels], path)
    return paths


def _read(
    out: Path, geometry: Geometry, description: ModelDescription
) -> tuple[tuple[Labels, ...], tuple[ModelLabel, ...], tuple[str, ...]]:
    """Layers, what their values mean, and what is to be said of that."""
    files = [path for path in out.rglob("*") if is_image_file(path)]
    if len(files) != 1:
        what = "wrote no mask" if not files else f"wrote {len(files)} masks, and nobody says which counts"
        raise UserError(f"MONAI's own workflow {what}.", "It cannot be used here.")
    masks = read_masks(files[0], geometry, BACKEND)
    if len(masks) == 1:
        return (masks[0],), *_named(masks[0], description)
    labels = description.labels
    if len(labels) != len(masks) or any(mask.max() > 1 for mask in masks):
        raise UserError(f"MONAI's own workflow wrote {len(masks)} channels, which cannot be told apart.")
    values = [label.label_value for label in labels]
    return tuple(mask * masks[0].dtype.type(v) for mask, v in zip(masks, values, strict=True)), labels, ()


def _named(mask: Labels, description: ModelDescription) -> tuple[tuple[ModelLabel, ...], tuple[str, ...]]:
    """Names of the values of one layer. Channels that may overlap are not the values to which a bundle merges them."""
    from inference.packages.description import Head

    known = {label.label_value: label for label in description.labels}
    values = [int(value) for value in np.unique(mask) if value]
    if description.head is Head.SIGMOID and len(known) > 1:
        known = {}
    nameless = [value for value in values if value not in known]
    if not nameless:
        return description.labels, ()
    labels = (*known.values(), *(ModelLabel(value, f"Value {value}") for value in nameless))
    listed = ", ".join(map(str, nameless))
    return labels, (f"The bundle does not say what these values of its mask mean: {listed}.",)
