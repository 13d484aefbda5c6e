"""Clara MMARs of the PyTorch time: MONAI's transforms by name, and a network in TorchScript.

Nothing of an MMAR's own code is run: its steps must be MONAI's. Images are read and written by us, labels go back by
index, so loading, restoring and writing steps are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.engine.preparing import NO_CLICK
from inference.engine.recipe import Head, HeadKind, Recipe, Windows
from inference.model import ModelLabel
from inference.opening import deepgrow
from inference.opening.by_slices import by_slices
from inference.opening.flips import mirror_axes
from inference.opening.monai_inferer import windows_of
from inference.opening.monai_steps import steps_of
from inference.opening.opened import Opened, TorchNetworks
from inference.opening.scripted import scripted_module
from inference.packages import clara_deepgrow
from inference.packages.clara_mmar import TORCHSCRIPT, configurations
from inference.packages.config_files import list_of, table_of, text_of
from inference.packages.description import Head as StatedHead
from inference.packages.description import ModelDescription
from inference.prompts import NO_PROMPTS, Prompts

_LEFT_OUT = ("Load", "AddChannel", "AsChannel", "ToTensor", "Ensure", "Restore", "ToNumpy", "Save", "Writer", "Invert")
_OWN_KEYS = ("label",)  # of validation: there is no truth in a run
THRESHOLDS = ("logit_thresh", "threshold")


def open_folder(folder: Path, description: ModelDescription, prompts: Prompts = NO_PROMPTS) -> Opened:
    """Recipe and network of an MMAR; of the prompts only deepgrow models make use.

    Raises:
        UserError: it has no TorchScript, or a step that is not MONAI's.
    """
    if not (folder / TORCHSCRIPT).is_file():
        raise UserError(
            f"“{description.name}” has no {TORCHSCRIPT}.",
            "A checkpoint alone does not say which network it is; export the MMAR as TorchScript.",
        )
    configs = configurations(folder)
    if "clicks" in description.prompts:
        return _open_deepgrow(folder, configs[clara_deepgrow.CONFIG], description, prompts)
    config = next((c for c in configs.values() if c.get("pre_transforms")), {})
    transforms = [
        made for entry in list_of(config.get("pre_transforms")) if (made := _made(table_of(entry))) is not None
    ]
    steps = steps_of(transforms)
    recipe = Recipe(steps, _windows(configs), _head(configs, description.head), description.labels)
    network = TorchNetworks((scripted_module(folder / TORCHSCRIPT),), is_scripted=True)
    return Opened(recipe, network, mirror_axes(steps, description.labels))


def _open_deepgrow(folder: Path, config: dict[str, Any], description: ModelDescription, prompts: Prompts) -> Opened:
    """One structure, whichever it is; a network of 2D sees volumes of one slice."""
    if not any(voxels for _, voxels in prompts.clicks) and prompts.outside:
        raise UserError(NO_CLICK)
    steps = deepgrow.steps(config, prompts)
    head = _head({clara_deepgrow.CONFIG: config}, StatedHead.SIGMOID)
    name = prompts.clicked_names[0] if prompts.clicked_names else "Structure"
    module = scripted_module(folder / TORCHSCRIPT)
    network = by_slices(module, 0) if clara_deepgrow.is_flat(config) else module
    return Opened(Recipe(steps, None, head, (ModelLabel(1, name),)), TorchNetworks((network,), is_scripted=True))


def _made(entry: dict[str, Any]) -> Any:
    """A transform of MONAI's; None for what is not done, or is switched off."""
    import monai.transforms

    name = text_of(entry.get("path")) or text_of(entry.get("name"))
    bare = name.rsplit(".", 1)[-1]
    if entry.get("disabled") is True or bare.startswith(_LEFT_OUT):
        return None
    kind = getattr(monai.transforms, bare, None)
    if kind is None or ("." in name and not name.startswith("monai.transforms")):
        raise UserError(f"The model's step “{name}” is not known here.")
    arguments = dict(table_of(entry.get("args")))
    arguments["keys"] = [key for key in _listed(arguments.get("keys")) if key not in _OWN_KEYS]
    if not arguments["keys"]:
        return None
    if isinstance(arguments.get("mode"), list):  # one for each key, the truth's among them
        arguments["mode"] = arguments["mode"][0]
    try:
        return kind(**arguments)
    except (TypeError, ValueError) as error:
        raise UserError(f"The model's step “{bare}” cannot be made.", str(error)[:200]) from error


def _listed(keys: Any) -> list[str]:
    return [keys] if isinstance(keys, str) else [text_of(key) for key in list_of(keys)]


def _windows(configs: dict[str, dict[str, Any]]) -> Windows | None:
    """From ``inferer`` (inference and validation) or from ``inference`` (AIAA)."""
    import monai.inferers

    for config in configs.values():
        entry = table_of(config.get("inferer"))
        name = text_of(entry.get("name")).rsplit(".", 1)[-1]
        if name:
            kind = getattr(monai.inferers, name.replace("TRT", "SlidingWindow"), None)
            if kind is None:
                raise UserError(f"The model moves over the image by “{name}”, which is not known here.")
            return windows_of(kind(**table_of(entry.get("args"))))
        arguments = table_of(table_of(table_of(config.get("inference")).get("AIAA")).get("args"))
        roi = arguments.get("roi") or arguments.get("scanning_window") or arguments.get("roi_size")
        if isinstance(roi, list) and len(roi) == 3:
            return Windows((int(roi[0]), int(roi[1]), int(roi[2])), (0.25, 0.25, 0.25))
    return None


def _head(configs: dict[str, dict[str, Any]], stated: StatedHead | None) -> Head:
    if stated is StatedHead.SCORES:
        return Head(HeadKind.SCORES)
    if stated is not StatedHead.SIGMOID:
        return Head(HeadKind.EXCLUSIVE)
    for config in configs.values():
        for entry in list_of(config.get("post_transforms")):
            arguments = table_of(table_of(entry).get("args"))
            for name in THRESHOLDS:
                value = arguments.get(name)
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    return Head(HeadKind.INDEPENDENT, threshold=float(value))
    return Head(HeadKind.INDEPENDENT)
