"""Files of weights, read so that nothing in them can run."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError

if TYPE_CHECKING:
    import torch

MOST_HEADER = 100 << 20  # safetensors' own limit
NESTED_UNDER = ("state_dict", "model", "network_weights", "net", "network", "model_state_dict")
DEEPEST = 5  # tables within tables; a hostile file may hold itself
PREFIXES = ("module.", "_orig_mod.")  # what data-parallel training and torch.compile put before each name


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file, whatever its extension says: safetensors, or torch's own format with weights only.

    Raises:
        UserError: the file is neither, is damaged, or holds more than numbers.
    """
    content = read_checkpoint(path)
    for _ in range(DEEPEST):
        if _is_state(content):
            return _plain({str(name): value for name, value in content.items()})
        content = next((content[key] for key in NESTED_UNDER if isinstance(content.get(key), Mapping)), {})
    raise UserError(f"The weights file {path.name} holds no weights that Limner knows how to find.")


def load_into(module: torch.nn.Module, path: Path) -> None:
    """Fill a network with the weights of a file; every weight must have its place.

    Raises:
        UserError: they belong to another network.
    """
    try:
        module.load_state_dict(read_weights(path))
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        message = f"The weights in {path.name} do not fit the network that the model describes."
        raise UserError(message, first[:200]) from error


def is_safetensors(path: Path) -> bool:
    """Judged by the first bytes: 8 bytes length of a JSON header, then the header."""
    with path.open("rb") as file:
        head = file.read(9)
    size = int.from_bytes(head[:8], "little")
    return len(head) == 9 and head[8:9] == b"{" and 2 <= size <= min(MOST_HEADER, path.stat().st_size)


def read_checkpoint(path: Path) -> Mapping[str, Any]:
    """All that a file of weights holds: tensors, and numbers and texts beside them.

    Raises:
        UserError: it is missing, damaged, or holds more than that.
    """
    import torch

    if not path.is_file():
        raise UserError(f"The model's weights are missing: {path.name}.")
    try:
        if is_safetensors(path):
            return _read_safetensors(path)
        # an open file, for torch goes by the ending when it is given a name
        with torch.serialization.safe_globals(_plain_numbers()), path.open("rb") as file:
            content = torch.serialization.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        message = f"The weights file {path.name} holds more than numbers, so it is not read."
        raise UserError(
            message, "Ask whoever made it for a file of weights only, best in the safetensors format."
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError) as error:
        raise UserError(f"The weights file {path.name} cannot be read ({type(error).__name__}).") from error
    if not isinstance(content, Mapping):
        raise UserError(f"The weights file {path.name} holds no weights but {type(content).__name__}.")
    return content


def _read_safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Any] = load_file(path)
    except SafetensorError as error:
        raise UserError(f"The weights file {path.name} is damaged.", str(error)[:200]) from error
    return tensors


def _plain_numbers() -> list[Any]:
    """numpy's numbers and arrays of them, which trainers write down beside the weights; making them runs nothing.

    Types of objects are not among them: an array of those could hold anything.
    """
    import numpy as np

    scalar: Any = np._core.multiarray.scalar  # type: ignore[attr-defined]
    array: Any = np._core.multiarray._reconstruct  # type: ignore[attr-defined]
    kinds = {type(np.dtype(name)) for name in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")}
    old = [(scalar, "numpy.core.multiarray.scalar"), (array, "numpy.core.multiarray._reconstruct")]  # numpy 1's names
    return [scalar, array, *old, np.ndarray, np.dtype, *kinds]


def _is_state(content: Mapping[str, Any]) -> bool:
    import torch

    return bool(content) and all(isinstance(value, torch.Tensor) for value in content.values())


def _plain(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Without what training put before all names, in any order; a part of that name in the network itself stays."""
    found = True
    while found:
        found = False
        for prefix in PREFIXES:
            if all(name.startswith(prefix) for name in state):
                state, found = {name.removeprefix(prefix): value for name, value in state.items()}, True
    return state
