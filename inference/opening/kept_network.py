"""The network of the last run stays in the worker's memory: reading its weights anew would cost more than a click."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_kept: dict[tuple[str, int, int, str], torch.nn.Module] = {}  # one at most


def kept_network(weights: Path, config: Any, make: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    """A network in evaluation mode: that of the last call, where it was of the same file and configuration.

    Backends may move it to another device, and leave its numbers alone.

    Args:
        weights: its file.
        config: what else decides which network it is, JSON.
        make: makes it.
    """
    state = weights.stat()
    text = json.dumps(config, sort_keys=True, default=str)
    key = str(weights), state.st_mtime_ns, state.st_size, hashlib.sha256(text.encode()).hexdigest()
    if key not in _kept:
        _kept.clear()  # its memory first
        _kept[key] = make()
    return _kept[key]
