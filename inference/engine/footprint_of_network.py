"""How much memory a network takes for one window, found without computing anything."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from imaging.errors import UserError
from inference.engine.predictor import only_output

if TYPE_CHECKING:
    import torch

BYTES = 4  # of a number in fp32
# Of all outputs of a network's layers, how much is held at the same time: what is being read and written (twice the
# largest), and what waits for the way up of a U-shaped network. A guess, compared
# with two networks only: decision 21.
HELD_SHARE = 0.25
Found = tuple[int, int]
_traced: WeakKeyDictionary[Any, dict[tuple[int, ...], Found | None]] = WeakKeyDictionary()  # a plan, then its run


def traced_memory(module: torch.nn.Module, shape: tuple[int, ...]) -> Found | None:
    """The same as ``window_memory``, once for each network and shape."""
    known = _traced.setdefault(module, {})
    if shape not in known:
        known[shape] = window_memory(module, shape)
    return known[shape]


def known_memory(module: torch.nn.Module, shape: tuple[int, ...]) -> Found | None:
    """What ``traced_memory`` has found earlier; None where it was not asked."""
    return _traced.get(module, {}).get(shape)


def window_memory(module: torch.nn.Module, shape: tuple[int, ...]) -> Found | None:
    """Bytes held while a window is computed in fp32, and channels of the answer.

    The network is run on torch's ``meta`` device, which knows shapes only.

    Args:
        module: the network.
        shape: (window, channel, x, y, z).

    Returns:
        None where the network cannot be followed that way.
    """
    import torch

    sizes: list[int] = []

    def note(_: Any, __: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor):
            sizes.append(output.numel())

    try:
        ghost = deepcopy(module).to("meta")
        leaves = [part for part in ghost.modules() if not list(part.children())]
        hooks = [part.register_forward_hook(note) for part in leaves]
        with torch.inference_mode():
            answer = only_output(ghost(torch.empty(shape, device="meta")))
        for hook in hooks:
            hook.remove()
    except (RuntimeError, NotImplementedError, ValueError, TypeError, UserError):
        return None
    held = 2 * max(sizes, default=0) + HELD_SHARE * sum(sizes) + answer.numel()
    return int(held * BYTES), int(answer.shape[1])
