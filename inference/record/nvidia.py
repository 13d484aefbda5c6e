"""NVIDIA's GPUs by NVML (package nvidia-ml-py, module ``pynvml``), where both are there."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from inference.record.sensors import GpuSample

MIB = 2**20


class NvmlUnavailable(Exception):
    """No NVIDIA GPU can be asked; the text says why, for people."""


def nvidia_gpus(nvml: Any = None) -> list[NvidiaGpu]:
    """All GPUs of the driver.

    Args:
        nvml: a module like ``pynvml``; imported when it is left out.

    Raises:
        NvmlUnavailable: the package or the driver is not there, or there is no GPU.
    """
    if nvml is None:
        try:
            nvml = importlib.import_module("pynvml")
        except ImportError as error:
            raise NvmlUnavailable("the package nvidia-ml-py is not installed") from error
    try:
        nvml.nvmlInit()
        count = nvml.nvmlDeviceGetCount()
        gpus = [NvidiaGpu(nvml, index) for index in range(count)]
    except nvml.NVMLError as error:
        raise NvmlUnavailable("no NVIDIA driver answers") from error
    if not gpus:
        raise NvmlUnavailable("the NVIDIA driver knows no GPU")
    return gpus


class NvidiaGpu:
    """One GPU. What it does not support is asked once and then left alone."""

    def __init__(self, nvml: Any, index: int) -> None:
        self._nvml = nvml
        self._handle = nvml.nvmlDeviceGetHandleByIndex(index)
        self._unsupported: set[str] = set()
        name = nvml.nvmlDeviceGetName(self._handle)
        self.name = name.decode() if isinstance(name, bytes) else str(name)
        self.index = index

    def read(self) -> GpuSample | None:
        """Now; None when the driver went away."""
        nvml, handle = self._nvml, self._handle
        millijoules = self._asked("energy", lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(handle))
        milliwatts = self._asked("power", lambda: nvml.nvmlDeviceGetPowerUsage(handle))
        memory = self._asked("memory", lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
        if millijoules is None and milliwatts is None and memory is None:
            return None
        return GpuSample(
            joules=None if millijoules is None else millijoules / 1e3,
            watts=None if milliwatts is None else milliwatts / 1e3,
            temperature_c=self._temperature(),
            used_mb=None if memory is None else memory.used / MIB,
            process_mb=self._process_mb(),
        )

    def _temperature(self) -> float | None:
        nvml = self._nvml
        found = self._asked(
            "temperature", lambda: nvml.nvmlDeviceGetTemperature(self._handle, nvml.NVML_TEMPERATURE_GPU)
        )
        return None if found is None else float(found)

    def _process_mb(self) -> dict[int, float | None]:
        """By process. Windows' usual driver model (WDDM) tells no memory: ``usedGpuMemory`` is None there."""
        found = self._asked("processes", lambda: self._nvml.nvmlDeviceGetComputeRunningProcesses(self._handle))
        return {p.pid: None if p.usedGpuMemory is None else p.usedGpuMemory / MIB for p in found or ()}

    def _asked(self, what: str, call: Callable[[], Any]) -> Any:
        if what in self._unsupported:
            return None
        try:
            return call()
        except self._nvml.NVMLError as error:
            if getattr(error, "value", None) == self._nvml.NVML_ERROR_NOT_SUPPORTED:
                self._unsupported.add(what)
            return None
