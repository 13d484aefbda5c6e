"""Skin, fat and muscles of head and neck, eyes, nose and airway."""

from __future__ import annotations

from typing import Any

import numpy as np

from imaging.phantom.described import Shape, join_near, joined, shape, united
from imaging.phantom.fields import Array
from imaging.phantom.head_canvas import CoarseField, HeadSlab

LID_MM = 3.0  # of skin before the orbit's fat
NOSE_MM = 4.0  # of soft tissue around the nose's cavity
LARGE_STEP_MM = 14.0


class Soft:
    """The body's surface, and what is neither bone nor brain.

    Args:
        parameters: of the whole phantom.
        axes: of the coarse grid.
    """

    def __init__(self, parameters: dict[str, Any], axes: tuple[Array, Array, Array]) -> None:
        self.parameters = parameters
        skin = parameters["skin"]
        at = (axes[0], axes[1][:, None], axes[2][:, None, None])
        distance: Array | None = None
        for piece in (shape(record, step_mm=LARGE_STEP_MM) for record in skin["large"]):
            its = piece.everywhere(at)
            distance = its if distance is None else joined(distance, its, piece)
        assert distance is not None, "the skin is made of something"
        self._large = CoarseField(distance, axes)
        self._details = [shape(record) for record in skin["details"]]
        self.muscles = [(record["name"], shape(record)) for record in parameters["muscles"]]
        self.orbit = shape(parameters["orbit"])
        self.nose = [shape(record) for record in parameters["nasal_cavity"]]
        self.turbinates = [shape(record) for record in parameters["turbinates"]]
        self.airway = [shape(record, 3.0) for record in parameters["airway"]]

    def skin(self, slab: HeadSlab) -> Array:
        """Distance to the surface of the body, (k, j, i)."""
        distance = self._large.on_grid(slab.x, slab.y, slab.z)
        whole = slab.window(np.full(3, -1e3), np.full(3, 1e3))
        assert whole is not None, "a slab has voxels"
        for piece in self._details:
            join_near(slab, whole, distance, piece)
        return distance + np.float32(0.25) * slab.texture["broad"]


def draw_soft(slab: HeadSlab, soft: Soft) -> None:
    """Paint skin, fat and muscles; leave the distance to the surface in the slab."""
    slab.skin = soft.skin(slab)
    everything = slab.whole()
    slab.lay(everything, slab.skin, "skin", "skin")
    slab.lay(everything, slab.skin + np.float32(1.9), "fat", "subcutaneous_fat")
    depth = np.float32(6.5) + np.float32(1.8) * slab.texture["broad"]
    slab.lay(everything, slab.skin + depth, "muscle", "muscle")
    planes = np.abs(slab.texture["middle"]) * np.float32(7) - np.float32(0.7) * slab.texture["broad"]
    slab.lay(everything, planes, "fat", "subcutaneous_fat", within=slab.skin + depth)
    for name, piece in soft.muscles:
        _lay_all(slab, piece, "muscle", name)
    for record, tissue, label in ((soft.parameters["parotid"], "gland", "parotid_gland"),):
        for window, distance in shape(record).near(slab, 2.0):
            rough = np.float32(1.5) * slab.texture["middle"][window]
            slab.lay(window, distance + rough, tissue, f"{label}_left", within=slab.skin[window] + np.float32(3))
            slab.by_side(window, label)
    _lay_all(slab, shape(soft.parameters["cheek_fat"]), "fat", "subcutaneous_fat")


def draw_cavities(slab: HeadSlab, soft: Soft) -> None:
    """Open nose and airway, with turbinates and septum."""
    found = united(slab, soft.nose)
    if found is not None:
        window, distance = found
        within = np.maximum(slab.skin[window] + np.float32(NOSE_MM), distance + np.float32(1.2))
        slab.lay(window, distance, "skin", "skin", within=slab.skin[window] + np.float32(NOSE_MM))
        slab.lay(window, within, "air", "airway")
        for piece in soft.turbinates:
            _lay_all(slab, piece, "skin", "skin")
        middle = np.abs(slab.x[window.i] + np.float32(0.6) * slab.texture["broad"][window])
        half = np.float32(soft.parameters["septum"]["thickness_mm"] / 2)
        slab.lay(window, middle - half, "cartilage", "cartilage", within=within - np.float32(1.2))
    airway = united(slab, soft.airway)
    if airway is not None:
        slab.lay(*airway, "air", "airway")


def draw_eyes(slab: HeadSlab, soft: Soft) -> None:
    """Fill the orbits: fat, muscles, nerve, globe and lens."""
    eyes = soft.parameters["eyes"]
    for window, distance in soft.orbit.near(slab, 2.0):
        slab.lay(window, distance, "orbital_fat", "orbital_fat", within=slab.skin[window] + np.float32(LID_MM))
    for record in eyes["muscles"]:
        _lay_all(slab, shape(record), "muscle", "eye_muscles")
    _lay_pair(slab, shape(eyes["nerve"]), "stem", "optic_nerve", 0.0)
    _lay_pair(slab, shape(eyes["globe"]), "cartilage", "eye", 0.0)
    _lay_pair(slab, shape(eyes["globe"]), "vitreous", "eye", eyes["inside_mm"])
    _lay_pair(slab, shape(eyes["lens"]), "lens", "eye_lens", 0.0)


def _lay_all(slab: HeadSlab, piece: Shape, tissue: str, name: str) -> None:
    for window, distance in piece.near(slab, 2.0):
        slab.lay(window, distance, tissue, name, within=slab.skin[window] + np.float32(2))


def _lay_pair(slab: HeadSlab, piece: Shape, tissue: str, name: str, inside_mm: float) -> None:
    for window, distance in piece.near(slab, 2.0):
        slab.lay(window, distance + np.float32(inside_mm), tissue, f"{name}_left")
        slab.by_side(window, name)
