"""What a run will take, told before it begins: grid, windows, memory, and time where it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from imaging.geometry import Geometry
from inference.backends.candidates import device_of
from inference.backends.choosing import key_of
from inference.engine.footprint_of_network import BYTES, traced_memory
from inference.engine.grids import Grid, after
from inference.engine.one_by_one import singles
from inference.engine.parameters import RunParameters
from inference.engine.probabilities import MOST_NUMBERS, why_no_maps, wished_values
from inference.engine.recipe import Recipe, Shape, Windows
from inference.engine.rungs import CPU, Rung, rungs
from inference.engine.windows import window_size, window_starts
from inference.opening.formats import open_package
from inference.opening.opened import Opened, TorchNetworks
from inference.packages.package import Package
from inference.plan import Plan

LIBRARIES_MB = 650.0  # torch, MONAI and the rest in the worker; a rounded guess, see decision 21
MAP_COPIES = 3  # on the image's grid: in the worker, in shared memory, and where the result is taken
RESERVE = 0.9  # of what is free may be planned for
MIB = 2**20


def plan_run(package: Package, geometry: Geometry, channel_bytes: int, wanted: RunParameters) -> Plan:
    """Plan a run: the first way to spend memory that suffices, or the most modest one where none does.

    Args:
        package: the model.
        geometry: of the image.
        channel_bytes: of all input images.
        wanted: wishes, with what is known of earlier choices.

    Raises:
        UserError: the model cannot be opened, or there is no such device.
    """
    alone = singles(package.description, wanted.prompts)
    opened = open_package(package, alone[0][1] if alone else wanted.prompts)
    shape = network_shape(opened.recipe, geometry)
    demand = _demand(package, opened, shape, geometry, channel_bytes, wanted)
    repeats = (2 ** len(opened.mirror_axes) if wanted.mirror else 1) * max(len(alone), 1)
    ladder = rungs(wanted)
    number = _first_that_fits(demand, ladder, demand.given + demand.made)
    return _plan(demand, ladder[number], number, _facts(package, demand.window, ladder[number].wanted), repeats)


def planned_rung(
    package: Package, opened: Opened, shape: Shape, geometry: Geometry, wanted: RunParameters, ladder: Sequence[Rung]
) -> int:
    """The rung that a run begins on, once its image is prepared: the first that fits into what is free now.

    Args:
        shape: of the network's grid.
        geometry: of the image.
        ladder: what ``rungs`` gave.

    Returns:
        Its number; the last one's where none fits.
    """
    windows = opened.recipe.windows
    if all(rung.wanted.device == CPU for rung in ladder) and (windows is None or windows.batch == 1):
        return 0  # further rungs are the same
    demand = _demand(package, opened, shape, geometry, 0, wanted)
    return _first_that_fits(demand, ladder, demand.made)


def _first_that_fits(demand: _Demand, ladder: Sequence[Rung], beside: int) -> int:
    fitting = (number for number, rung in enumerate(ladder) if _needs(demand, rung, beside).fits)
    return next(fitting, len(ladder) - 1)


@dataclass(frozen=True)
class _Demand:
    """What a run needs, in bytes.

    Attributes:
        shape: of the network's grid, padded to a window.
        window: size of one.
        count: how many there are.
        batch: how many the model computes at a time.
        given: image, weights and libraries, in the computer's memory before the first window.
        made: labels and maps.
        weights: of the network alone.
        held: while one window is computed.
        sums: of all classes in one window's depth.
        is_rough: ``held`` is that of a usual network.
    """

    shape: Shape
    window: Shape
    count: int
    batch: int
    given: int
    made: int
    weights: int
    held: int
    sums: int
    is_rough: bool


def _demand(
    package: Package, opened: Opened, shape: Shape, geometry: Geometry, channel_bytes: int, wanted: RunParameters
) -> _Demand:
    windows = opened.recipe.windows or Windows((0, 0, 0), (0.0, 0.0, 0.0))
    size = window_size(windows, shape)
    x, y, z = (max(n, roi) for n, roi in zip(shape, size, strict=True))
    around = opened.around_clicks
    count = len(window_starts(size, windows, (x, y, z))) if around is None or not around.is_all else 0
    count += sum(pointed.click_count for pointed in around.structures) if around is not None else 0
    channels = len(package.description.channels) + (len(opened.recipe.labels) if opened.previous is not None else 0)
    known = _facts(package, size, replace(wanted, device=device_of(wanted.device))).get("memory")
    held, classes, is_rough = _window(opened, (1, channels, *size), len(opened.recipe.labels) + 1, known)
    image = x * y * z * BYTES * channels * 2  # as it was and as it is changed
    weights = sum(_bytes(package, file.path) for file in package.description.weights)
    maps = _map_count(opened.recipe, wanted) * (x * y * z + MAP_COPIES * int(np.prod(geometry.shape)))
    given = int(LIBRARIES_MB * MIB) + channel_bytes + image + 2 * weights
    sums = classes * size[0] * y * z * BYTES
    if maps:
        sums += 4 * min(sums, max(MOST_NUMBERS, classes * y * z) * BYTES)  # copies of what is looked at together
    made = x * y * z * 2 + maps
    return _Demand((x, y, z), size, count, min(windows.batch, count), given, made, weights, held, sums, is_rough)


def _map_count(recipe: Recipe, wanted: RunParameters) -> int:
    """How many maps of uncertainty and probability a run keeps, one byte for each voxel.

    Raises:
        UserError: it is to keep one of a structure that the model has not.
    """
    if why_no_maps(recipe.head):
        return 0
    chances = 1 + len(wished_values(wanted.probability, recipe.labels)) if wanted.probability else 0
    return chances + wanted.doubt


class _Needs(NamedTuple):
    """MiB that a rung takes, and that are free."""

    memory: float
    gpu_memory: float
    free: float
    gpu_free: float
    fits: bool


def _needs(demand: _Demand, rung: Rung, beside: int) -> _Needs:
    """What a rung takes of both memories; ``beside`` are bytes of the computer's that every rung takes."""
    import psutil

    device = rung.wanted.device
    on_gpu = device != CPU
    held = demand.held * (min(demand.batch, rung.most_windows) if rung.most_windows else demand.batch)
    sums_on_gpu = on_gpu and not rung.sums_on_cpu
    memory = (beside + (0 if on_gpu else held) + (0 if sums_on_gpu else demand.sums)) / MIB
    gpu_memory = (demand.weights + held + (demand.sums if sums_on_gpu else 0)) / MIB if on_gpu else 0.0
    free, gpu_free = psutil.virtual_memory().available / MIB, _gpu_free(device)
    gpu_fits = not device.startswith("cuda") or gpu_memory <= gpu_free * RESERVE
    return _Needs(memory, gpu_memory, free, gpu_free, memory <= free * RESERVE and gpu_fits)


