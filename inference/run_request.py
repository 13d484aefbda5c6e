"""A run's request: the voxels in shared memory, and what the worker must know of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from imaging.case.images import geometry_to_json
from imaging.errors import UserError
from imaging.volume import Volume
from inference.catalogue import ModelInfo
from inference.failures import TOO_LITTLE_MEMORY
from inference.worker.channel import Message
from inference.worker.shared_block import SharedBlock


def must_fit_memory(info: ModelInfo, volumes: Sequence[Volume]) -> None:
    """Refuse what cannot fit; UserError says what it would take."""
    import psutil

    needed_mb = info.memory_mb(volumes[0].geometry) + sum(volume.voxels.nbytes for volume in volumes) / 2**20
    free_mb = psutil.virtual_memory().available / 2**20
    if needed_mb > free_mb:
        raise UserError(
            f"{info.name} needs {needed_mb / 1024:.1f} GB of memory for this image; {free_mb / 1024:.1f} GB are free.",
            TOO_LITTLE_MEMORY,
        )


@contextmanager
def in_shared_memory(volumes: Sequence[Volume]) -> Iterator[list[SharedBlock]]:
    """The voxels in shared memory; MemoryError when there is no room for them."""
    with ExitStack() as stack:
        blocks: list[SharedBlock] = []
        for volume in volumes:
            blocks.append(SharedBlock.holding(volume.voxels))
            stack.callback(blocks[-1].close)
        yield blocks


def request_of(volumes: Sequence[Volume], info: ModelInfo, parameters: dict[str, Any]) -> Message:
    """The request for a run; see ``inference.worker.model_run``."""
    return {
        "kind": "run",
        "factory": info.factory,
        "package": None if info.package is None else str(info.package),
        "package_hash": info.package_hash,
        "external": None if info.external is None else info.external.to_json(),
        "images": [_described(volume) for volume in volumes],
        "parameters": parameters,
    }


def _described(volume: Volume) -> dict[str, Any]:
    return {
        "shape": list(volume.voxels.shape),
        "dtype": volume.voxels.dtype.str,
        "geometry": geometry_to_json(volume.geometry),
        "quantity": volume.quantity.value,
        "modality": volume.source.modality,
    }
