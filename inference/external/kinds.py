"""Which programs are known, and what is to be known of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from inference.external.task import ExternalTask


@dataclass(frozen=True)
class Wishes:
    """What a person may ask of a run.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda:0``, ``mps``.
        fast: the faster, coarser variant.
        network: it may use the network, to fetch its weights.
    """

    device: str = "auto"
    fast: bool = False
    network: bool = False


@dataclass(frozen=True)
class Order:
    """A command that is ready to be run.

    Attributes:
        command: the program with its arguments.
        environment: all variables that it sees.
        writable: folders that it may write beside its scratch folder.
    """

    command: tuple[str, ...]
    environment: Mapping[str, str]
    writable: tuple[Path, ...] = ()


class Progress(Protocol):
    """Reads what a program prints."""

    def __call__(self, line: str) -> tuple[float, str] | None:
        """The finished share and what is being done; None where the line says nothing of that."""


class Kind(Protocol):
    """A program that can be installed on its own."""

    @property
    def key(self) -> str:
        """For identifiers: small letters."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def about(self) -> str:
        """A sentence, with its licence."""

    @property
    def variable(self) -> str:
        """The variable by which IT says where it is: the command, or the folder of its Python environment."""

    def find(self, place: str) -> Path | None:
        """Its command.

        Args:
            place: what a person or IT typed, the command or a Python environment; empty to look on the search path.
        """

    def ask(self, command: Path) -> list[ExternalTask]:
        """Its tasks, by its own Python in a child.

        Raises:
            ValueError, OSError: it does not answer, or not as it should.
        """

    def licence_problem(self, task: ExternalTask) -> tuple[str, str]:
        """Why a task cannot be run for want of a licence number, and what to do about it; empty when it can."""

    def missing_weights(self, task: ExternalTask, fast: bool) -> tuple[str, ...] | None:
        """Which weights of the task are not on this computer; None when nobody can say."""

    def weights_hash(self, task: ExternalTask, fast: bool) -> str:
        """First digits of SHA-256 over the task's weights; empty when nobody can say which these are."""

    def order(self, task: ExternalTask, wishes: Wishes, image: Path, out: Path, scratch: Path) -> Order:
        """The command for a run; what it needs beside is written into ``scratch``.

        Raises:
            UserError: it does not take such wishes.
        """

    def progress(self) -> Progress:
        """What reads the output of one run."""

    def device(self, wishes: Wishes, printed: str) -> str:
        """What a run computed on, ``cpu`` or ``gpu``, as far as its output says."""

    def reason(self, printed: str, has_network: bool) -> tuple[str, str]:
        """Why a run failed, and what to do about it, from what it printed last."""


def kinds() -> dict[str, Kind]:
    """All that are known, by their key."""
    from inference.external.totalsegmentator import TotalSegmentator

    known: tuple[Callable[[], Any], ...] = (TotalSegmentator,)
    made: list[Kind] = [make() for make in known]
    return {kind.key: kind for kind in made}
