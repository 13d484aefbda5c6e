"""Reads what a Clara MMAR (NVIDIA Clara Train 4, PyTorch) says of itself: ``config/*.json`` and ``models/model.ts``.

Configurations refer to ``environment.json`` and to their own fields as ``{NAME}``. MMARs of Clara Train 1 to 3 hold
TensorFlow networks and are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.model import ModelLabel
from inference.packages import clara_deepgrow
from inference.packages.bundle_steps import bare, numbers
from inference.packages.code_listing import not_run_notes, pickles_only
from inference.packages.config_files import list_of, read_config, table_of, text_of, walk
from inference.packages.description import Head, InputChannel, ModelDescription, ModelFormat, Task, WeightsFile
from inference.packages.licences import licence_text
from inference.packages.naming import dicom_modality, labels_by_channel

LOOKED_FOR = "config/config_inference.json, config_aiaa.json or config_validation.json (Clara MMAR)"
CONFIG_NAMES = ("config_inference.json", "config_aiaa.json", "config_validation.json")
TORCHSCRIPT = "models/model.ts"
CHECKPOINT = "models/model.pt"
_PLACE = re.compile(r"\{(\w+)\}")
_TENSORFLOW_FILES = ("*.ckpt*", "*.pb", "*.meta", "checkpoint", "*.trt.pb")
_TENSORFLOW_STEPS = (
    "LoadNifti",
    "ConvertToChannelsFirst",
    "ScaleByResolution",
    "LoadPng",
    "TFInference",
    "ScaleToShape",
)
_TASKS = {
    "segmentation": Task.SEGMENTATION,
    "annotation": Task.SEGMENTATION,
    "deepgrow": Task.SEGMENTATION,
    "deepedit": Task.SEGMENTATION,
    "classification": Task.CLASSIFICATION,
    "detection": Task.DETECTION,
}

PROMPTS_HINT = (
    "Of models with prompts, MONAI bundles of the DeepEdit and VISTA3D families and Clara's own deepgrow can be run."
)


def is_here(folder: Path) -> bool:
    """True when the folder is an MMAR, be it a broken or an old one."""
    return any((folder / "config" / name).is_file() for name in (*CONFIG_NAMES, "config_train.json"))


def read(folder: Path) -> ModelDescription:
    """What the MMAR says of itself.

    Raises:
        UserError: it is none, of the TensorFlow time, or one of its files is broken.
    """
    configs = configurations(folder)
    _refuse_tensorflow(folder, configs)
    aiaa = configs.get("config_aiaa.json", {})
    kind = text_of(aiaa.get("type")) or text_of(_environment(folder).get("PROCESSING_TASK"))
    if kind == "pipeline":
        raise UserError(f"“{folder.name}” is an AIAA pipeline of several models, which is not supported.")
    task = _TASKS.get(kind.lower(), Task.SEGMENTATION)
    head = Head.SCORES if task is Task.CLASSIFICATION else _head(configs)
    dataset = _dataset(folder)
    prompts = _prompts(kind, configs)
    problem, hint = _problem_of_prompts(_name(folder, aiaa), prompts, aiaa)
    if prompts and not problem:
        prompts = ("clicks", "new", *(["slice"] if clara_deepgrow.is_flat(aiaa) else []))
    return ModelDescription(
        format=ModelFormat.CLARA_MMAR,
        name=_name(folder, aiaa),
        version=text_of(aiaa.get("version"), "0"),
        task=task,
        about=text_of(aiaa.get("description")) or text_of(dataset.get("description")),
        channels=_channels(dataset),
        labels=_labels(aiaa, dataset, head),
        licence=licence_text(folder) or text_of(dataset.get("licence")),
        copyright=text_of(dataset.get("reference")),
        spacing_mm=_spacing(configs),
        weights=_weights(folder),
        code=pickles_only(folder),
        prompts=prompts,
        problem=problem,
        hint=hint,
        notes=_notes(folder, configs),
        head=head,
    )


def configurations(folder: Path) -> dict[str, dict[str, Any]]:
    """The configurations for inference by file name, the best first, with all ``{NAME}`` filled in.

    Raises:
        UserError: there are none, or one is broken.
    """
    found = [name for name in CONFIG_NAMES if (folder / "config" / name).is_file()]
    if not found:
        raise UserError(f"The MMAR “{folder.name}” can only be trained: it has none of {', '.join(CONFIG_NAMES)}.")
    environment = _environment(folder)
    return {name: filled(read_config(folder / "config" / name), environment) for name in found}


def filled(config: dict[str, Any], environment: dict[str, Any]) -> dict[str, Any]:
    """The configuration with ``{NAME}`` replaced by its own top-level fields, else by the environment's.

    A text that is nothing but ``{NAME}`` becomes the field itself; names that are nowhere stay as they are.
    """
    known = environment | {key: value for key, value in config.items() if not isinstance(value, (dict, list))}

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = _PLACE.fullmatch(value)
        if whole:
            return known.get(whole[1], value)
        return _PLACE.sub(lambda match: text_of(known.get(match[1]), match[0]), value)

    filled_in: dict[str, Any] = fill(config)
    return filled_in


def _environment(folder: Path) -> dict[str, Any]:
    path = folder / "config" / "environment.json"
    return read_config(path) if path.is_file() else {}


def _dataset(folder: Path) -> dict[str, Any]:
    """The list of the data it learnt from, in the Decathlon's layout: it names modality and labels."""
    for path in sorted((folder / "config").glob("dataset*.json")):
        dataset = read_config(path)
        if dataset.get("labels") or dataset.get("modality"):
            return dataset
    return {}


