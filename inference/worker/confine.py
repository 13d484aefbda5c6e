"""The worker's own part of its confinement, carried out before any foreign code is loaded. Standard library only."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from inference.worker.allowed_files import readable
from inference.worker.confinement import Confinement
from inference.worker.python_guard import guard_in_python


@dataclass(frozen=True)
class Bounds:
    """What a confined worker is told when it starts.

    Attributes:
        package: the model's folder; read only.
        scratch: an empty folder of its own; the only one that it may write.
        memory_mb: the most that it may take.
        parent: the process that starts it.
        home: the user's folder, which nothing may open as a whole.
        networks: the folder of the model's kept networks, read only; None where there is none.
    """

    package: Path
    scratch: Path
    memory_mb: int
    parent: int
    home: Path
    networks: Path | None = None

    def to_json(self) -> str:
        """For the worker's command line."""
        told = {name: value for name, value in vars(self).items() if value is not None}
        return json.dumps({name: value if isinstance(value, int) else str(value) for name, value in told.items()})

    @staticmethod
    def from_json(text: str) -> Bounds:
        """What ``to_json`` wrote."""
        told = json.loads(text)
        package, scratch, home = (Path(told[name]) for name in ("package", "scratch", "home"))
        networks = Path(told["networks"]) if "networks" in told else None
        return Bounds(package, scratch, int(told["memory_mb"]), int(told["parent"]), home, networks)


def confine(bounds: Bounds) -> Confinement:
    """Give up, for good, everything that running a model does not need; as much as this system offers.

    Must run before there are threads: Linux gives a namespace of its own to single-threaded processes only.

    Returns:
        What holds now.
    """
    sys.dont_write_bytecode = True
    allowed = readable(bounds.package, bounds.home, bounds.networks)
    if sys.platform == "linux":
        from inference.worker.confine_by_kernel import confine_by_kernel

        return confine_by_kernel(bounds.scratch, bounds.memory_mb, bounds.parent, allowed)
    else:  # noqa: RET505  (so that mypy knows that it is another system's part)
        guard_in_python(network=True, processes=True, files=True, allowed=allowed, scratch=bounds.scratch)
        return Confinement("blocked in Python", "blocked in Python", "watched", "blocked in Python")
