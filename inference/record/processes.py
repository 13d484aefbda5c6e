"""Processes and temperatures by psutil."""

from __future__ import annotations

import time

import psutil

from inference.record.sensors import ProcessSample

LOOK_FOR_CHILDREN_S = 1.0  # finding them means reading the whole list of processes
_PACKAGES = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "soc_thermal", "acpitz")  # the best first


class ProcessTree:
    """Reads a process with its children; new children are looked for once a second."""

    def __init__(self) -> None:
        self._root = -1
        self._known: dict[int, psutil.Process] = {}
        self._looked_s = 0.0

    def read(self, pid: int) -> ProcessSample | None:
        """Now; None when the process is gone."""
        try:
            self._look(pid)
        except psutil.Error:
            return None
        pids, cpu_s, rss = [], 0.0, 0
        for process in self._known.values():
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    rss += process.memory_info().rss
            except psutil.Error:
                continue  # a child that ended; its time stands with its parent now
            pids.append(process.pid)
            cpu_s += times.user + times.system
            cpu_s += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        return ProcessSample(pids, cpu_s, rss / 2**20) if pid in pids else None

    def _look(self, pid: int) -> None:
        now = time.monotonic()
        if pid == self._root and now - self._looked_s < LOOK_FOR_CHILDREN_S:
            return
        root = self._known[pid] if pid == self._root else psutil.Process(pid)
        self._root, self._looked_s = pid, now
        self._known = {pid: root} | {child.pid: child for child in root.children(recursive=True)}


class CpuThermometer:
    """The hottest sensor of the processors; Linux and some BSDs only."""

    def read(self) -> float | None:
        """Degrees Celsius; None when nothing tells."""
        ask = getattr(psutil, "sensors_temperatures", None)
        if ask is None:
            return None
        found = ask()
        for name in _PACKAGES:
            hot = [sensor.current for sensor in found.get(name, ()) if sensor.current and sensor.current > 0]
            if hot:
                return float(max(hot))
        return None
