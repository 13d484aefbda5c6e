"""Tells which format a model's folder has, and reads it with that format's reader."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from imaging.errors import UserError
from inference.packages import bare_network, clara_mmar, layer_list, monai_bundle, nnunet, side_file
from inference.packages.description import ModelDescription

READERS: tuple[ModuleType, ...] = (monai_bundle, nnunet, clara_mmar, bare_network, layer_list)
MAX_DEPTH = 2
MAX_LOOKED_AT = 500


def describe(folder: Path) -> ModelDescription:
    """What a model's folder says of itself; nothing of it is run.

    Args:
        folder: the model's own folder, not one around it; see ``find_model``.

    Raises:
        UserError: it is no model, or a broken one.
    """
    reader = reader_of(folder)
    if reader is None:
        raise UserError(f"“{folder.name}” is no model that is known here.", _looked_for())
    try:
        description: ModelDescription = reader.read(folder)
    except OSError as error:
        raise UserError(f"The model “{folder.name}” cannot be read.", str(error)) from error
    return description


def reader_of(folder: Path) -> ModuleType | None:
    """The reader whose format the folder has; None when it has none."""
    return next((reader for reader in READERS if reader.is_here(folder)), None)


def find_model(folder: Path) -> Path:
    """The folder itself when it is a model, else the only one inside it, at most two levels down.

    Raises:
        UserError: there is none, or there are several.
    """
    if not folder.is_dir():
        raise UserError(f"There is no folder “{folder}”.")
    level = [folder]
    for _ in range(MAX_DEPTH + 1):
        found = [path for path in level if reader_of(path) is not None]
        if len(found) > 1:
            names = ", ".join(path.name for path in found[:8])
            raise UserError(f"“{folder.name}” holds {len(found)} models: {names}.", "Add them one by one.")
        if found:
            return found[0]
        level = [path for parent in level for path in _folders(parent)][:MAX_LOOKED_AT]
    raise UserError(_why_none(folder), _looked_for())


def _folders(parent: Path) -> list[Path]:
    try:
        inside = sorted(path for path in parent.iterdir() if path.is_dir() and not path.is_symlink())
    except OSError as error:
        raise UserError(f"The folder “{parent.name}” cannot be read.", str(error)) from error
    return [path for path in inside if not path.name.startswith((".", "__"))]


def _why_none(folder: Path) -> str:
    if any((folder / name).is_file() for name in clara_mmar.CONFIG_NAMES):
        return f"“{folder.name}” is only the config folder of a Clara MMAR; add the folder around it."
    if (folder / "metadata.json").is_file():
        return f"“{folder.name}” is only the configs folder of a MONAI bundle; add the folder around it."
    if bare_network.networks(folder):
        name = bare_network.networks(folder)[0].name
        return f"{name} is a network that does not say what it is for: {side_file.NAME} is missing beside it."
    return f"“{folder.name}” is no model that is known here."


def _looked_for() -> str:
    return "Looked for: " + "; ".join(reader.LOOKED_FOR for reader in READERS) + "."
