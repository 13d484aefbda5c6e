"""What keeps a foreign model from doing anything but its work, and how much of that this computer offers.

Standard library only: the worker confines itself before it imports anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Confinement:
    """What holds for a worker that runs foreign code, as it said itself before that code was loaded.

    Attributes:
        network: ``namespace`` (a network of its own without any connection), ``seccomp`` (the kernel refuses sockets),
            ``blocked in Python`` (native code could still connect) or ``open``.
        files: ``allow-list`` (the kernel lets it read Python, the program, the model and the system's libraries, and
            write its scratch folder), ``blocked in Python`` (writing; native code could still do it) or ``open``.
        memory: ``limited and watched``, ``watched`` (ended when it takes more) or ``open``.
        processes: ``none`` (it cannot start others, nor signal or trace them), ``blocked in Python`` or ``open``.
    """

    network: str = "open"
    files: str = "open"
    memory: str = "open"
    processes: str = "open"

    @property
    def is_strong(self) -> bool:
        """True when the kernel itself keeps the model from the network, the files and other processes."""
        return self.network in ("namespace", "seccomp") and self.files == "allow-list" and self.processes == "none"

    @property
    def sentence(self) -> str:
        """What holds, for people."""
        return " ".join((_NETWORK[self.network], _FILES[self.files], _PROCESSES[self.processes], _MEMORY[self.memory]))

    def to_json(self) -> dict[str, Any]:
        """For the run's record."""
        return asdict(self) | {"sentence": self.sentence}

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> Confinement:
        """What ``to_json`` gave."""
        return Confinement(*(str(told[name]) for name in ("network", "files", "memory", "processes")))


_NETWORK = {
    "namespace": "The model has no network.",
    "seccomp": "The model has no network.",
    "blocked in Python": "The model's Python code has no network; native code in it could use one.",
    "open": "The model can use the network.",
}
_FILES = {
    "allow-list": "It reads only itself and the program, and writes only to a folder that is deleted.",
    "blocked in Python": "Its Python code can write only to a folder that is deleted; it can read your files.",
    "open": "It can read and write your files.",
}
_PROCESSES = {
    "none": "It cannot start or touch other programs.",
    "blocked in Python": "Its Python code cannot start other programs.",
    "open": "It can start other programs.",
}
_MEMORY = {
    "limited and watched": "Its memory is limited.",
    "watched": "It is ended when it takes too much memory.",
    "open": "Its memory is not limited.",
}
