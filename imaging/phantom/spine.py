"""Vertebrae with bodies, arches and processes, the discs between them, and the spinal canal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.phantom.canvas import Slab, Window
from imaging.phantom.fields import Array
from imaging.phantom.shapes import Coordinates, Tube, rod, smooth_maximum, smooth_minimum

REACH_MM = np.array([48.0, 75.0, 34.0])  # half the box that holds a vertebra with all processes


@dataclass(frozen=True)
class Vertebra:
    """One vertebra: its name, the centre of its body, and the sizes of its parts in mm."""

    name: str
    centre: tuple[float, float, float]
    height: float
    half_width: float
    half_depth: float
    lumbar: float  # 0 at the upper thoracic spine, 1 at L5

    @property
    def canal_y(self) -> float:
        """y of the spinal canal's centre."""
        return self.centre[1] + self.half_depth + 7.5


def vertebrae(parameters: dict[str, Any]) -> list[Vertebra]:
    """All vertebrae from the lowest to the highest, stacked along the spine's curve."""
    found = []
    bottom = float(parameters["lowest_mm"])
    names = [f"L{n}" for n in range(5, 0, -1)] + [f"T{n}" for n in range(12, 0, -1)]
    for rank, name in enumerate(names):
        share = rank / (len(names) - 1)  # 0 at L5, 1 at T1
        pitch = _between(parameters["pitch_mm"], share)
        z = bottom + pitch / 2
        y = float(np.interp(z, parameters["curve_z_mm"], parameters["curve_y_mm"]))
        width, depth = _between(parameters["half_width_mm"], share), _between(parameters["half_depth_mm"], share)
        found.append(Vertebra(f"vertebrae_{name}", (0.0, y, z), pitch * 0.8, width, depth, max(0.0, 1 - share * 2.4)))
        bottom += pitch
    return found


def _between(ends: list[float], share: float) -> float:
    return float(ends[0] + (ends[1] - ends[0]) * share)


def spine_point(parameters: dict[str, Any], z: float) -> NDArray[np.float64]:
    """Middle of the vertebral column at a height."""
    return np.array([0.0, np.interp(z, parameters["curve_z_mm"], parameters["curve_y_mm"]), z])


def draw_spine(slab: Slab, parameters: dict[str, Any], hu: dict[str, float]) -> None:
    """Paint discs, vertebrae and the spinal canal."""
    column = vertebrae(parameters)
    for lower, upper in pairwise(column):
        _draw_disc(slab, lower, upper, hu["disc"])
    _draw_canal(slab, column, hu)
    for vertebra in column:
        window = slab.window(np.array(vertebra.centre) - REACH_MM, np.array(vertebra.centre) + REACH_MM, 0)
        if window is not None:
            paint_bone(slab, window, _distance(slab.straight(window), vertebra), vertebra.name, hu)


def paint_bone(
    slab: Slab, window: Window, distance: Array, name: str, hu: dict[str, float], cortex_mm: float = 1.5
) -> None:
    """Paint a bone: a dense shell, and spongy marrow inside."""
    marrow = hu["marrow"] + 45 * slab.texture["fine"][window] + 30 * slab.texture["middle"][window]
    slab.paint(window, distance, hu["cortex"], name)
    slab.paint(window, distance + np.float32(cortex_mm), marrow, None)


def _draw_disc(slab: Slab, lower: Vertebra, upper: Vertebra, hu: float) -> None:
    centre = (np.array(lower.centre) + np.array(upper.centre)) / 2
    gap = np.array(upper.centre) - np.array(lower.centre)
    reach = np.array([30.0, 26.0, 9.0])
    window = slab.window(centre - reach, centre + reach)
    if window is None:
        return
    x, y, z = slab.straight(window)
    size = np.float32(lower.half_depth + 0.5)
    across = (
        np.sqrt((x * np.float32(lower.half_depth / lower.half_width)) ** 2 + (y - np.float32(centre[1])) ** 2) - size
    )
    along = np.abs(z - np.float32(centre[2])) - np.float32((gap[2] - (lower.height + upper.height) / 2) / 2 + 1)
    distance = smooth_maximum(across + 0 * along, along + 0 * across, 2)
    slab.paint(window, distance, hu + 8 * slab.texture["fine"][window], "intervertebral_discs")


