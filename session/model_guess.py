"""Whether a path is a model rather than images, by names alone; for what is dropped on the window."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from imaging.errors import UserError

NETWORKS = (".ts", ".onnx")
SIGNS = (
    ("metadata.json",),  # MONAI bundle
    ("plans.json", "dataset.json"),  # nnU-Net
    ("config_inference.json",),  # Clara MMAR
    ("config_aiaa.json",),
    ("limner-model-side.json",),
)
MOST_NAMES = 20_000


def looks_like_model(path: Path) -> bool:
    """True for a folder or zip that holds a model, and for a network's file. Reads names only; call it on a thread."""
    try:
        if path.is_dir():
            return _is_model_folder(path)
        if path.suffix.lower() in NETWORKS:
            return path.is_file()
        return path.suffix.lower() == ".zip" and _is_model_zip(path)
    except (OSError, zipfile.BadZipFile):
        return False  # whoever opens it says what is wrong


def _is_model_folder(path: Path) -> bool:
    from inference.packages.recognise import find_model

    try:
        find_model(path)
    except UserError:
        return False
    return True


def _is_model_zip(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        names = {PurePosixPath(name).name for name in archive.namelist()[:MOST_NAMES]}
    return any(names.issuperset(sign) for sign in SIGNS)
