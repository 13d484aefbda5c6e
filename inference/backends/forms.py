"""Networks as OpenVINO has them: kept ones are read, others converted once in a run and offered for keeping."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from inference.backends.network_file import Content, packed, read, unpacked
from inference.worker.source_hash import package_source_hash, version_of

if TYPE_CHECKING:
    from pathlib import Path

    from inference.packages.package import Package
    from inference.prompts import Prompts

MAKERS = ("openvino", "torch", "monai")
KEPT, CONVERTED = "kept", "converted"

logger = logging.getLogger("limner.backends")


class Shelf(Protocol):
    """Where the networks of this model are kept; the worker only reads there."""

    def path(self, name: str) -> Path:
        """Where the network of this name would be."""

    def offer(self, name: str, content: Content) -> None:
        """Ask for it to be kept."""


class NetworkForms:
    """The forms of one run's networks.

    Args:
        key: what the networks are made from; other networks must have another one.
        shelf: where they are kept; None to convert in each run.
        converts: whether networks that are not kept are converted; where not, there are no others.

    Attributes:
        origin: ``kept`` or ``converted``, where the form came from that was asked for last; empty before.
    """

    def __init__(self, key: str = "", shelf: Shelf | None = None, *, converts: bool = True) -> None:
        self._key = key
        self._converts = converts
        self._shelf = shelf
        self._is_read = shelf is not None
        self._models: dict[str, Any] = {}
        self._new: dict[str, Content] = {}
        self._made: set[str] = set()
        self._used: dict[int, str] = {}
        self.origin = ""

    def model(self, openvino: Any, number: int, shape: tuple[int, ...], convert: Callable[[], tuple[Any, bool]]) -> Any:
        """OpenVINO's model of one network, the caller's own.

        Args:
            openvino: the library.
            number: which of the run's networks.
            shape: (window, channel, x, y, z) that it must take.
            convert: makes it, and says whether it holds for windows of all sizes.

        Raises:
            RuntimeError: ``convert`` cannot, or it is not to be done.
        """
        for name in (self._name(number, ()), self._name(number, shape[1:])):
            known = self._models.get(name) or self._read(openvino, name)
            taking = None if known is None else _taking(known, shape)
            if taking is not None:
                self._models[name], self._used[number] = known, name
                self.origin = CONVERTED if name in self._made else KEPT
                return taking
        if not self._converts:
            raise RuntimeError("no such network is kept")
        model, takes_all = convert()
        name = self._name(number, () if takes_all else shape[1:])
        self._models[name], self._used[number] = self._through_file(openvino, name, model), name
        self._made.add(name)
        self.origin = CONVERTED
        return self._models[name].clone()

    def distrust(self) -> None:
        """What was kept does not work; it is replaced by what is converted from now on."""
        self._is_read = False
        self._models.clear()

    def settle(self, *, is_used: bool) -> None:
        """Offer what was made and used, and forget everything, whose memory is needed.

        Args:
            is_used: whether these forms compute the run.
        """
        for name, content in self._new.items():
            if self._shelf is not None and is_used and name in self._used.values():
                self._shelf.offer(name, content)
        self._new.clear()
        self._models.clear()

    def _read(self, openvino: Any, name: str) -> Any:
        if self._shelf is None or not self._is_read:
            return None
        try:
            return unpacked(openvino, read(self._shelf.path(name)))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RuntimeError) as error:
            logger.warning("a kept network cannot be used: %s", type(error).__name__)
            return None

    def _through_file(self, openvino: Any, name: str, model: Any) -> Any:
        """The model out of the bytes that will be kept: what is proved in this run is what later ones compute with."""
        if self._shelf is None:
            return model
        try:
            content = packed(openvino, model)
            model = unpacked(openvino, content)
        except (OSError, RuntimeError, ValueError, MemoryError) as error:
            logger.info("the network cannot be kept: %s", type(error).__name__)
        else:
            self._new[name] = content
        return model

    def _name(self, number: int, shape: tuple[int, ...]) -> str:
        return hashlib.sha256(f"{self._key}|{number}|{shape or 'all sizes'}".encode()).hexdigest()[:32]


def networks_key(package: Package, prompts: Prompts) -> str:
    """What a package's networks are made from: its weights, what they are asked for, and what makes and converts them.

    The rest of the package stands in the folder that they are kept in.
    """
    # in their order, which is that of the network's channels; clicked structures are channels, too
    asked = prompts.labels, prompts.new, prompts.clicked_names, prompts.only_around_clicks
    made_by = [package_source_hash(name) for name in ("inference.opening", "inference.backends")]
    return "|".join(map(str, (package.weights_hash, asked, *made_by, *(version_of(name) for name in MAKERS))))


def _taking(model: Any, shape: tuple[int, ...]) -> Any:
    """A copy for windows of this shape; None where it cannot be had."""
    taking = model.clone()
    try:
        taking.reshape(list(shape))
    except RuntimeError:
        return None
    return taking
