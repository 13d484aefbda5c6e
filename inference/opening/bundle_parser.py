"""MONAI's configuration parser, made to make only what a run needs."""

from __future__ import annotations

import inspect
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from imaging.errors import UserError
from inference.opening.bundle_surroundings import find_scripts_in, imports_one_by_one, on_the_cpu, reading_weights_only

LEFT_OUT = ("LoadImage", "SaveImage", "Invert")  # images are read and written by us, labels go back by index
# arguments that MONAI has dropped since the bundles were made, and that changed nothing but a check
DROPPED = {"SwinUNETR": ("img_size",)}


class BundleParser:
    """The parts of a bundle's configuration as objects.

    Args:
        folder: the bundle's root.
        config: its configuration for inference, as read.

    Attributes:
        notes: what had to be done differently from what the configuration says.
    """

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        from monai.bundle.config_parser import ConfigParser

        self.notes: list[str] = []
        self._folder = folder
        self._config: dict[str, Any] = on_the_cpu(deepcopy(config))
        self._config["bundle_root"] = str(folder)
        self._config["output_dir"] = tempfile.gettempdir()
        self._config["device"] = "$torch.device('cpu')"  # the backend moves networks, not the bundle
        self._config["imports"] = imports_one_by_one(config.get("imports"))
        for entry in targets_in(self._config):
            self._adapt(entry)
        find_scripts_in(folder)
        self._parser = ConfigParser(self._config)
        self._import()

    @property
    def config(self) -> dict[str, Any]:
        """The configuration as it is carried out."""
        return self._config

    def has(self, name: str) -> bool:
        """Whether the configuration has this part."""
        return name in self._config

    def part(self, names: Sequence[str]) -> Any:
        """The first of these parts that the configuration has, made; None when it has none.

        Args:
            names: of parts, or of parts of parts (``inferer#roi_size``).

        Raises:
            UserError: it cannot be made.
        """
        name = next((name for name in names if self._is_there(name)), None)
        return None if name is None else self._made(name)

    def transforms(self, names: Sequence[str]) -> list[Any]:
        """The transforms of such a part, in order; empty when the configuration has none."""
        made = self.part(names)
        if made is None:
            return []
        return list(getattr(made, "transforms", made if isinstance(made, (list, tuple)) else [made]))

    def _is_there(self, name: str) -> bool:
        found: Any = self._config
        for step in name.split("#"):
            if not isinstance(found, dict) or step not in found:
                return False
            found = found[step]
        return True

    def _import(self) -> None:
        """Each for itself: a module that is missing here is often needed for training only."""
        for number, statement in enumerate(self._config["imports"]):
            if type(self._made(f"imports#{number}")).__name__ == "_LazyRaise":  # what MONAI gives in its place
                name = str(statement).removeprefix("$").strip()
                self.notes.append(f"The model asks for “{name}”, which is not installed here; it was done without.")

    def _made(self, name: str) -> Any:
        with warnings.catch_warnings(), reading_weights_only(self._folder):
            warnings.simplefilter("ignore")  # of libraries about each other
            try:
                return self._parser.get_parsed_content(name)
            except Exception as error:  # whatever foreign code raises
                cause = _first_cause(error)
                hint = f"{type(cause).__name__}: {str(cause).splitlines()[0][:200] if str(cause) else ''}"
                if isinstance(cause, UserError):
                    hint = " ".join(part for part in (cause.message, cause.hint) if part)
                raise UserError(f"The model's part “{name}” cannot be made.", hint) from error

    def _adapt(self, entry: dict[str, Any]) -> None:
        target = str(entry["_target_"]).rsplit(".", 1)[-1]
        if target.startswith(LEFT_OUT):
            entry["_disabled_"] = True
        for name in DROPPED.get(target, ()):
            if name in entry and not _accepts(target, name):
                del entry[name]
                self.notes.append(f"The model's argument “{name}” is gone from this version of MONAI and was left out.")


def _accepts(target: str, argument: str) -> bool:
    import monai.networks.nets as nets

    return argument in inspect.signature(getattr(nets, target)).parameters


def targets_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every part of a configuration that calls something (``_target_``), from the outside in."""
    if isinstance(value, dict):
        if isinstance(value.get("_target_"), str):
            yield value
        for item in list(value.values()):
            yield from targets_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from targets_in(item)


def _first_cause(error: BaseException) -> BaseException:
    while not isinstance(error, UserError) and (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
