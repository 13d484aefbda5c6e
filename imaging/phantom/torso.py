"""The torso phantom: a CT of a person who does not exist, with the truth about every voxel."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.phantom import abdomen as belly
from imaging.phantom import chest as thorax
from imaging.phantom.acquisition import draw_table, scanned
from imaging.phantom.canvas import Slab
from imaging.phantom.fields import Array, SmoothField, Warp
from imaging.phantom.gut import draw_gut, large_gut, mesentery, small_bowel
from imaging.phantom.labels import GROUPS, NAMES
from imaging.phantom.shapes import Tube, ellipsoid
from imaging.phantom.skeleton import Skeleton, draw_skeleton
from imaging.phantom.spine import draw_spine
from imaging.phantom.trunk import Trunk, draw_trunk
from imaging.volume import Quantity, SourceSeries, Volume

SLAB_SLICES = 16
Report = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Phantom:
    """A volume and what is known about it.

    Attributes:
        volume: int16 Hounsfield units, (k, j, i), x to the left, y to the back, z to the head.
        truth: uint8 numbers of the structures, (k, j, i); 0 is air or the table.
        names: what each number stands for.
        groups: names of structures that are made of several numbers (``skeleton``, ``lung_left``, ``body``, ...).
    """

    volume: Volume
    truth: NDArray[np.uint8]
    names: dict[int, str]
    groups: dict[str, tuple[str, ...]]

    def mask(self, name: str) -> NDArray[np.bool_]:
        """True where a structure, or a group of structures, is; (k, j, i).

        Raises:
            KeyError: there is no such structure.
        """
        members = self.groups.get(name, (name,))
        chosen = np.zeros(256, np.bool_)
        for number, known in self.names.items():
            chosen[number] = known in members
        if not chosen.any():
            raise KeyError(name)
        return chosen[self.truth]


def torso_parameters() -> dict[str, Any]:
    """The parameters that stand in ``resources/phantom/torso.json``."""
    return dict(json.loads(files("resources").joinpath("phantom/torso.json").read_text(encoding="utf-8")))


def make_torso(parameters: dict[str, Any] | None = None, scale: float = 1.0, report: Report | None = None) -> Phantom:
    """Compute the phantom; on one machine the same parameters always give the same voxels.

    Args:
        parameters: as from ``torso_parameters()``; None takes those.
        scale: voxels per voxel of the parameters' grid along each axis; 0.25 makes a small phantom for tests.
        report: is told the fraction that is done, from several threads.
    """
    anatomy = _Anatomy(parameters or torso_parameters())
    geometry, axes = _grid(anatomy.parameters["grid"], scale)
    voxels = np.empty(geometry.shape, np.int16)
    truth = np.empty(geometry.shape, np.uint8)
    starts = range(0, geometry.shape[0], SLAB_SLICES)
    done: list[int] = []

    def compute(start: int) -> None:
        part = slice(start, start + SLAB_SLICES)
        voxels[part], truth[part] = anatomy.scan((axes[0], axes[1], axes[2][part]))
        done.append(start)
        if report is not None:
            report(len(done) / len(starts))

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        list(pool.map(compute, starts))
    voxels.setflags(write=False)
    truth.setflags(write=False)
    source = SourceSeries(modality="CT", description="Limner torso phantom", patient_name="Limner^Phantom")
    volume = Volume(geometry, voxels, Quantity.HU, source, default_window=((40.0, 400.0),))
    return Phantom(volume, truth, {number: name for name, number in NAMES.items()}, GROUPS)


def _grid(grid: dict[str, Any], scale: float) -> tuple[Geometry, tuple[Array, Array, Array]]:
    """The voxel grid, and its coordinates in the phantom's own millimetres (z = 0 at the lowest slice)."""
    counts = [max(1, round(n * scale)) for n in grid["shape_ijk"]]
    spacing = np.array(grid["spacing_mm"], float) * np.array(grid["shape_ijk"], float) / counts
    low = np.array(grid["corner_mm"], float) + spacing / 2
    axes = [np.asarray(low[a] + spacing[a] * np.arange(counts[a]), np.float32) for a in range(3)]
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = low + grid["table_position_mm"]
    return Geometry((counts[2], counts[1], counts[0]), affine), (axes[0], axes[1], axes[2])


