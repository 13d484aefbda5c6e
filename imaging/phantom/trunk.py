"""The trunk's layers, slice by slice: skin, subcutaneous fat, the muscular wall, and the cavity inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from imaging.phantom.canvas import Slab, Window
from imaging.phantom.fields import Array

ANGLES = 720
STEP_MM = 2.0
SMOOTHING_MM = 9.0
FURROW_MM = 6.0  # depth of the groove over the spine


class Trunk:
    """Star-shaped outlines around an axis, tabulated over height and angle.

    The angle runs from the back (0) over the left side (pi/2) to the front (pi). All tables hold mm, (z, angle).

    Args:
        profile: the phantom's ``trunk`` parameters: lists over ``z_mm``.
        height_mm: z of the phantom's upper end; it begins at 0.
    """

    def __init__(self, profile: dict[str, Any], height_mm: float, seed: int) -> None:
        self.z = np.arange(0, height_mm + STEP_MM, STEP_MM)
        self._generator = np.random.default_rng((seed, 77))
        rows = {
            name: self._smooth(profile["z_mm"], values)
            for name, values in profile.items()
            if name not in ("z_mm", "exponent")
        }
        self.centre_y = rows["centre_y_mm"]
        angle = np.arange(ANGLES) * 2 * np.pi / ANGLES
        self.cavity = _ellipse(angle, rows["half_width_mm"], rows["half_depth_mm"], profile["exponent"])
        notch = np.exp(-((_from(angle, 0) / 0.34) ** 2))
        self.cavity -= rows["spine_notch_mm"][:, None] * notch + self._ripple(1.6, range(2, 7))
        muscle = _blend(angle, rows, "muscle") + self._ripple(0.8, range(2, 9))
        seam = np.exp(-((_from(angle, np.pi) / 0.07) ** 2)) * rows["midline_thinning"][:, None]
        self.muscle = self.cavity + np.maximum(muscle * (1 - seam), 1.5)
        fat = _blend(angle, rows, "fat") + self._ripple(1.2, range(2, 9))
        furrow = FURROW_MM * np.exp(-((_from(angle, 0) / 0.13) ** 2))
        self.skin = self.cavity + np.maximum(muscle, 1.5) + np.maximum(fat - furrow, 3.0)

    def _smooth(self, z: list[float], values: list[float]) -> NDArray[np.float64]:
        from scipy.ndimage import gaussian_filter1d

        return np.asarray(gaussian_filter1d(np.interp(self.z, z, values), SMOOTHING_MM / STEP_MM, mode="nearest"))

    def _ripple(self, amplitude_mm: float, orders: range) -> NDArray[np.float64]:
        """Irregularity of an outline: a few waves around it that drift with height."""
        from scipy.ndimage import gaussian_filter1d

        angle = np.arange(ANGLES) * 2 * np.pi / ANGLES
        total = np.zeros((len(self.z), ANGLES))
        for order in orders:
            noise = gaussian_filter1d(self._generator.standard_normal((2, len(self.z))), 14, axis=1, mode="nearest") * 7
            total += noise[0][:, None] * np.cos(order * angle) + noise[1][:, None] * np.sin(order * angle)
        return np.asarray(total * amplitude_mm / np.sqrt(2 * len(orders)))

    def radius(self, table: NDArray[np.float64], angle: ArrayLike, z: ArrayLike) -> NDArray[np.float64]:
        """One of the tables at any angles (radians) and heights (mm), which broadcast together."""
        turn = np.asarray(angle, float) % (2 * np.pi) * (ANGLES / (2 * np.pi))
        first = np.asarray(turn, np.intp) % ANGLES
        level = np.clip(np.asarray(z, float) / STEP_MM, 0, len(self.z) - 1.001)
        lower = np.asarray(level, np.intp)
        a, b = turn - np.floor(turn), level - lower
        left = table[lower, first] * (1 - b) + table[lower + 1, first] * b
        right = table[lower, (first + 1) % ANGLES] * (1 - b) + table[lower + 1, (first + 1) % ANGLES] * b
        return np.asarray(left * (1 - a) + right * a)

    def centre(self, z: ArrayLike) -> NDArray[np.float64]:
        """y of the axis at heights z."""
        return np.asarray(np.interp(np.asarray(z, float), self.z, self.centre_y))

    def on_wall(self, angle: ArrayLike, z: ArrayLike, outward_mm: ArrayLike = 0.0) -> NDArray[np.float64]:
        """Points (n, 3) at a distance outside the cavity's outline."""
        angles, heights = np.broadcast_arrays(np.asarray(angle, float), np.asarray(z, float))
        radii = self.radius(self.cavity, angles, heights) + np.asarray(outward_mm)
        return np.stack([radii * np.sin(angles), radii * np.cos(angles) + self.centre(heights), heights], axis=-1)

    def cavity_distance(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of (n, 3) points to the cavity's outline, negative inside."""
        x, y, z = points.T
        y = y - self.centre(z)
        return np.asarray(np.hypot(x, y) - self.radius(self.cavity, np.arctan2(x, y), z))


def _from(angle: NDArray[np.float64], place: float) -> NDArray[np.float64]:
    return np.asarray((angle - place + np.pi) % (2 * np.pi) - np.pi)


def _ellipse(
    angle: NDArray[np.float64], width: NDArray[np.float64], depth: NDArray[np.float64], exponent: float
) -> NDArray[np.float64]:
    """Radius of superellipses, (z, angle)."""
    across = np.abs(np.sin(angle)) / width[:, None]
    along = np.abs(np.cos(angle)) / depth[:, None]
    return np.asarray((across**exponent + along**exponent) ** (-1 / exponent))


def _blend(angle: NDArray[np.float64], rows: dict[str, NDArray[np.float64]], layer: str) -> NDArray[np.float64]:
    """A layer's thickness, passing from its value at the back over the side to the front."""
    back, front = np.maximum(np.cos(angle), 0) ** 2, np.maximum(-np.cos(angle), 0) ** 2
    side = np.sin(angle) ** 2
    thickness = [rows[f"{layer}_{place}_mm"][:, None] for place in ("back", "side", "front")]
    return np.asarray(thickness[0] * back + thickness[1] * side + thickness[2] * front)


def draw_trunk(slab: Slab, trunk: Trunk, hu: dict[str, float]) -> None:
    """Paint skin, fat, muscular wall and the fat that fills the cavity; leave the cavity's distance in the slab."""
    for k, z in enumerate(slab.z):
        _draw_slice(slab, trunk, hu, k, float(z))


def _draw_slice(slab: Slab, trunk: Trunk, hu: dict[str, float], k: int, z: float) -> None:
    y = slab.y[:, None] - np.float32(trunk.centre(z))
    radius = np.hypot(slab.x[None, :], y)
    turn = np.arctan2(slab.x[None, :], y)
    outlines = (trunk.skin, trunk.muscle, trunk.cavity)
    skin, muscle, cavity = (_distance(trunk, table, radius, turn, z) for table in outlines)
    window = Window(slice(k, k + 1), slice(None), slice(None))
    fine, strands = slab.texture["fine"][k], slab.texture["strands"][k]
    fat = hu["fat"] + 5 * fine + 45 * np.clip(1 - np.abs(strands) / 0.06, 0, 1)
    inner_fat = hu["visceral_fat"] + 6 * fine + 25 * np.clip(1 - np.abs(strands) / 0.05, 0, 1)
    sheets = _sheets(muscle, cavity, turn, z) + 0.7 * slab.texture["fibres"][k]
    slab.paint(window, skin[None], hu["skin"], "skin")
    slab.paint(window, skin[None] + np.float32(hu["skin_thickness_mm"]), fat[None], "subcutaneous_fat")
    streaks = 45 * np.clip(1 - np.abs(slab.texture["fibres"][k]) / 0.09, 0, 1)
    slab.paint(window, muscle[None], (hu["muscle"] + 6 * fine - streaks)[None], "muscle")
    slab.paint(window, sheets[None], fat[None], "intermuscular_fat", within=muscle[None] + np.float32(2))
    slab.paint(window, cavity[None], inner_fat[None], "visceral_fat")
    slab.cavity[k] = cavity


def _sheets(muscle: Array, cavity: Array, turn: Array, z: float) -> Array:
    """Distance to the fat between muscles: two sheets in the flanks, one round the ribs, the armpits; (j, i)."""
    chest = float(np.clip((z - 165) / 40, 0, 1))
    depth = cavity / np.maximum(cavity - muscle, 1)
    thickness = np.maximum(cavity - muscle, 1)
    flank = np.clip(np.sin(turn) ** 2 * 2 - 0.6, 0, 1) * (1 - chest) * np.float32(0.95)
    flanks = np.minimum(np.abs(depth - 0.34), np.abs(depth - 0.68)) * thickness - flank + 0.4
    front = np.clip((np.abs(turn) - 2.55) / 0.3, 0, 1)  # over the breastbone the muscles begin
    round_ribs = np.abs(cavity - 13) - 1.7 * chest * (1 - front) + 0.5
    upper = float(np.clip((z - 285) / 40, 0, 1))
    behind_blade = np.abs(cavity - 27 - 3 * np.cos(3 * turn)) - 1.6 * upper * (1 - front) + 0.4
    armpit = np.hypot((np.abs(turn) - 1.75) * 62, (cavity - 30) * 0.8) - 17 * upper + 1.5
    nearest = np.minimum(np.minimum(flanks, round_ribs), np.minimum(behind_blade, armpit))
    return np.asarray(nearest, np.float32)


def _distance(trunk: Trunk, table: NDArray[np.float64], radius: Array, turn: Array, z: float) -> Array:
    """Distance to an outline in one slice: the radial gap, shortened where the outline runs askew to the radius."""
    level = float(np.clip(z / STEP_MM, 0, len(trunk.z) - 1.001))
    lower = int(level)
    outline = table[lower] * (1 - level + lower) + table[lower + 1] * (level - lower)
    slope = np.gradient(np.concatenate([outline[-1:], outline, outline[:1]]))[1:-1] * ANGLES / (2 * np.pi)
    cosine = outline / np.hypot(outline, slope)
    place = turn * np.float32(ANGLES / (2 * np.pi))
    first = np.floor(place)
    share = place - first
    here = first.astype(np.int32) % ANGLES
    after = (here + 1) % ANGLES
    rows = np.stack([outline, cosine]).astype(np.float32)
    there = rows[0][here] * (1 - share) + rows[0][after] * share
    return np.asarray((radius - there) * rows[1][here], np.float32)
