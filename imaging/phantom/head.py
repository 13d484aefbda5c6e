"""The head phantom: CT and T1-weighted MR of one person who does not exist, with the truth about every voxel."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Geometry
from imaging.phantom.acquisition import scanned
from imaging.phantom.described import shape, united
from imaging.phantom.fields import Array, SmoothField
from imaging.phantom.head_bones import Bones, draw_bones, draw_sinuses
from imaging.phantom.head_brain import Brain, draw_brain
from imaging.phantom.head_canvas import HeadSlab, shaded
from imaging.phantom.head_soft import Soft, draw_cavities, draw_eyes, draw_soft
from imaging.phantom.labels import HEAD_GROUPS, HEAD_NAMES
from imaging.phantom.torso import Phantom
from imaging.volume import Quantity, SourceSeries, Volume

SLAB_SLICES = 24
SPINE_GAP_MM = 8.65  # from the middle of a cervical vertebra to the disc below


@dataclass(frozen=True, eq=False)
class HeadPhantom:
    """Two images of one head on one grid: int16 Hounsfield units, and uint16 T1-weighted signal."""

    ct: Phantom
    mr: Phantom


def head_parameters() -> dict[str, Any]:
    """The parameters that stand in ``resources/phantom/head.json``."""
    return dict(json.loads(files("resources").joinpath("phantom/head.json").read_text(encoding="utf-8")))


def make_head(parameters: dict[str, Any] | None = None, scale: float = 1.0, *, has_marker: bool = False) -> HeadPhantom:
    """Compute the phantom; on one machine the same parameters always give the same voxels.

    Args:
        parameters: as from ``head_parameters()``; None takes those.
        scale: voxels per voxel of the parameters' grid along each axis; 0.5 makes a small phantom for tests.
        has_marker: stick a capsule to the left cheek, which tells left from right.
    """
    anatomy = _Anatomy(parameters or head_parameters(), has_marker)
    geometry, axes = _grid(anatomy.parameters["grid"], scale)
    ct, mr = np.empty(geometry.shape, np.int16), np.empty(geometry.shape, np.uint16)
    truth = np.empty(geometry.shape, np.uint8)

    def compute(start: int) -> None:
        part = slice(start, start + SLAB_SLICES)
        ct[part], mr[part], truth[part] = anatomy.scan((axes[0], axes[1], axes[2][part]))

    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        list(pool.map(compute, range(0, geometry.shape[0], SLAB_SLICES)))
    for made in (ct, mr, truth):
        made.setflags(write=False)
    return HeadPhantom(
        _phantom(geometry, ct, truth, Quantity.HU, "CT", (40.0, 400.0)),
        _phantom(geometry, mr, truth, Quantity.SIGNAL, "MR", (500.0, 1000.0)),
    )


def _phantom(
    geometry: Geometry, voxels: NDArray[Any], truth: NDArray[np.uint8], quantity: Quantity, modality: str,
    window: tuple[float, float],
) -> Phantom:  # fmt: skip
    source = SourceSeries(modality=modality, description="Limner head phantom", patient_name="Limner^Phantom")
    volume = Volume(geometry, voxels, quantity, source, default_window=(window,))
    return Phantom(volume, truth, {number: name for name, number in HEAD_NAMES.items()}, HEAD_GROUPS)


def _grid(grid: dict[str, Any], scale: float) -> tuple[Geometry, tuple[Array, Array, Array]]:
    counts = [max(1, round(n * scale)) for n in grid["shape_ijk"]]
    spacing = np.array(grid["spacing_mm"], float) * np.array(grid["shape_ijk"], float) / counts
    low = np.array(grid["corner_mm"], float) + spacing / 2
    axes = [np.asarray(low[a] + spacing[a] * np.arange(counts[a]), np.float32) for a in range(3)]
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = low
    return Geometry((counts[2], counts[1], counts[0]), affine), (axes[0], axes[1], axes[2])


class _Anatomy:
    """All shapes, computed once; any stack of slices can then be scanned on its own."""

    def __init__(self, parameters: dict[str, Any], has_marker: bool) -> None:
        self.parameters = parameters
        self.seed, grid = int(parameters["seed"]), parameters["grid"]
        corner, size = np.array(grid["corner_mm"]), np.array(grid["shape_ijk"]) * grid["spacing_mm"]
        ends = [(float(c) - 20, float(c + s) + 20) for c, s in zip(corner, size, strict=True)]
        bounds = (ends[0], ends[1], ends[2])
        self.textures = {
            name: SmoothField((self.seed, 100 + rank), bounds, wavelength)
            for rank, (name, wavelength) in enumerate(parameters["textures_mm"].items())
        }
        self.sensitivity = SmoothField((self.seed, 200), bounds, 90.0)
        step = parameters["coarse_mm"]
        coarse = [
            np.arange(c - step, c + s + 2 * step, step, dtype=np.float32) for c, s in zip(corner, size, strict=True)
        ]
        axes = (coarse[0], coarse[1], coarse[2])
        self.brain = Brain(parameters["brain"], axes, self.seed)
        self.soft = Soft(parameters, axes)
        self.bones = Bones(parameters, self.brain.cavity)
        self.marker = shape(parameters["marker"]) if has_marker else None

    def scan(self, axes: tuple[Array, Array, Array]) -> tuple[NDArray[np.int16], NDArray[np.uint16], NDArray[np.uint8]]:
        """CT, MR and truth of the slices at the given coordinates."""
        slab = HeadSlab(axes, self.parameters["tissues"], self.parameters["texture_share"])
        for name, texture in self.textures.items():
            slab.add_texture(name, texture)
        draw_soft(slab, self.soft)
        self._draw_canal(slab)
        draw_brain(slab, self.brain)
        draw_bones(slab, self.bones)
        draw_sinuses(slab, self.bones)
        draw_cavities(slab, self.soft)
        draw_eyes(slab, self.soft)
        if self.marker is not None:
            for window, distance in self.marker.near(slab, 2.0):
                slab.lay(window, distance, "marker", "marker_left")
        scanner = self.parameters["scanner"]
        ct = scanned(slab, {**scanner, "sigma_air_hu": 5.0, "sigma_centre_hu": scanner["ct_noise_hu"]}, self.seed)
        seed = (self.seed, round(float(axes[2][0]) * 100) % 2**32)
        return ct, shaded(slab.signal, self.sensitivity, axes, scanner, seed), slab.truth

    def _draw_canal(self, slab: HeadSlab) -> None:
        """Discs, and the canal with the cord in it; the brain's stem follows."""
        cervical = self.parameters["cervical"]
        for rank in range(len(cervical["names"]) + 1):
            z = cervical["first_z_mm"] - rank * cervical["pitch_mm"] + SPINE_GAP_MM
            disc = united(slab, [shape({"ball": [0, 18, z], "radii_mm": [10.5, 8.5, 3.2], "power": 3})])
            if disc is not None:
                slab.lay(*disc, "disc", "intervertebral_discs")
        canal = united(slab, [self.bones.canal])
        if canal is not None:
            slab.lay(*canal, "fluid", "cerebrospinal_fluid")
