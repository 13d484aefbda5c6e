"""MONAI's configuration parser, made to make only what a run needs."""

from __future__ import annotations

import inspect
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from imaging.errors import UserError

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
        self._config = deepcopy(config)
        self._config["bundle_root"] = str(folder)
        self._config["output_dir"] = tempfile.gettempdir()
        self._config["device"] = "$torch.device('cpu')"  # the backend moves networks, not the bundle
        for entry in _targets(self._config):
            self._adapt(entry)
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))  # its own scripts; this process runs no other bundle
        self._parser = ConfigParser(self._config)
        imports = self._config.get("imports", [])
        if imports:
            self._made("imports")

    def part(self, names: Sequence[str]) -> Any:
        """The first of these parts that the configuration has, made; None when it has none.

        Raises:
            UserError: it cannot be made.
        """
        name = next((name for name in names if name in self._config), None)
        return None if name is None else self._made(name)

    def transforms(self, names: Sequence[str]) -> list[Any]:
        """The transforms of such a part, in order; empty when the configuration has none."""
        made = self.part(names)
        if made is None:
            return []
        return list(getattr(made, "transforms", made if isinstance(made, (list, tuple)) else [made]))

    def _made(self, name: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries about each other
            try:
                return self._parser.get_parsed_content(name)
            except Exception as error:  # whatever foreign code raises
                cause = _first_cause(error)
                hint = f"{type(cause).__name__}: {str(cause).splitlines()[0][:200] if str(cause) else ''}"
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


def _targets(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("_target_"), str):
            yield value
        for item in list(value.values()):
            yield from _targets(item)
    elif isinstance(value, list):
        for item in value:
            yield from _targets(item)


def _first_cause(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