def _plan(demand: _Demand, rung: Rung, number: int, facts: dict[str, Any], repeats: int) -> Plan:
    needs = _needs(demand, rung, demand.given + demand.made)
    return Plan(
        device=rung.wanted.device,
        network_shape=demand.shape,
        window=demand.window,
        windows=demand.count,
        memory_mb=round(needs.memory),
        gpu_memory_mb=round(needs.gpu_memory),
        free_mb=round(needs.free),
        gpu_free_mb=round(needs.gpu_free),
        seconds=round(float(facts["window_s"]) * demand.count * repeats, 1) if "window_s" in facts else None,
        backend=str(facts.get("name", "")),
        fits=needs.fits,
        is_rough=demand.is_rough,
        rung=number,
    )


def network_shape(recipe: Recipe, geometry: Geometry) -> Shape:
    """The network's grid before the image is there; cropping to its content is not foreseen."""
    grid = Grid.of(geometry)
    for step in recipe.steps:
        grid = after(step, grid)
    return grid.shape


def _window(opened: Opened, shape: tuple[int, ...], classes: int, known: Any) -> tuple[int, int, bool]:
    """Bytes held by one window, channels of its answer, and whether that is only what a usual network has."""
    if isinstance(known, list) and len(known) == 2 and all(type(n) is int and n > 0 for n in known):
        return known[0], known[1], False
    networks = opened.networks
    if isinstance(networks, TorchNetworks) and not networks.is_scripted:
        found = traced_memory(networks.modules[0], shape)
        if found is not None:
            return *found, False
    voxels = int(np.prod(shape[2:]))
    return voxels * BYTES * (classes + 3 * 32), classes, True  # as a U-Net with 32 channels in its first level


def _bytes(package: Package, path: str) -> int:
    file = package.content / path
    return file.stat().st_size if file.is_file() else 0


def _gpu_free(device: str) -> float:
    import torch

    if not device.startswith("cuda"):
        return 0.0
    free, _ = torch.cuda.mem_get_info(device)
    return free / MIB


def _facts(package: Package, window: Shape, wanted: RunParameters) -> dict[str, Any]:
    key = key_of(f"{package.id}+{package.weights_hash}", window, wanted.device)
    return next((facts for facts in wanted.known_choices if facts.get("key") == key), {})
