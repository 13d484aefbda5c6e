"""Reads what an nnU-Net (version 2) result folder says of itself: ``dataset.json``, ``plans.json``, ``fold_*``.

The three stand in a folder named ``Trainer__Plans__configuration``, which people hand on alone or inside the data set's
folder. A cascade is two such folders in one: the first stage, and the second, whose plan names the first. Names in
``dataset.json`` are as in nnU-Net's documentation of version 2; version 1 wrote them the other way round and kept
pickles, and is refused by name.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.model import ModelLabel
from inference.packages.bundle_steps import numbers
from inference.packages.code_listing import not_run_notes, pickles_only
from inference.packages.config_files import read_config, table_of, text_of
from inference.packages.description import Head, InputChannel, ModelDescription, ModelFormat, Task, WeightsFile
from inference.packages.licences import licence_text
from inference.packages.naming import dicom_modality, is_background

LOOKED_FOR = "dataset.json, plans.json and fold_0/checkpoint_final.pth (nnU-Net)"
CHECKPOINTS = ("checkpoint_final.pth", "checkpoint_best.pth")
_MR = ("t1", "t2", "flair", "adc", "dwi", "t1c", "t1ce", "t1w", "t2w", "t1gd", "pd", "swi")
MOST_PARENTS = 8
USUAL_FIRST_STAGE = "3d_lowres"
_ORDERS = [list(order) for order in itertools.permutations(range(3))]
_FIRST_VERSION = ("plans.pkl", "postprocessing.json", "model_final_checkpoint.model")


def is_here(folder: Path) -> bool:
    """True when the folder is an nnU-Net result, be it a broken or an old one."""
    return _is_result(folder) or _is_first_version(folder) or len(stages(folder)) == 2


def stages(folder: Path) -> tuple[Path, ...]:
    """The folders of a cascade's two stages in their order, when a folder holds these two and no other result.

    A folder that is a result itself is its only stage; another one has none.
    """
    if _is_result(folder):
        return (folder,)
    try:
        found = sorted(path for path in folder.iterdir() if "__" in path.name and _is_result(path))
        if len(found) != 2:
            return ()
        wanted = [previous_stage(path) for path in found]
        names = [configuration_name(path, read_config(path / "plans.json")) for path in found]
    except (OSError, UserError):
        return ()  # whoever looks inside hears what is wrong there
    for last, first in ((1, 0), (0, 1)):
        if wanted[last] and wanted[last] == names[first]:
            return found[first], found[last]
    return ()


def previous_stage(folder: Path) -> str:
    """The configuration whose result a second stage needs; empty for models of one stage.

    Raises:
        UserError: its plan is broken.
    """
    plans = read_config(folder / "plans.json")
    name = parent = configuration_name(folder, plans)
    for _ in range(MOST_PARENTS):
        entry = table_of(table_of(plans.get("configurations")).get(parent))
        if said := text_of(entry.get("previous_stage")):
            return said
        parent = text_of(entry.get("inherits_from"))
    return USUAL_FIRST_STAGE if "cascade" in name else ""


def _is_result(folder: Path) -> bool:
    return (folder / "dataset.json").is_file() and (folder / "plans.json").is_file()


def configuration_name(folder: Path, plans: dict[str, Any]) -> str:
    """Which of the plan's configurations was trained: the folder's name says it, or there is only one.

    Raises:
        UserError: neither.
    """
    known = [str(name) for name in table_of(plans.get("configurations"))]
    said = folder.name.rsplit("__", 1)[-1]
    if said in known:
        return said
    if len(known) == 1:
        return known[0]
    if "3d_fullres" in known:
        return "3d_fullres"
    raise UserError(
        f"The nnU-Net folder “{folder.name}” does not say which configuration was trained.",
        "Its name must end in two underscores and one of these: " + ", ".join(known or ["3d_fullres"]) + ".",
    )


def read(folder: Path) -> ModelDescription:
    """What the folder says of itself.

    Raises:
        UserError: it is none, of version 1, or one of its files is broken.
    """
    if _is_first_version(folder):
        raise UserError(
            f"“{folder.name}” is a model of nnU-Net version 1, which is not supported.",
            "Ask its authors for one of version 2 (with plans.json and checkpoint_final.pth).",
        )
    both = stages(folder)
    last = both[-1]
    dataset, plans = read_config(last / "dataset.json"), read_config(last / "plans.json")
    configuration = configuration_name(last, plans)
    labels, is_by_regions = _labels(table_of(dataset.get("labels")))
    problem, hint = _problem(last, len(both), is_by_regions)
    return ModelDescription(
        format=ModelFormat.NNUNET,
        name=_name(last, dataset, plans),
        version=text_of(dataset.get("release")) or "0",
        task=Task.SEGMENTATION,
        about=text_of(dataset.get("description")),
        channels=_channels(table_of(dataset.get("channel_names"))),
        labels=labels,
        licence=licence_text(folder)
        or licence_text(last)
        or text_of(dataset.get("licence"))
        or text_of(dataset.get("license")),
        copyright=text_of(dataset.get("reference")),
        spacing_mm=_spacing(plans, configuration),
        weights=tuple(file for stage in both for file in _weights(stage, folder)),
        code=pickles_only(folder),
        notes=(*_configuration_notes(both, configuration), *not_run_notes(folder)),
        problem=problem,
        hint=hint,
        head=Head.SIGMOID if is_by_regions else Head.SOFTMAX,
    )


def _configuration_notes(both: tuple[Path, ...], configuration: str) -> tuple[str, ...]:
    if len(both) == 1:
        return (f"nnU-Net configuration {configuration}.",)
    return (f"nnU-Net cascade: first {previous_stage(both[-1])}, then {configuration}.",)


def _problem(last: Path, stage_count: int, is_by_regions: bool) -> tuple[str, str]:
    """Why a second stage cannot be run, and what to do about that; both empty when it can, or is none."""
    first = previous_stage(last)
    if not first:
        return "", ""
    if stage_count == 1:
        hint = f"Put the folders of {first} and of this one into one folder without others, and add that."
        return f"This nnU-Net is the second stage of two and needs the first one ({first}).", hint
    if is_by_regions:
        return "This nnU-Net is a cascade whose labels are regions that overlap, which is not supported.", ""
    return "", ""


def _name(folder: Path, dataset: dict[str, Any], plans: dict[str, Any]) -> str:
    said = text_of(dataset.get("name")) or text_of(dataset.get("dataset_name")) or text_of(plans.get("dataset_name"))
    if said:
        return said
    return folder.parent.name if "__" in folder.name else folder.name


def _labels(table: dict[str, Any]) -> tuple[tuple[ModelLabel, ...], bool]:
    """Labels without the background, and whether they are regions that overlap (one sigmoid channel each)."""
    wanted = [(text_of(name), value) for name, value in table.items() if not is_background(str(name))]
    if any(isinstance(value, list) for _, value in wanted):
        return tuple(ModelLabel(number + 1, name) for number, (name, _) in enumerate(wanted)), True
    return tuple(ModelLabel(value, name) for name, value in wanted if isinstance(value, int) and value > 0), False


def _channels(names: dict[str, Any]) -> tuple[InputChannel, ...]:
    ordered = sorted(names.items(), key=lambda item: int(item[0]) if str(item[0]).isdecimal() else 0)
    return tuple(InputChannel(text_of(name), _modality(text_of(name))) for _, name in ordered) or (
        InputChannel("image"),
    )


def _modality(name: str) -> str:
    """DICOM's word; nnU-Net treats only the name CT specially, so people write sequences for MR."""
    return "MR" if name.lower() in _MR else dicom_modality(name)


