"""Stomach, bowel, and the mesentery with its vessels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.phantom.abdomen import Abdomen
from imaging.phantom.canvas import Slab
from imaging.phantom.fields import Array, Warp
from imaging.phantom.shapes import Tube, spline
from imaging.phantom.trees import grow_tree

HAUSTRUM_MM = 24.0  # length of one pouch of the colon


@dataclass(frozen=True)
class Loop:
    """A piece of a hollow organ.

    Attributes:
        tube: its outer surface.
        wall_mm: thickness of its wall.
        rough_mm: unevenness of the surface.
        stool: it holds stool with bubbles instead of fluid.
        gas_above_mm: gas fills it in front of this y; None where it holds none.
        denser_hu: added to the fluid.
    """

    name: str
    tube: Tube
    wall_mm: float
    rough_mm: float = 0.8
    stool: bool = False
    gas_above_mm: float | None = None
    denser_hu: float = 0.0


def large_gut(described: list[dict[str, Any]], warp: Warp) -> list[Loop]:
    """Stomach and colon; the colon's tube is pinched at regular distances."""
    loops = []
    for part in described:
        path = spline(part["points_mm"], 3.0)
        along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path[:, :3], axis=0), axis=1))])
        pinch = 1 + part.get("haustra", 0.0) * np.sin(along * 2 * np.pi / HAUSTRUM_MM)
        tube = Tube.along(warp.unwarped(path[:, :3]), path[:, 3] * pinch)
        kept = {key: part[key] for key in ("rough_mm", "stool", "gas_above_mm") if key in part}
        loops.append(Loop(part["name"], tube, part["wall_mm"], **kept))
    return loops


def small_bowel(described: dict[str, Any], seed: int) -> list[Loop]:
    """Loops of small bowel, each of its own width and content; painted in order, a later one dents an earlier one."""
    path = spline(_winding_path(described, seed), 7.0)
    generator = np.random.default_rng((seed, 56))
    loops = []
    for start in range(0, len(path) - 1, 6):
        tube = Tube.along(path[start : start + 8], described["radius_mm"] * generator.uniform(0.82, 1.12))
        denser = generator.uniform(-8, 25)
        level = float(path[start : start + 7, 1].mean() - 2)
        gas = level if generator.random() < described["gas_share"] else None
        loops.append(Loop("small_bowel", tube, described["wall_mm"], 1.2, gas_above_mm=gas, denser_hu=denser))
    return loops[::-1]


def mesentery(described: dict[str, Any], seed: int) -> list[Tube]:
    """Trees of small vessels that spread from the stems into the fat between the loops."""
    generator = np.random.default_rng((seed, 57))
    stems = described["stems_mm"]
    low, high = (np.array(corner, float) for corner in described["box_mm"])
    tips = generator.uniform(low, high, (described["tips"] * len(stems), 3))
    return [
        grow_tree(stem, tips[number :: len(stems)], described["tip_mm"], (seed, 60 + number))
        for number, stem in enumerate(stems)
    ]


def draw_gut(slab: Slab, abdomen: Abdomen, loops: list[Loop], hu: dict[str, float]) -> None:
    """Paint hollow organs one after another: wall, content, and gas above its level."""
    for loop in loops:
        found = slab.distance(loop.tube)
        if found is None:
            continue
        window, distance = found
        distance = distance + np.float32(loop.rough_mm) * slab.texture["middle"][window]
        room = abdomen.room(slab, window)
        fine, middle = slab.texture["fine"][window], slab.texture["middle"][window]
        slab.paint(window, distance, hu["gut_wall"] + 4 * fine, loop.name, within=room)
        inner = np.maximum(distance, room) + np.float32(loop.wall_mm)
        slab.paint(window, inner, _content(loop, fine, middle, hu), None)
        if loop.gas_above_mm is not None:
            level = slab.y[window.j, None] - np.float32(loop.gas_above_mm) + 0 * inner
            slab.paint(window, inner, hu["gut_gas"], None, within=level)


def _content(loop: Loop, fine: Array, middle: Array, hu: dict[str, float]) -> Array:
    """Fluid, or stool with bubbles."""
    if not loop.stool:
        return np.asarray(hu["gut_fluid"] + loop.denser_hu + 14 * fine, np.float32)
    bubbles = np.clip((middle - 0.9) / 0.4, 0, 1) + 0.5 * np.clip((fine - 1.2) / 0.5, 0, 1)
    return np.asarray(hu["stool"] + 30 * middle + 25 * fine - 650 * np.clip(bubbles, 0, 1), np.float32)


def _winding_path(parameters: dict[str, Any], seed: int) -> NDArray[np.float64]:
    """A winding path that fills an ellipsoid: scattered points, each joined to the nearest one left; (n, 3) mm."""
    generator = np.random.default_rng((seed, 55))
    low, high = np.array(parameters["box_mm"], float)
    candidates = generator.uniform(-1, 1, (3000, 3))
    candidates = candidates[np.linalg.norm(candidates, axis=1) < 1]
    points: list[NDArray[np.float64]] = []
    for place in (low + high) / 2 + candidates * (high - low) / 2:
        if not points or np.linalg.norm(np.array(points) - place, axis=1).min() > parameters["apart_mm"]:
            points.append(place)
    path = [points.pop(0)]
    while points:
        distances = [float(np.linalg.norm(point - path[-1])) for point in points]
        path.append(points.pop(int(np.argmin(distances))))
    return np.array(path)
