"""What networks take on this machine's GPU; prints a table for docs/gpu-checks.md.

    python3 dev.py bench gpu_engine
    python tests/bench/bench_gpu_engine.py --tiny

It needs nothing but this repository and its environment with torch for the GPU. Shapes and seconds to compare with are
those that Clara Deploy's documentation gives for a Tesla T4 (its table 4). Its networks and the spacings of its images
are not public: networks of the same kind with random weights stand for them, and the seconds are an orientation, no
promise. Random weights give near-ties between classes, so fp16 is judged harder than with a trained network. ``--tiny``
does the same in small on the CPU, to see that the script works.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from budget_table import Measured, print_table
from engine_bundles import (
    SEGRESNET,
    SPACING_MM,
    SPLEEN_STEPS,
    SPLEEN_WINDOWS,
    UNET,
    WHOLE_BODY_STEPS,
    WHOLE_BODY_WINDOWS,
    Table,
    made_voxels,
    make_bundle,
)
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.engine.parameters import RunParameters
from inference.engine.planning import plan_run
from inference.engine.running import NetworkRun
from inference.model import ModelResult
from inference.packages.package import Package, read_package
from inference.record.computer import sensors_for_run
from inference.record.meter import Meter
from inference.record.readings import Reading, Usage
from inference.record.usage import usage_of

NO_GPU = "There is no GPU that torch can use here: nothing was measured (--tiny tries the script on the CPU)."
TINY = (40, 56, 48)
TINY_WINDOW = {"roi_size": [32, 32, 32]}
SMALL = (120, 200, 180)  # for what the CPU has to do, too
STAGES = ("prepare", "choose backend", "network", "bring labels back")
Limit = Callable[[float], None]


@dataclass(frozen=True)
class Shape:
    """One line of Clara Deploy's table.

    Attributes:
        name: what was segmented.
        kji: shape of the image.
        t4_s: seconds that it states.
        parts: network, steps and windows of the bundle that stands for it.
    """

    name: str
    kji: tuple[int, int, int]
    t4_s: float
    parts: tuple[Table, list[Table], Table]


def _spaced(mm: float, steps: list[Table]) -> list[Table]:
    return [step | {"pixdim": [mm, mm, mm]} if step["_target_"] == "Spacingd" else step for step in steps]


LIVER = SEGRESNET | {"out_channels": 3, "init_filters": 16}
SHAPES = (
    Shape("spleen, UNet, 1.5 x 1.5 x 2 mm", (515, 440, 440), 88, (UNET, SPLEEN_STEPS, SPLEEN_WINDOWS)),
    Shape(
        "liver, SegResNet, 1 mm",
        (588, 512, 512),
        78,
        (LIVER, _spaced(1.0, SPLEEN_STEPS), WHOLE_BODY_WINDOWS | {"sw_batch_size": 4}),
    ),
    Shape(
        "105 structures, SegResNet, 1.5 mm",
        (947, 512, 512),
        108,
        (SEGRESNET, _spaced(1.5, WHOLE_BODY_STEPS), WHOLE_BODY_WINDOWS),
    ),
)


@dataclass(frozen=True)
class Took:
    """A run and what it took."""

    result: ModelResult
    usage: Usage
    vram_mb: float

    @property
    def layer(self) -> NDArray[Any]:
        return self.result.layers[0]


def main() -> int:
    """All shapes, the ladder, and the comparison with the CPU."""
    tiny = "--tiny" in sys.argv
    if not tiny and not torch.cuda.is_available():
        print(NO_GPU)
        return 0
    device = "cpu" if tiny else "cuda:0"
    title = f"Networks on {'this CPU, tiny' if tiny else torch.cuda.get_device_name(0)}, torch {torch.__version__}"
    rows: list[Measured] = []
    with tempfile.TemporaryDirectory() as name:
        for shape in SHAPES:
            package = _package(Path(name), shape, tiny)
            kji = TINY if tiny else shape.kji
            rows += _measured(shape, package, kji, device)
        package = read_package(Path(name) / SHAPES[0].name.split(",")[0])
        rows += _compared_with_cpu(package, TINY if tiny else SMALL, device)
        rows += _ladder(package, TINY if tiny else SMALL, device)
    return print_table(title, rows)


def _package(folder: Path, shape: Shape, tiny: bool) -> Package:
    network, steps, windows = shape.parts
    parts = (network, steps, windows | TINY_WINDOW if tiny else windows)
    return read_package(make_bundle(folder / shape.name.split(",")[0], shape.name, parts))


def _measured(shape: Shape, package: Package, kji: tuple[int, int, int], device: str) -> list[Measured]:
    """One shape in every precision."""
    voxels, grid = made_voxels(kji), _grid(kji)
    rows: list[Measured] = []
    reference: Took | None = None
    for precision in ("fp32", "bf16" if device == "cpu" else "fp16"):
        wanted = RunParameters(device=device, precision=precision, backend="torch", insist=True)
        plan = plan_run(package, grid, voxels.nbytes, wanted)
        try:
            took = _run(package, voxels, grid, wanted)
        except UserError as error:  # a processor without bf16
            print(f"{shape.name}, {precision}: {error.message}")
            continue
        what = f"{shape.name}, {precision}"
        rows += _rows(what, shape, took)
        rows.append(Measured(f"{what}: VRAM planned", plan.gpu_memory_mb, "MB"))
        if reference is None:
            reference = took
        else:
            rows.append(Measured(f"{what}: voxels unlike fp32", _unlike(took, reference), "%"))
            dice = took.result.record["choice"].get("dice")
            rows.append(Measured(f"{what}: Dice of the middle window", dice if dice is not None else np.nan, ""))
    return rows


def _rows(what: str, shape: Shape, took: Took) -> list[Measured]:
    seconds = took.result.seconds
    rows = [Measured(f"{what}: {stage}", seconds.get(stage, np.nan), "s") for stage in STAGES]
    total = sum(seconds.values())
    rows.append(Measured(f"{what}: in all", total, "s", None, f"a T4 with Clara Deploy: {shape.t4_s:g} s"))
    rows.append(Measured(f"{what}: peak VRAM, torch's own count", took.vram_mb, "MB"))
    for name, reading in (("RAM", took.usage.ram_peak_mb), ("VRAM, driver's count", took.usage.vram_peak_mb)):
        rows.append(_reading(f"{what}: peak {name}", reading, "MB"))
    rows.append(_reading(f"{what}: energy", took.usage.energy_j, "J"))
    rows.append(_reading(f"{what}: energy of the GPU", took.usage.gpu_energy_j, "J"))
    rows.append(_reading(f"{what}: GPU at its hottest", took.usage.gpu_temperature_max_c, "C"))
    return rows


def _reading(what: str, reading: Reading, unit: str) -> Measured:
    return Measured(what, np.nan if reading.value is None else reading.value, unit, None, reading.source.value)


def _run(package: Package, voxels: NDArray[np.int16], grid: Geometry, wanted: RunParameters) -> Took:
    """A run in this process, metered as those of the worker are."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    sensors = sensors_for_run()
    meter = Meter(sensors, os.getpid)
    meter.start()
    try:
        result = NetworkRun(package, wanted).on([voxels], grid, lambda fraction, message: None)
    finally:
        trace = meter.stop()
    vram = torch.cuda.max_memory_reserved() / 2**20 if torch.cuda.is_available() else 0.0
    return Took(result, usage_of(trace, sensors, None, str(result.record["device"])), vram)


