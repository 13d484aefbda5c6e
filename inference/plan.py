"""What a run will take, told before it begins."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from inference.answers import ResultInvalid, fields, items, number, text

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Plan:
    """One run, before it begins.

    Attributes:
        device: where it would compute.
        network_shape: of the network's grid (x, y, z), as far as known without the image.
        window: voxels of a window.
        windows: how many.
        memory_mb: of the computer that the worker will hold, its libraries and the image included.
        gpu_memory_mb: of the GPU; 0 on the CPU.
        free_mb, gpu_free_mb: what is free now.
        seconds: how long it takes; None where this machine has not computed the model yet.
        backend: what would compute; empty where it is not measured yet.
        fits: whether both memories suffice.
        is_rough: the network cannot be followed without computing it, so its memory is that of a usual one.
        rung: the way to spend memory that the run begins with, see ``inference.engine.rungs``; 0 is the fastest.
    """

    device: str
    network_shape: Shape
    window: Shape
    windows: int
    memory_mb: float
    gpu_memory_mb: float
    free_mb: float
    gpu_free_mb: float
    seconds: float | None
    backend: str
    fits: bool
    is_rough: bool = False
    rung: int = 0

    @property
    def words(self) -> str:
        """One sentence for people, such as ``about 40 s, 3.1 GB of memory``."""
        time = "not timed on this computer yet" if self.seconds is None else f"about {_duration(self.seconds)}"
        memory = f"{'roughly ' * self.is_rough}{self.memory_mb / 1024:.1f} GB of memory"
        if self.gpu_memory_mb:
            memory += f", {self.gpu_memory_mb / 1024:.1f} GB of the GPU's"
        if self.fits:
            return f"{time}, {memory}"
        free = f"{self.free_mb / 1024:.1f} GB"
        if self.gpu_memory_mb:
            free += f" and {self.gpu_free_mb / 1024:.1f} GB of the GPU's"
        return f"needs {memory}; {free} are free"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @staticmethod
    def from_json(record: Any) -> Plan:
        """What ``to_json`` made; it comes from a foreign model's worker, so it is read with distrust.

        Raises:
            ResultInvalid: it is something else.
        """
        said = fields(record)
        seconds = said.get("seconds")
        return Plan(
            device=text(said.get("device")),
            network_shape=_shape(said.get("network_shape")),
            window=_shape(said.get("window")),
            windows=int(number(said.get("windows"))),
            memory_mb=number(said.get("memory_mb")),
            gpu_memory_mb=number(said.get("gpu_memory_mb")),
            free_mb=number(said.get("free_mb")),
            gpu_free_mb=number(said.get("gpu_free_mb")),
            seconds=None if seconds is None else number(seconds),
            backend=text(said.get("backend")),
            fits=said.get("fits") is True,
            is_rough=said.get("is_rough") is True,
            rung=int(number(said.get("rung", 0), 0, 100)),
        )


def _shape(value: Any) -> Shape:
    sizes = [int(number(size, 1, 1e6)) for size in items(value)]
    if len(sizes) != 3:
        raise ResultInvalid("a shape in it is none")
    return sizes[0], sizes[1], sizes[2]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
