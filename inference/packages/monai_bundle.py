"""Reads what a MONAI bundle says of itself: a folder, or a TorchScript file with the configuration inside.

Bundles in circulation leave out or bend much of what the specification asks for (no ``run``, ``channel_def`` null,
names under ``label_def``, metadata copied from another bundle), so nothing but the files themselves is taken as given.
"""

from __future__ import annotations

from pathlib import Path

from inference.packages.bundle_files import Bundle, has_bundle, open_bundle, torchscript_bundle
from inference.packages.bundle_labels import channels_of, has_background, labels_of, spacing_of
from inference.packages.bundle_steps import POSTPROCESSING, steps
from inference.packages.bundle_task import head_of, problem_of, prompts_of, task_of
from inference.packages.bundle_weights import weights_of
from inference.packages.code_listing import code_use
from inference.packages.config_files import text_of
from inference.packages.description import Head, ModelDescription, ModelFormat, Task
from inference.packages.licences import licence_notes, licence_text

LOOKED_FOR = "configs/metadata.json and configs/inference.json or .yaml (MONAI bundle)"


def is_here(folder: Path) -> bool:
    """True when the folder is a MONAI bundle, be it a broken one."""
    return has_bundle(folder) or torchscript_bundle(folder) is not None


def read(folder: Path) -> ModelDescription:
    """What the bundle says of itself.

    Raises:
        UserError: it is none, or one of its files is broken.
    """
    bundle = open_bundle(folder)
    name = text_of(bundle.metadata.get("name")) or folder.name
    task, prompts = task_of(bundle), prompts_of(bundle)
    head = head_of(bundle, task)
    problem, hint = problem_of(bundle, task, name)
    return ModelDescription(
        format=ModelFormat.MONAI_BUNDLE,
        name=name,
        version=text_of(bundle.metadata.get("version"), "0") or "0",
        task=task,
        about=_about(bundle),
        channels=channels_of(bundle, prompts),
        labels=labels_of(bundle, head) if task is not Task.OTHER else (),
        licence=licence_text(folder),
        copyright=text_of(bundle.metadata.get("copyright")),
        spacing_mm=spacing_of(bundle),
        weights=weights_of(bundle),
        code=code_use(folder, [bundle.config]),
        prompts=prompts,
        problem=problem,
        hint=hint,
        notes=tuple(_notes(bundle, head)),
        head=head,
        has_background=has_background(bundle, head),
    )


def _about(bundle: Bundle) -> str:
    description = text_of(bundle.metadata.get("description"))
    return description or text_of(bundle.metadata.get("task"))


def _notes(bundle: Bundle, head: Head | None) -> list[str]:
    notes = []
    intended = text_of(bundle.metadata.get("intended_use"))
    if intended:
        notes.append(f"Its authors say: {intended}" + ("" if intended.endswith(".") else "."))
    versions = [f"{word} {text_of(bundle.metadata.get(key))}" for word, key in _MADE_WITH if bundle.metadata.get(key)]
    if versions:
        notes.append(f"Made with {' and '.join(versions)}.")
    if head is Head.SOFTMAX and _decides_before_it_turns_back(bundle):
        notes.append("Its own steps would interpolate between label numbers; Limner decides after that instead.")
    return notes + licence_notes(bundle.root)


_MADE_WITH = (("MONAI", "monai_version"), ("PyTorch", "pytorch_version"))


def _decides_before_it_turns_back(bundle: Bundle) -> bool:
    """True for bundles that take the largest channel and then resample the label numbers linearly (a known mistake)."""
    is_decided = False
    for name, arguments in steps(bundle, POSTPROCESSING):
        is_decided |= name.startswith("AsDiscrete") and arguments.get("argmax") is True
        if is_decided and name.startswith("Invert") and arguments.get("nearest_interp") is False:
            return True
    return False
