"""What can be read on this computer; found out once, when it is first needed."""

from __future__ import annotations

import platform
from dataclasses import replace
from functools import cache
from pathlib import Path

import psutil

from inference.record.amd import amd_gpus
from inference.record.idle import IdleWatch
from inference.record.nvidia import NvmlUnavailable, nvidia_gpus
from inference.record.powercap import Powercap, PowercapUnreadable
from inference.record.processes import CpuThermometer, ProcessTree
from inference.record.sensors import CpuEnergy, Gpu, Sensors

WATTS_PER_CORE = 12.0
"""Assumed power of one busy core where nothing counts: the Green Algorithms calculator's figure for a processor that
it does not know (its table TDP_cpu.csv, line "Any"; Lannelongue, Grealey, Inouye, Advanced Science 2021). The
processors that it knows lie between 4 and 24 W."""


@cache
def this_computer() -> Sensors:
    """The sensors of this computer."""
    cpu, cpu_problem = _cpu()
    gpus, gpu_problem = _gpus()
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    facts = {"processor": _processor(), "cores": str(cores), "system": f"{platform.system()} {platform.machine()}"}
    if gpus:
        facts["gpus"] = ", ".join(gpu.name for gpu in gpus)
    return Sensors(
        ProcessTree(),
        CpuThermometer(),
        cpu,
        cpu_problem,
        gpus,
        gpu_problem,
        WATTS_PER_CORE,
        (psutil.cpu_count() or cores) / cores,
        facts,
    )


def sensors_for_run(watts_per_core: float = WATTS_PER_CORE) -> Sensors:
    """The same with a process tree of its own, as each meter must have, and another assumption."""
    return replace(this_computer(), processes=ProcessTree(), watts_per_core=watts_per_core)


@cache
def idle_watch() -> IdleWatch:
    """The one measurement of the power at rest."""
    return IdleWatch(this_computer)


def _cpu() -> tuple[CpuEnergy | None, str]:
    if platform.system() != "Linux":
        return None, f"{platform.system()} lets no program count the processors' energy"
    try:
        return Powercap(), ""
    except PowercapUnreadable as error:
        return None, str(error)


def _gpus() -> tuple[list[Gpu], str]:
    problem = ""
    gpus: list[Gpu] = []
    try:
        gpus += nvidia_gpus()
    except NvmlUnavailable as error:
        problem = str(error)
    gpus += amd_gpus()
    return gpus, "" if gpus else problem


def _processor() -> str:
    """The processor's name as its maker writes it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        return platform.processor() or platform.machine()  # no Linux
    return platform.processor() or platform.machine()
