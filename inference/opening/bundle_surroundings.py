"""What a bundle takes for granted of the machine that it was made on: a GPU, modules, places of files."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from inference.opening.weights import read_checkpoint

_NAMED = re.compile(r"""(['"])cuda(?::\d+)?\1""")
SCRIPTS = "scripts"
_bundles: list[str] = []  # folders of bundles that this process opened, the last one last
_DEVICE_KEYS = ("device", "map_location")


def on_the_cpu(value: Any, key: str = "") -> Any:
    """The configuration without words that put something onto a GPU: the backend alone moves networks.

    Args:
        value: any part of it, plain data.
        key: under which it stands.
    """
    if isinstance(value, dict):
        return {name: on_the_cpu(item, str(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [on_the_cpu(item, key) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("$"):
        text = value.replace("torch.cuda.is_available()", "False").replace(".cuda()", ".cpu()")
        return _NAMED.sub("'cpu'", text)
    return "cpu" if key in _DEVICE_KEYS and _NAMED.fullmatch(f"'{value}'") else value


def imports_one_by_one(statements: Any) -> list[str]:
    """Import statements with one name each, for MONAI's parser takes the first of several and forgets the others."""
    found: list[str] = []
    for statement in [statements] if isinstance(statements, str) else statements or []:
        if isinstance(statement, str) and statement.startswith("$"):
            found += [f"${line}" for line in _split(statement[1:].strip())]
    return found


def _split(text: str) -> list[str]:
    try:
        node = ast.parse(text).body[0]
    except (SyntaxError, ValueError, IndexError):
        return [text]  # running it tells what is wrong
    if isinstance(node, ast.Import):
        return [f"import {_name(alias)}" for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"from {node.module} import {_name(alias)}" for alias in node.names]
    return [text]


def _name(alias: ast.alias) -> str:
    return alias.name if alias.asname is None else f"{alias.name} as {alias.asname}"


def find_scripts_in(folder: Path) -> None:
    """Let ``scripts`` be those of this bundle: every bundle calls its own modules so."""
    if str(folder) in _bundles[-1:]:
        return
    for name in [name for name in sys.modules if name.split(".")[0] == SCRIPTS]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(path for path in sys.path if path not in _bundles)]
    _bundles.append(str(folder))
    importlib.invalidate_caches()


@contextmanager
def reading_weights_only(folder: Path) -> Iterator[None]:
    """While this holds, ``torch.load`` reads files of numbers only, onto the CPU, out of the bundle.

    DiNTS keeps its architecture in a file of weights, which its configuration loads by an expression: as a pickle, onto
    a GPU, from a path of the machine where it was made.
    """
    import torch

    def load(file: Any, *_: Any, **__: Any) -> Any:
        return read_checkpoint(_inside(folder, Path(file)))

    module: Any = torch
    original = module.load
    module.load = load
    try:
        yield
    finally:
        module.load = original


def _inside(folder: Path, file: Path) -> Path:
    """The file, or the one of its name among the bundle's models where it is not there."""
    if file.is_file():
        return file
    return folder / "models" / PurePosixPath(str(file).replace("\\", "/")).name