class _Anatomy:
    """All shapes, computed once; any stack of slices can then be scanned on its own."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.parameters = parameters
        self.hu: dict[str, float] = parameters["tissues"]
        seed, grid = int(parameters["seed"]), parameters["grid"]
        corner, size = np.array(grid["corner_mm"]), np.array(grid["shape_ijk"]) * grid["spacing_mm"]
        margins = [(float(c) - 40, float(c + s) + 40) for c, s in zip(corner, size, strict=True)]
        bounds = (margins[0], margins[1], margins[2])
        warp = parameters["warp"]
        self.warp = Warp(seed, bounds, warp["wavelength_mm"], warp["amplitude_mm"])
        self.textures = {
            name: SmoothField((seed, 100 + rank), bounds, wavelength)
            for rank, (name, wavelength) in enumerate(parameters["textures_mm"].items())
        }
        self.trunk = Trunk(parameters["trunk"], float(size[2]) + 4, seed)
        self.skeleton = Skeleton(parameters["skeleton"], self.trunk)
        self.chest = thorax.Chest(parameters["chest"], self.trunk, self.warp, seed)
        self.trachea = thorax.trachea(parameters["chest"], self.warp)
        self.abdomen = belly.Abdomen(parameters["abdomen"], self.trunk, self.chest.diaphragm, self.warp, seed)
        self.tubes = [(tube, self._tube(tube)) for tube in parameters["tubes"]]
        self.gut = small_bowel(parameters["small_bowel"], seed) + large_gut(parameters["gut"], self.warp)
        self.mesentery = mesentery(parameters["mesentery"], seed)

    def _tube(self, tube: dict[str, Any]) -> Tube:
        return thorax.warped_tube(self.warp, tube["points_mm"], tuple(tube.get("stretch", (1, 1, 1))))

    def scan(self, axes: tuple[Array, Array, Array]) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
        """Voxels and truth of the slices at the given coordinates."""
        slab = Slab(*axes, NAMES, self.warp)
        for name, texture in self.textures.items():
            slab.add_texture(name, texture)
        draw_table(slab, self.parameters["table"], self.hu)
        draw_trunk(slab, self.trunk, self.hu)
        thorax.draw_diaphragm(slab, self.chest, self.hu)
        for tree in self.mesentery:
            slab.paint_tube(tree, self.hu["blood"], None)
        self._draw_tubes(slab, 0)
        thorax.draw_heart(slab, self.chest, self.hu)
        thorax.draw_lungs(slab, self.chest, self.hu)
        thorax.draw_trachea(slab, self.trachea, self.hu)
        draw_gut(slab, self.abdomen, self.gut, self.hu)
        self._draw_tubes(slab, 1)
        belly.draw_liver(slab, self.abdomen, self.hu)
        self._draw_tubes(slab, 2)
        belly.draw_spleen(slab, self.abdomen, self.hu)
        belly.draw_kidneys(slab, self.abdomen, self.hu)
        self._draw_lesions(slab)
        draw_spine(slab, self.parameters["skeleton"]["spine"], self.hu)
        draw_skeleton(slab, self.skeleton, self.hu)
        return scanned(slab, self.parameters["scanner"], int(self.parameters["seed"])), slab.truth

    def _draw_tubes(self, slab: Slab, stage: int) -> None:
        """Paint the tubes of one stage: 0 before the lungs, 1 after the gut, 2 after the liver."""
        rim: dict[str, Any] = {"wall_mm": 1.4, "wall_hu": self.hu["fat"], "wall": "intermuscular_fat"}
        for described, tube in self.tubes:
            if described.get("stage", 0) == stage:
                wall = rim if described.get("rim") else {}
                slab.paint_tube(tube, self.hu[described["tissue"]], described["name"], **wall)

    def _draw_lesions(self, slab: Slab) -> None:
        for lesion in self.parameters["lesions"]:
            centre, radii = np.array(lesion["centre_mm"], float), np.array(lesion["radii_mm"], float)
            window = slab.window(centre - radii - 12, centre + radii + 12, 0)
            if window is not None:
                distance = ellipsoid(slab.bent(window), centre, radii)
                distance = distance + np.float32(lesion["rough_mm"]) * slab.texture["middle"][window]
                hu = self.hu[lesion["tissue"]] + 6 * slab.texture["fine"][window]
                slab.paint(window, distance, hu, lesion["name"])
