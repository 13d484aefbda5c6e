"""The processors' energy counters of Linux: /sys/class/powercap/intel-rapl:* (Intel, and AMD since Zen)."""

from __future__ import annotations

import threading
from pathlib import Path

from inference.record.sensors import CpuSample

FOLDER = Path("/sys/class/powercap")
NOTE = "the processors' packages by powercap; other programs included"


class PowercapUnreadable(Exception):
    """There are no counters, or this user may not read them; the text says which, for people."""


class _Zone:
    """One counter, unwrapped: it counts microjoules and begins again at ``max_energy_range_uj``."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "energy_uj"
        self._range = int((folder / "max_energy_range_uj").read_text())
        self._last = int(self._file.read_text())
        self._sum = 0

    def microjoules(self) -> int:
        """Since this object was made; must be asked at least once in each of the counter's rounds."""
        now = int(self._file.read_text())
        step = now - self._last
        self._sum += step if step >= 0 else step + self._range
        self._last = now
        return self._sum


class Powercap:
    """The sum of all packages, and of their memory where it is counted apart.

    Raises:
        PowercapUnreadable: there is nothing to read. Kernels since 5.10 let only root read the counters (they can tell
            what other programs do); an administrator can open them by a udev rule.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        zones = [zone for zone in sorted(folder.glob("intel-rapl:*")) if _counts(zone)]
        if not zones:
            raise PowercapUnreadable("this computer shows no energy counters")
        try:
            self._zones = [_Zone(zone) for zone in zones]
        except PermissionError as error:
            raise PowercapUnreadable("only administrators may read this computer's energy counters") from error
        except (OSError, ValueError) as error:
            raise PowercapUnreadable("this computer's energy counters do not answer") from error
        self._lock = threading.Lock()  # a run and the measurement at rest may both ask
        has_memory = any(_name(zone) == "dram" for zone in zones)
        self.note = NOTE.replace("packages", "packages and memory") if has_memory else NOTE

    def read(self) -> CpuSample | None:
        """Energy since this object was made."""
        with self._lock:
            return self._read()

    def _read(self) -> CpuSample | None:
        try:
            return CpuSample(sum(zone.microjoules() for zone in self._zones) / 1e6)
        except (OSError, ValueError):
            return None


def _counts(zone: Path) -> bool:
    """Packages and memory; cores are part of the package, and ``psys`` holds everything once more."""
    name = _name(zone)
    return name.startswith("package") or name == "dram"


def _name(zone: Path) -> str:
    try:
        return (zone / "name").read_text().strip()
    except OSError:
        return ""
