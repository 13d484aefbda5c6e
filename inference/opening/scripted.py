"""Networks in TorchScript."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from imaging.errors import UserError

if TYPE_CHECKING:
    import torch


def scripted_module(path: Path) -> torch.nn.Module:
    """A network in TorchScript, on the CPU in evaluation mode.

    Raises:
        UserError: the file is none, or is damaged.
    """
    import torch

    try:
        load: Any = torch.jit.load  # untyped in torch
        module: torch.nn.Module = load(str(path), map_location="cpu").eval()
    except (RuntimeError, ValueError, OSError) as error:
        raise UserError(f"{path.name} is no TorchScript network that can be read here.", str(error)[:200]) from error
    return module