def _refuse_tensorflow(folder: Path, configs: dict[str, dict[str, Any]]) -> None:
    files = [path for pattern in _TENSORFLOW_FILES for path in (folder / "models").glob(pattern)]
    has_torch = (folder / TORCHSCRIPT).is_file() or (folder / CHECKPOINT).is_file()
    steps = {name for config in configs.values() for name, _ in transforms(config)}
    if (files and not has_torch) or steps & set(_TENSORFLOW_STEPS):
        raise UserError(
            f"“{folder.name}” is a Clara MMAR of the TensorFlow time (Clara Train 1 to 3), which is not supported.",
            "NVIDIA published most of these models again for PyTorch, as MMARs of Clara Train 4 or as MONAI bundles.",
        )


def transforms(config: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All parts of a configuration that have a name and arguments, in their order."""
    for _, value in walk(config):
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            yield bare(value["name"]), table_of(value.get("args"))


def _name(folder: Path, aiaa: dict[str, Any]) -> str:
    return text_of(aiaa.get("name")) or folder.name


def _head(configs: dict[str, dict[str, Any]]) -> Head:
    for config in configs.values():
        for name, arguments in transforms({"steps": config.get("post_transforms")}):
            if name.startswith("Activations") and arguments.get("sigmoid") is True:
                return Head.SIGMOID
            if name.startswith("Activations") and arguments.get("softmax") is True:
                return Head.SOFTMAX
    return Head.SOFTMAX


def _prompts(kind: str, configs: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    names = [name.lower() for config in configs.values() for name, _ in transforms(config)]
    if kind.lower() == "annotation":
        return ("extreme points",)
    is_clicked = kind.lower() in ("deepgrow", "deepedit") or any("guidance" in name for name in names)
    return ("clicks",) if is_clicked else ()


def _problem_of_prompts(name: str, prompts: tuple[str, ...], aiaa: dict[str, Any]) -> tuple[str, str]:
    """Why a model that must be clicked cannot be run, and what can; empty texts when it can."""
    if not prompts:
        return "", ""
    if text_of(aiaa.get("type")).lower() != "deepgrow":
        return f"“{name}” must be given {', '.join(prompts)} in the way of its own server.", PROMPTS_HINT
    unknown = clara_deepgrow.why_unknown(aiaa)
    if unknown:
        return f"“{name}” must be given clicks, and {unknown} is not known here.", PROMPTS_HINT
    return "", ""


def _labels(aiaa: dict[str, Any], dataset: dict[str, Any], head: Head) -> tuple[ModelLabel, ...]:
    said = [text_of(name) for name in list_of(aiaa.get("labels")) if isinstance(name, str)]
    if said:
        return tuple(ModelLabel(number + 1, name) for number, name in enumerate(said))
    return labels_by_channel(table_of(dataset.get("labels")), None, head)


def _channels(dataset: dict[str, Any]) -> tuple[InputChannel, ...]:
    said = dataset.get("modality")
    names = [text_of(name) for _, name in sorted(said.items())] if isinstance(said, dict) else [text_of(said)]
    return tuple(InputChannel(name or "image", dicom_modality(name)) for name in names)


def _spacing(configs: dict[str, dict[str, Any]]) -> tuple[float, float, float] | None:
    for config in configs.values():
        for name, arguments in transforms({"steps": config.get("pre_transforms")}):
            if name.startswith("Spacing"):
                found = numbers(arguments.get("pixdim"), 3)
                return (found[0], found[1], found[2]) if found is not None else None
    return None


def _weights(folder: Path) -> tuple[WeightsFile, ...]:
    name = CHECKPOINT if (folder / CHECKPOINT).is_file() and not (folder / TORCHSCRIPT).is_file() else TORCHSCRIPT
    return (WeightsFile(name, (folder / name).is_file()),)


def _notes(folder: Path, configs: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    paths = {text_of(v) for c in configs.values() for k, v in walk(c) if k == "path" and isinstance(v, str)}
    own = sorted(path for path in paths if not path.startswith(("monai.", "torch.")))
    named = [f"It names steps of its own, which are not run: {', '.join(own)}."] if own else []
    return (*named, *not_run_notes(folder))
