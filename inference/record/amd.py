"""AMD's GPUs by the kernel's driver: /sys/class/hwmon/hwmon* named ``amdgpu``. It tells power, not energy."""

from __future__ import annotations

from pathlib import Path

from inference.record.sensors import GpuSample

FOLDER = Path("/sys/class/hwmon")


def amd_gpus(folder: Path = FOLDER) -> list[AmdGpu]:
    """All of them; empty when there are none."""
    monitors = [m for m in sorted(folder.glob("hwmon*")) if _text(m / "name") == "amdgpu"]
    return [AmdGpu(monitor, index) for index, monitor in enumerate(monitors)]


class AmdGpu:
    """One GPU. The driver tells the memory of the whole GPU only."""

    def __init__(self, monitor: Path, index: int) -> None:
        self._monitor = monitor
        self.index = index
        self.name = _text(monitor / "device" / "product_name") or "AMD GPU"

    def read(self) -> GpuSample | None:
        """Now; None when it went away."""
        power = _number(self._monitor / "power1_average")
        if power is None:
            power = _number(self._monitor / "power1_input")  # newer GPUs have this one only
        temperature = _number(self._monitor / "temp1_input")
        used = _number(self._monitor / "device" / "mem_info_vram_used")
        if power is None and temperature is None and used is None:
            return None
        return GpuSample(
            watts=None if power is None else power / 1e6,
            temperature_c=None if temperature is None else temperature / 1e3,
            used_mb=None if used is None else used / 2**20,
        )


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def _number(file: Path) -> float | None:
    try:
        return float(file.read_text())
    except (OSError, ValueError):
        return None