def _compared_with_cpu(package: Package, kji: tuple[int, int, int], device: str) -> list[Measured]:
    """The same small case there and here; torch's convolutions on NVIDIA round to TF32 unless they are told not to."""
    voxels, grid = made_voxels(kji), _grid(kji)
    cpu = _run(package, voxels, grid, RunParameters(device="cpu", backend="torch", precision="fp32", insist=True))
    rows = []
    allowed = torch.backends.cudnn.allow_tf32
    try:
        for tf32 in (True, False):
            torch.backends.cudnn.allow_tf32 = tf32
            gpu = _run(
                package, voxels, grid, RunParameters(device=device, backend="torch", precision="fp32", insist=True)
            )
            mode = "with TF32" if tf32 else "without TF32"
            rows.append(Measured(f"small case {mode}: voxels unlike the CPU's", _unlike(gpu, cpu), "%", 0.1))
    finally:
        torch.backends.cudnn.allow_tf32 = allowed
    return rows


def _ladder(package: Package, kji: tuple[int, int, int], device: str) -> list[Measured]:
    """With less and less of the GPU's memory: windows one by one, then the CPU; the labels stay the same."""
    voxels, grid = made_voxels(kji), _grid(kji)
    wanted = RunParameters(backend="torch", precision="fp32", insist=True)
    whole = _run(package, voxels, grid, wanted)
    limit = _limit if device != "cpu" else (lambda fraction: None)
    total = torch.cuda.get_device_properties(0).total_memory / 2**20 if device != "cpu" else 1.0
    rows = []
    for share, expected in ((0.7, "one by one"), (0.02, "the CPU computed")):
        limit(whole.vram_mb * share / total)
        try:
            took = _run(package, voxels, grid, wanted)
        finally:
            limit(1.0)
        what = f"ladder, {share:.0%} of the memory needed" if device != "cpu" else "ladder, not limited on the CPU"
        print(f"{what}: {' '.join(took.result.notes) or 'nothing was said'}")
        if device != "cpu":
            was_said = any(expected in note for note in took.result.notes)
            rows.append(Measured(f"{what}: “{expected}” was not said", 0.0 if was_said else 1.0, "", 0.0))
        rows.append(Measured(f"{what}: voxels unlike those with all of it", _unlike(took, whole), "%", 0.1))
    return rows


def _limit(fraction: float) -> None:
    """Of the GPU's memory, what torch may take."""
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(min(max(fraction, 1e-4), 1.0))


def _grid(kji: tuple[int, int, int]) -> Geometry:
    return Geometry(kji, np.diag([*SPACING_MM, 1.0]))


def _unlike(a: Took, b: Took) -> float:
    return 100 * float((a.layer != b.layer).mean())


if __name__ == "__main__":
    raise SystemExit(main())