def _draw_canal(slab: Slab, column: list[Vertebra], hu: dict[str, float]) -> None:
    path = [(0.0, v.canal_y, v.centre[2]) for v in column]
    path = [(0.0, path[0][1], path[0][2] - 60), *path, (0.0, path[-1][1], path[-1][2] + 40)]
    slab.paint_tube(Tube.along(path, 9.0, (1.15, 0.95, 1.0)), hu["visceral_fat"], "visceral_fat")
    slab.paint_tube(Tube.along(path, 7.0, (1.15, 0.95, 1.0)), hu["fluid"] + 8, "spinal_canal")
    slab.paint_tube(Tube.along(path, 4.2, (1.2, 0.9, 1.0)), hu["cord"], "spinal_cord")


def _distance(at: Coordinates, v: Vertebra) -> Array:
    """Distance to a vertebra: a waisted body, and an arch of rods around the canal."""
    x, y, z = at[0], at[1] - np.float32(v.centre[1]), at[2] - np.float32(v.centre[2])
    half = np.float32(v.height / 2)
    waist = np.float32(1.8) * (1 - np.minimum(np.abs(z) / half, 1) ** 2)
    round_ = np.sqrt((x * np.float32(v.half_depth / v.half_width)) ** 2 + y * y) - np.float32(v.half_depth) + waist
    canal = np.float32(8.5) - np.sqrt((x / np.float32(1.15)) ** 2 + (at[1] - np.float32(v.canal_y)) ** 2)
    body = smooth_maximum(round_, np.abs(z) - half + 0 * round_, 4)
    arch = _arch(at, v)
    distance = smooth_minimum(body, arch, 4)
    return np.asarray(np.maximum(distance, canal + 0 * distance), np.float32)


def _arch(at: Coordinates, v: Vertebra) -> Array:
    """Pedicles, laminae, transverse, articular and spinous processes."""
    _, cy, cz = v.centre
    canal, up = v.canal_y, v.height * 0.2
    side = 11.5 + 2.5 * v.lumbar
    reach, tip_back, drop = 30 + 10 * v.lumbar, 34 + 2 * v.lumbar, 22 * (1 - v.lumbar) + 4
    parts: list[Array] = []
    for sign in (-1.0, 1.0):
        pedicle = ((sign * side, cy + v.half_depth * 0.6, cz + up), (sign * (side + 1), canal + 4, cz + up))
        lamina = ((sign * (side + 1), canal + 4, cz + up - 2), (sign * 2, canal + 14, cz - 3))
        across = ((sign * side, canal + 2, cz + up), (sign * reach, canal + 4 + 9 * (1 - v.lumbar), cz + up))
        facet = (
            (sign * (side + 2), canal + 6, cz + v.height * 0.55),
            (sign * (side + 3), canal + 8, cz - v.height * 0.65),
        )
        parts += [
            _rod(at, pedicle, 4.2 + v.lumbar, (1, 1, 1.6)),
            _rod(at, lamina, 3.2, (1, 1, 2.4)),
            _rod(at, across, 3.6, (1, 1, 1.5)),
            _rod(at, facet, 4.2 + v.lumbar, (1.1, 1, 1)),
        ]
    spinous = ((0.0, canal + 13, cz - 3), (0.0, canal + tip_back - 6, cz - 5 - drop))
    parts.append(_rod(at, spinous, 2.8 + v.lumbar, (1, 1, 1.6 + 1.5 * v.lumbar)))
    distance = parts[0]
    for part in parts[1:]:
        distance = smooth_minimum(distance, part, 3)
    return distance


def _rod(
    at: Coordinates,
    ends: tuple[tuple[float, ...], tuple[float, ...]],
    radius: float,
    stretch: tuple[float, float, float],
) -> Array:
    return rod(at, Tube.along(ends, radius, stretch), 0)
