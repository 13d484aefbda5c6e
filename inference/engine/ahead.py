"""What is made before a run: the network compiled in the way that was the fastest before, while the image is read.

At most one network waits, and the next run takes it away, whether it can use it or not: its memory goes with the run.
Only the worker comes here, which ends when the model's files change.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from inference.backends.candidates import AUTO, OPENVINO, Candidate, candidates, device_of, made
from inference.backends.choosing import UNABLE, key_of, known_choice
from inference.backends.forms import NetworkForms, Shelf, networks_key
from inference.engine.parameters import RunParameters
from inference.engine.predictor import Predictor
from inference.opening.formats import open_package
from inference.opening.opened import Opened, TorchNetworks
from inference.packages.package import Package

MEMORY_SHARE = 0.25  # of what is free may a network take that is compiled before its run was planned

logger = logging.getLogger("limner.backends")


@dataclass(frozen=True, eq=False)
class Compiled:
    """A network that waits for its run.

    Attributes:
        key: of what model in which folder.
        candidate: what computes it.
        shape: (window, channel, x, y, z) that it was compiled for.
        predictor: ready to compute.
    """

    key: str
    candidate: Candidate
    shape: tuple[int, ...]
    predictor: Predictor


_waiting: list[Compiled] = []  # one at most


def open_ahead(package: Package, wanted: RunParameters, shelf: Shelf | None) -> None:
    """Open a model, and compile its network where it is known how and with which windows it will run.

    Opening imports what the run needs, and the network itself stays (``inference.opening.kept_network``).

    Args:
        package: the model.
        wanted: wishes, with what is known of earlier choices.
        shelf: where converted networks are kept; nothing is converted here.

    Raises:
        UserError: the model cannot be opened, or a wish cannot be met.
    """
    _waiting.clear()  # first, for its memory
    compiled = _compiled(package, wanted, open_package(package, wanted.prompts), shelf)
    _waiting.extend([] if compiled is None else [compiled])


def take_compiled(package: Package, wanted: RunParameters) -> Compiled | None:
    """The network that waits for this run; none waits after that."""
    waiting = _waiting.pop() if _waiting else None
    return waiting if waiting is not None and waiting.key == _key(package, wanted) else None


def _key(package: Package, wanted: RunParameters) -> str:
    return f"{package.content}|{networks_key(package, wanted.prompts)}"


def _compiled(package: Package, wanted: RunParameters, opened: Opened, shelf: Shelf | None) -> Compiled | None:
    windows = opened.recipe.windows
    is_usual = opened.previous is None and opened.around_clicks is None and AUTO == wanted.backend == wanted.precision
    if windows is None or not all(windows.roi) or not is_usual:
        return None
    choice_key = key_of(f"{package.id}+{package.weights_hash}", windows.roi, device_of(wanted.device))
    candidate, facts = known_choice(candidates(opened.networks, wanted), wanted.known_choices, choice_key)
    if candidate is None or candidate.backend != OPENVINO or not _is_small(facts.get("memory")):
        return None
    networks = opened.networks
    if isinstance(networks, TorchNetworks):
        networks = replace(networks, forms=NetworkForms(networks_key(package, wanted.prompts), shelf, converts=False))
    shape = (windows.batch, len(package.description.channels), *windows.roi)
    try:
        return Compiled(_key(package, wanted), candidate, shape, made(candidate, networks, shape))
    except UNABLE as error:  # the run comes to that, too, and knows what else there is
        logger.info("%s is not ready ahead: %s", candidate.name, type(error).__name__)
        return None


def _is_small(memory: Any) -> bool:
    """Whether a network with this much at work (what a plan found out, see ``planning``) surely fits."""
    import psutil

    return isinstance(memory, list) and memory[0] <= MEMORY_SHARE * psutil.virtual_memory().available
