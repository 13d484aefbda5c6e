"""The brain: hull, folded cortex, deep nuclei, ventricles, cerebellum, brainstem, and the fluid around them."""

from __future__ import annotations

from typing import Any

import numpy as np

from imaging.phantom.canvas import Window
from imaging.phantom.described import Shape, shape, united
from imaging.phantom.fields import Array
from imaging.phantom.head_canvas import CoarseField, HeadSlab
from imaging.phantom.head_folds import Folds
from imaging.phantom.shapes import Coordinates, smooth_maximum, smooth_minimum

FOLDED_MM = 26.0  # below the hull there are no furrows
CORD_MM = -66.0  # below it the stem is the cord
BOX_MM = (np.array([-80.0, -95.0, -90.0]), np.array([80.0, 100.0, 85.0]))


class Brain:
    """Shapes inside the skull.

    Args:
        parameters: ``brain`` of the phantom's.
        axes: of the coarse grid, on which smooth shapes are computed.
    """

    def __init__(self, parameters: dict[str, Any], axes: tuple[Array, Array, Array], seed: int) -> None:
        self.parameters = parameters
        self.folds = Folds(parameters["folds"], parameters["cerebrum"], seed)
        self.ventricles = [shape(record, 3.0) for record in parameters["ventricles"]]
        self.nuclei = [shape(record, 2.0) for record in parameters["nuclei"]]
        self.stem = shape({"tube": parameters["stem_mm"]})
        self.callosum = shape(parameters["callosum"])
        at = (axes[0], axes[1][:, None], axes[2][:, None, None])
        upper, temporal = self._upper(at), shape(parameters["temporal_lobes"]).everywhere(at)
        cerebrum, cerebellum, stem = smooth_minimum(upper, temporal, 5), self._cerebellum(at), self.stem.everywhere(at)
        csf = np.float32(parameters["csf_mm"])
        room = smooth_minimum(smooth_minimum(upper, temporal, 20), cerebellum, 15) - csf  # bone has no notches
        room = smooth_minimum(room, stem - np.float32(4), 8)
        self.cerebrum, self.cerebellum, self.cavity = (CoarseField(f, axes) for f in (cerebrum, cerebellum, room))

    def _upper(self, at: Coordinates) -> Array:
        p = self.parameters
        egg = p["cerebrum"]
        whole = shape({**egg, "ball": egg["centre_mm"]}).everywhere(at)
        floor = np.interp(at[1], p["floor_y_mm"], p["floor_z_mm"]).astype(np.float32)
        below = floor - np.float32(p["floor_fall_per_mm"]) * at[0] ** 2 - at[2]
        return smooth_maximum(whole, np.asarray(below, np.float32), 8)

    def _cerebellum(self, at: Coordinates) -> Array:
        p = self.parameters
        roof = np.interp(at[1], p["floor_y_mm"], p["floor_z_mm"]).astype(np.float32)
        above = at[2] - roof + np.float32(p["floor_fall_per_mm"]) * at[0] ** 2 - np.float32(1)
        halves = shape(p["cerebellum"]).everywhere(at)
        return smooth_maximum(halves, np.asarray(above, np.float32), 4)


def draw_brain(slab: HeadSlab, brain: Brain) -> None:
    """Paint all that lies in the skull's cavity."""
    window = slab.window(*BOX_MM, 0)
    if window is None:
        return
    axes = slab.x[window.i], slab.y[window.j], slab.z[window.k]
    slab.lay(window, brain.cavity.on_grid(*axes), "fluid", "cerebrospinal_fluid")
    cerebellum = _folia(slab, brain, window, brain.cerebellum.on_grid(*axes))
    stem = united(slab, [brain.stem])
    if stem is not None:
        slab.lay(*stem, "stem", "brainstem")
        truth = slab.truth[stem[0]]
        is_low = slab.z[stem[0].k, None, None] < CORD_MM
        truth[(truth == slab.labels["brainstem"]) & is_low] = slab.labels["spinal_cord"]
    slab.lay(window, cerebellum, "grey", "cerebellum")
    slab.lay(window, cerebellum + np.float32(1.5), "white")
    cerebrum = _folded(slab, brain, window, brain.cerebrum.on_grid(*axes))
    slab.lay(window, cerebrum, "grey", "grey_matter_left")
    slab.by_side(window, "grey_matter")
    slab.lay(window, cerebrum + np.float32(brain.parameters["cortex_mm"]), "white", "white_matter")
    _draw_inner(slab, brain.nuclei, "nuclei", "deep_grey_matter")
    _draw_inner(slab, brain.ventricles, "fluid", "ventricles")


def _draw_inner(slab: HeadSlab, shapes: list[Shape], tissue: str, name: str) -> None:
    for piece in shapes:
        found = united(slab, [piece])
        if found is not None:
            window, distance = found
            distance = distance + np.float32(0.5) * slab.texture["middle"][window]
            slab.lay(window, distance, tissue, name)


def _folded(slab: HeadSlab, brain: Brain, window: Window, hull: Array) -> Array:
    """Distance to the surface of the cortex: the hull less furrows with round shoulders, and the gap in the middle."""
    folds = brain.parameters["folds"]
    x, y, z = np.broadcast_arrays(*slab.straight(window))
    near = (hull < 1.5) & (hull > -FOLDED_MM)
    bent = (x[near], y[near], z[near])
    rough = slab.texture["middle"][window][near]
    furrow, depth, from_middle = brain.folds.near(bent)
    depth = np.minimum(depth, from_middle - np.float32(folds["from_middle_mm"]))  # there all directions meet
    furrow = furrow + np.float32(0.35) * rough
    own = hull[near]
    gap = np.minimum(np.float32(folds["half_width_mm"]) - furrow, own + depth)
    result = hull.copy()
    result[near] = smooth_maximum(own, np.asarray(gap, np.float32), folds["shoulder_mm"])
    outside_callosum = brain.callosum.everywhere(slab.straight(window))
    middle = np.minimum(np.float32(1.0) - np.abs(x + np.float32(0.6) * slab.texture["broad"][window]), outside_callosum)
    return smooth_maximum(result, np.asarray(middle, np.float32), 4)


def _folia(slab: HeadSlab, brain: Brain, window: Window, hull: Array) -> Array:
    """The cerebellum's surface with its leaves: narrow furrows that run across, every few of them deep."""
    folia = brain.parameters["folia"]
    y0, z0 = folia["about_mm"]
    x, y, z = slab.straight(window)
    spacing = np.float32(folia["spacing_mm"])
    turn = np.arctan2(z - np.float32(z0), np.hypot(y - np.float32(y0), np.float32(0.45) * x))
    along = turn * np.float32(24) + np.float32(0.7) * slab.texture["middle"][window]
    leaf = np.floor(along / spacing)
    furrow = np.abs(along - (leaf + np.float32(0.5)) * spacing)
    depth = np.where(leaf % folia["every"] == 0, np.float32(folia["deep_mm"]), np.float32(folia["depth_mm"]))
    gap = np.minimum(np.float32(folia["half_width_mm"]) - furrow, hull + depth)
    return smooth_maximum(hull, np.asarray(gap, np.float32), 1.5)
