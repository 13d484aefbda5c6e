"""What there is to compute on; asked in the worker, because the answer needs torch."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from inference.worker.footprint import core_count


def devices() -> list[str]:
    """Descriptions for people, the best device first: ``GPU NVIDIA H200, 139 GB``, ``CPU, 2 cores``."""
    cores = core_count()
    return [*_gpus(), f"CPU, {cores} core{'s' if cores > 1 else ''}"]


def _gpus() -> list[str]:
    if importlib.util.find_spec("torch") is None:
        return []
    cuda: Any = importlib.import_module("torch").cuda
    if not cuda.is_available():
        return []
    all_properties = [cuda.get_device_properties(n) for n in range(cuda.device_count())]
    return [f"GPU {p.name}, {p.total_memory / 2**30:.0f} GB" for p in all_properties]
