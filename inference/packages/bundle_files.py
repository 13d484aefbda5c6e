"""Opens a MONAI bundle: which files it has, and its configuration as plain data. Nothing of it is run.

Layouts that exist: a folder with ``configs/metadata.json`` and ``configs/inference.json`` (or YAML); a single
TorchScript file with both inside it under ``extra/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.packages import weights_files
from inference.packages.config_files import MAX_JSON_BYTES, list_of, parse_json, read_config, table_of
from inference.packages.references import Resolver

CONFIG_NAMES = ("inference.json", "inference.yaml", "inference.yml", "evaluate.json", "evaluate.yaml")
LARGE_FILES = ("large_files.yml", "large_files.yaml", "large_files.json", "large-files.yaml")
RUN_IDS = ("run", "inference", "evaluating", "inferring", "infer", "evaluate")
METADATA = "metadata.json"


@dataclass(frozen=True)
class Bundle:
    """A bundle's files.

    Attributes:
        root: its folder.
        metadata: of ``metadata.json``.
        config: of the configuration for inference.
        config_name: its file's name.
        large_files: what ``large_files.yml`` lists, as it stands there.
        torchscript: the TorchScript file that holds all this, inside ``root``; None for a folder.
    """

    root: Path
    metadata: dict[str, Any]
    config: dict[str, Any]
    config_name: str
    large_files: tuple[dict[str, Any], ...] = ()
    torchscript: Path | None = None

    @cached_property
    def resolver(self) -> Resolver:
        """Works out references; ``@bundle_root`` is ``.``, so that paths come out relative to the root."""
        return Resolver(self.config, {"bundle_root": "."})

    @property
    def run_id(self) -> str:
        """Name of the steps that run it; empty when there are none."""
        for name in RUN_IDS:
            if list_of(self.config.get(name)):
                return name
        for name, value in self.config.items():
            if any(isinstance(step, str) and ".run()" in step for step in list_of(value)):
                return name
        return ""


def has_bundle(folder: Path) -> bool:
    """True when the folder is laid out as a bundle."""
    return (folder / "configs" / METADATA).is_file()


def torchscript_bundle(folder: Path) -> Path | None:
    """The TorchScript file of the folder that holds a bundle's metadata inside; None when there is none."""
    for path in sorted(folder.glob("*.ts")) + sorted(folder.glob("*.pt")):
        if weights_files.kind_of(path) is weights_files.WeightsKind.TORCHSCRIPT and _extra(path, METADATA):
            return path
    return None


def open_bundle(folder: Path) -> Bundle:
    """Read what a bundle says of itself.

    Raises:
        UserError: it is none, or one of its files is broken.
    """
    if has_bundle(folder):
        return _open_folder(folder)
    file = torchscript_bundle(folder)
    if file is None:
        raise UserError(f"“{folder.name}” is no MONAI bundle: configs/metadata.json is missing.")
    return _open_file(folder, file)


def _open_folder(folder: Path) -> Bundle:
    configs = folder / "configs"
    metadata = read_config(configs / METADATA)
    config = next((configs / name for name in CONFIG_NAMES if (configs / name).is_file()), None)
    if config is None:
        raise UserError(
            f"The bundle “{folder.name}” says nowhere how it is run: it has no configs/inference.json or .yaml.",
            "It can perhaps only be trained.",
        )
    listed = next((folder / name for name in LARGE_FILES if (folder / name).is_file()), None)
    large = list_of(read_config(listed).get("large_files")) if listed is not None else []
    entries = tuple(entry for entry in large if isinstance(entry, dict))
    return Bundle(folder, metadata, read_config(config), config.name, entries)


def _open_file(folder: Path, file: Path) -> Bundle:
    metadata = parse_json(weights_files.zip_text(file, _extra(file, METADATA), MAX_JSON_BYTES), METADATA)
    for name in ("inference.json", "inference", "evaluate.json"):
        part = _extra(file, name)
        if part:
            config = parse_json(weights_files.zip_text(file, part, MAX_JSON_BYTES), name)
            return Bundle(folder, metadata, config, name, torchscript=file)
    raise UserError(f"{file.name} holds a network, but not how it is run: extra/inference.json is missing in it.")


def _extra(file: Path, name: str) -> str:
    """Full name of an extra file inside a TorchScript file; empty when there is none."""
    return next((n for n in weights_files.zip_names(file) if n.count("/") == 2 and n.endswith(f"/extra/{name}")), "")


def first_image_output(metadata: dict[str, Any]) -> dict[str, Any]:
    """The network's first output as ``metadata.json`` describes it; empty when it does not."""
    outputs = table_of(table_of(metadata.get("network_data_format")).get("outputs"))
    return next((entry for entry in outputs.values() if isinstance(entry, dict)), {})


def image_inputs(metadata: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The network's inputs that are images, by name, as ``metadata.json`` describes them."""
    return {name: entry for name, entry in all_inputs(metadata).items() if _is_image(entry)}


def all_inputs(metadata: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The network's inputs by name, as ``metadata.json`` describes them."""
    inputs = table_of(table_of(metadata.get("network_data_format")).get("inputs"))
    return {str(name): entry for name, entry in inputs.items() if isinstance(entry, dict)}


def _is_image(entry: dict[str, Any]) -> bool:
    """By its type; some write something else there (``magnitude``), but then it has a shape of several axes."""
    return entry.get("type", "image") == "image" or len(list_of(entry.get("spatial_shape"))) > 1
