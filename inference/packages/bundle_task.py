"""What a MONAI bundle gives, how its last layer is to be read, and why it cannot be run here, if so."""

from __future__ import annotations

import importlib.util

from inference.packages.bundle_files import Bundle, all_inputs, first_image_output, image_inputs
from inference.packages.bundle_steps import POSTPROCESSING, bare, network, steps
from inference.packages.config_files import list_of, text_of, walk
from inference.packages.description import Head, Task

_GENERATORS = ("generator", "autoencoder", "diffusion", "controlnet", "vqvae", "latent", "discriminator")
_ALIGNERS = ("regresnet", "regunet", "globalnet", "localnet", "voxelmorph")
_SEGMENTERS = ("unet", "segres", "vnet", "dints", "unest", "vista", "swinunetr", "highresnet", "ahnet")
_CLASSIFIERS = ("densenet", "efficientnet", "seresnet", "senet", "torchvisionfc", "milmodel", "classifier", "resnet")
_CLICKED = ("deepedit", "deepgrow", "addclicksignals")
_CLASS_FORMATS = ("labels", "classification", "probability", "probabilities", "scores", "score")
_WHY_OTHER = {
    "generates": "makes new images",
    "aligns": "aligns images with each other",
    "points": "finds points",
    "nothing": "does not say which network it is",
}


def task_of(bundle: Bundle) -> Task:
    """What the bundle gives, by its network first and its metadata second: metadata is often copied from elsewhere."""
    name = network(bundle)[0].lower()
    output = first_image_output(bundle.metadata)
    kind = text_of(output.get("format")).lower()
    if "retinanet" in name or "detector" in bundle.config or text_of(output.get("type")) == "object":
        return Task.DETECTION
    if _other(bundle):
        return Task.OTHER
    if kind == "segmentation" or any(part in name for part in _SEGMENTERS):
        return Task.SEGMENTATION
    if kind in _CLASS_FORMATS or any(part in name for part in _CLASSIFIERS):
        return Task.CLASSIFICATION
    return Task.SEGMENTATION if _decision(bundle) is not None else Task.OTHER


def head_of(bundle: Bundle, task: Task) -> Head | None:
    """What the last layer means."""
    if task is Task.DETECTION:
        return Head.BOXES
    if task is Task.CLASSIFICATION:
        return Head.SCORES
    return _decision(bundle) if task is Task.SEGMENTATION else None


def prompts_of(bundle: Bundle) -> tuple[str, ...]:
    """What the model must be given beside the image; metadata do not say, so each family is known by its parts."""
    texts = [value.lower() for _, value in walk(bundle.config) if isinstance(value, str)]
    if any("vista3d" in text or "label_prompt" in text for text in texts):
        return ("label", "clicks", "new")
    is_clicked = any(part in text for text in texts for part in _CLICKED)
    return ("clicks",) if is_clicked else ()


def problem_of(bundle: Bundle, task: Task, name: str) -> tuple[str, str]:
    """Why it cannot be run here, and what to do about it; empty texts when it can."""
    if task is Task.OTHER:
        why = _WHY_OTHER.get(_other(bundle), "gives neither masks nor classes nor boxes")
        return f"“{name}” {why}; Limner runs models that find structures, boxes or classes in volumes.", ""
    if spatial_dims(bundle) == 2 and not _goes_by_slices(bundle):
        return f"“{name}” looks at single flat pictures, not at volumes.", ""
    if task is Task.DETECTION and importlib.util.find_spec("torchvision") is None:
        return f"“{name}” needs torchvision, which is not installed here.", "Install it beside PyTorch."
    if not bundle.run_id and bundle.torchscript is None:
        return (
            f"“{name}” has no steps for a run in {bundle.config_name}.",
            "It may be a template, or a part of a model.",
        )
    return "", ""


def spatial_dims(bundle: Bundle) -> int:
    """2 or 3."""
    arguments = network(bundle)[1]
    said = arguments.get("spatial_dims", arguments.get("dimensions"))
    if isinstance(said, int):
        return said
    entries = (*image_inputs(bundle.metadata).values(), first_image_output(bundle.metadata))
    return 2 if any(len(list_of(entry.get("spatial_shape"))) == 2 for entry in entries) else 3


def _goes_by_slices(bundle: Bundle) -> bool:
    inferer = bundle.config.get("inferer")
    return isinstance(inferer, dict) and bare(text_of(inferer.get("_target_"))) == "SliceInferer"


def _other(bundle: Bundle) -> str:
    """Which of the kinds that find nothing it is; empty when it is none of them."""
    name = network(bundle)[0].lower()
    kind = text_of(first_image_output(bundle.metadata).get("format")).lower()
    if not name:
        targets = [text_of(v).lower() for key, v in walk(bundle.config) if key == "_target_"]
        is_generator = any(part in target for target in targets for part in _GENERATORS)
        return "generates" if is_generator else "nothing"
    if any(part in name for part in _GENERATORS) or "latent" in _input_formats(bundle):
        return "generates"
    if any(part in name for part in _ALIGNERS) or "registration" in kind:
        return "aligns"
    return "points" if "point" in kind or "landmark" in name else ""


def _input_formats(bundle: Bundle) -> list[str]:
    return [text_of(entry.get("format")).lower() for entry in all_inputs(bundle.metadata).values()]


def _decision(bundle: Bundle) -> Head | None:
    for name, arguments in steps(bundle, POSTPROCESSING):
        if name.startswith("VistaPost"):
            return Head.SIGMOID
        if name.startswith("Activations") and arguments.get("softmax") is True:
            return Head.SOFTMAX
        if name.startswith("Activations") and arguments.get("sigmoid") is True:
            return Head.SIGMOID
        if name.startswith("AsDiscrete") and arguments.get("argmax") is True:
            return Head.SOFTMAX
        if name.startswith("AsDiscrete") and (arguments.get("threshold") or arguments.get("threshold_values")):
            return Head.SIGMOID
    return None