def _spacing(plans: dict[str, Any], configuration: str) -> tuple[float, float, float] | None:
    """The plan keeps (z, y, x) after its own transposition; a 2D plan only the plane."""
    values = None
    plan = configuration
    for _ in range(MOST_PARENTS):
        entry = table_of(table_of(plans.get("configurations")).get(plan))
        values = numbers(entry.get("spacing"), 3)
        plan = text_of(entry.get("inherits_from"))
        if values is not None or not plan:
            break
    order = plans.get("transpose_backward", [0, 1, 2])
    if values is None or order not in _ORDERS:
        return None
    z, y, x = (values[axis] for axis in order)
    return x, y, z


def _weights(folder: Path, root: Path) -> tuple[WeightsFile, ...]:
    """Of one stage; paths are relative to the model's folder."""
    folds = sorted(path for path in folder.glob("fold_*") if path.is_dir())
    found = [
        next((fold / name for name in CHECKPOINTS if (fold / name).is_file()), fold / CHECKPOINTS[0]) for fold in folds
    ]
    present = [path for path in found if path.is_file()]
    if not present:
        missing = (folds[0] if folds else folder / "fold_0") / CHECKPOINTS[0]
        return (WeightsFile(missing.relative_to(root).as_posix(), False),)
    return tuple(WeightsFile(path.relative_to(root).as_posix(), True) for path in present)


def _is_first_version(folder: Path) -> bool:
    if (folder / "plans.json").is_file():
        return False
    return (folder / "plans.pkl").is_file() or any(folder.glob(f"fold_*/{_FIRST_VERSION[2]}"))
