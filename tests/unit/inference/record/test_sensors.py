"""Counters of the kernel and the driver, played by files and objects of the test."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from inference.record.amd import amd_gpus
from inference.record.nvidia import NvmlUnavailable, nvidia_gpus
from inference.record.powercap import Powercap, PowercapUnreadable
from inference.record.processes import CpuThermometer, ProcessTree


def test_powercap_adds_packages_and_memory_and_nothing_twice(tmp_path, powercap) -> None:
    files = [
        powercap("package-0", 1_000_000),
        powercap("package-1", 2_000_000, zone="intel-rapl:1"),
        powercap("dram", 500_000, zone="intel-rapl:0:1"),
        powercap("core", 700_000, zone="intel-rapl:0:0"),  # part of the package
        powercap("psys", 9_000_000, zone="intel-rapl:2"),  # all of it once more
    ]
    counter = Powercap(tmp_path / "powercap")
    for file in files:
        file.write_text(str(int(file.read_text()) + 3_000_000))
    assert counter.read().joules == pytest.approx(9.0)
    assert "memory" in counter.note


def test_powercap_goes_on_when_the_counter_begins_again(tmp_path, powercap) -> None:
    file = powercap("package-0", 9_900_000, range_uj=10_000_000)
    counter = Powercap(tmp_path / "powercap")
    file.write_text("400000")
    assert counter.read().joules == pytest.approx(0.5)
    file.write_text("900000")
    assert counter.read().joules == pytest.approx(1.0)
    file.write_text("100000")  # and once more
    assert counter.read().joules == pytest.approx(10.2)


def test_powercap_says_why_it_cannot_be_read(tmp_path, powercap, monkeypatch) -> None:
    with pytest.raises(PowercapUnreadable, match="no energy counters"):
        Powercap(tmp_path / "powercap")
    powercap("package-0", 1)
    from pathlib import Path

    read = Path.read_text

    def refuse(path, *arguments, **more):
        if path.name == "energy_uj":
            raise PermissionError
        return read(path, *arguments, **more)

    monkeypatch.setattr(Path, "read_text", refuse)  # root may read everything, whatever the file's mode
    with pytest.raises(PowercapUnreadable, match="only administrators"):
        Powercap(tmp_path / "powercap")


def test_powercap_that_goes_away_gives_none(tmp_path, powercap) -> None:
    file = powercap("package-0", 1)
    counter = Powercap(tmp_path / "powercap")
    file.unlink()
    assert counter.read() is None


def test_nvidia_units_are_ours(nvml) -> None:
    (gpu,) = nvidia_gpus(nvml)
    sample = gpu.read()
    assert (gpu.name, sample.joules, sample.watts) == ("Tesla T4", 5000.0, 65.5)
    assert (sample.temperature_c, sample.used_mb, sample.process_mb) == (61.0, 2048.0, {7: 512.0})


def test_what_a_gpu_does_not_support_is_asked_once(nvml) -> None:
    nvml.unsupported = {"energy"}  # before Volta
    (gpu,) = nvidia_gpus(nvml)
    assert gpu.read().joules is None
    assert gpu.read().watts == 65.5
    assert nvml.asked.count("energy") == 1


def test_an_error_that_passes_is_asked_again(nvml) -> None:
    (gpu,) = nvidia_gpus(nvml)
    nvml.broken = True
    assert gpu.read() is None
    nvml.broken = False
    assert gpu.read().joules == 5000.0


def test_wddm_tells_processes_without_memory(nvml) -> None:
    nvml.processes = [SimpleNamespace(pid=7, usedGpuMemory=None)]
    (gpu,) = nvidia_gpus(nvml)
    assert gpu.read().process_mb == {7: None}


def test_no_driver_and_no_package_are_told_apart(nvml, monkeypatch) -> None:
    nvml.has_driver = False
    with pytest.raises(NvmlUnavailable, match="no NVIDIA driver"):
        nvidia_gpus(nvml)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(NvmlUnavailable, match="not installed"):
        nvidia_gpus()


def test_amd_reads_the_kernels_files(tmp_path) -> None:
    other, monitor = tmp_path / "hwmon0", tmp_path / "hwmon1"
    (monitor / "device").mkdir(parents=True)
    other.mkdir()
    (other / "name").write_text("nvme\n")
    (monitor / "name").write_text("amdgpu\n")
    (monitor / "power1_input").write_text("31000000\n")
    (monitor / "temp1_input").write_text("47000\n")
    (monitor / "device" / "mem_info_vram_used").write_text(str(300 * 2**20))
    (gpu,) = amd_gpus(tmp_path)
    sample = gpu.read()
    assert (sample.joules, sample.watts, sample.temperature_c, sample.used_mb) == (None, 31.0, 47.0, 300.0)


def test_a_process_is_read_with_its_children() -> None:
    inner = "b = bytearray(60 << 20); input()"
    outer = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {inner!r}], stdin=0); p.wait()"
    with subprocess.Popen([sys.executable, "-c", outer], stdin=subprocess.PIPE) as process:
        try:
            sample = None
            while sample is None or len(sample.pids) < 2 or sample.rss_mb < 60:
                assert process.poll() is None
                sample = ProcessTree().read(process.pid)
            assert process.pid in sample.pids
            assert sample.cpu_s > 0
        finally:
            for child in psutil.Process(process.pid).children():
                child.kill()
            process.kill()
    assert ProcessTree().read(process.pid) is None


def test_the_hottest_sensor_of_the_processor_counts(monkeypatch) -> None:
    found = {
        "nvme": [SimpleNamespace(current=90.0)],
        "coretemp": [SimpleNamespace(current=52.0), SimpleNamespace(current=58.0)],
    }
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: found, raising=False)
    assert CpuThermometer().read() == 58.0
    found.pop("coretemp")
    assert CpuThermometer().read() is None
    monkeypatch.delattr(psutil, "sensors_temperatures")  # as on Windows
    assert CpuThermometer().read() is None


def test_this_computer_can_be_asked() -> None:
    from inference.record.computer import sensors_for_run

    sensors = sensors_for_run(5.0)
    assert sensors.watts_per_core == 5.0
    assert (sensors.cpu is None) == bool(sensors.cpu_problem)
    assert sensors.processes.read(os.getpid()).rss_mb > 10
    assert sensors.computer["processor"]
