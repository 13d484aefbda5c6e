"""The brain in a T1-weighted MR image of a head: a balloon blown up from its middle until it meets the dark rim.

After S. M. Smith, "Fast robust automated brain extraction", Human Brain Mapping 17 (2002): a triangle mesh is moved by
a force that keeps it smooth, and one that pushes it outwards as long as the darkest value a little way inside is bright
enough. Unlike there, points move along their directions from the middle only, so that the mesh cannot cross itself,
and what is as bright as fat counts as dark, so that it does not get out by the orbits and the base. T2-weighted images
have no dark rim: there it fails.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from render.cinematic.coarse_values import CoarseValues, Values
from render.cinematic.slabs import IsWanted, always
from session.look.middle import MiddleLevels, middle_levels

Points = NDArray[np.float64]

FINENESS = (3, 4)  # how often the icosahedron's triangles are parted: 642 points, then 2562
STEPS = (300, 160)  # with each
LEAST_MM = 10.0  # of the balloon
SHARPEST_MM, FLATTEST_MM = 3.33, 10.0  # radii of curvature between which the mesh is smoothed ever less
BRIGHT = 0.6  # Smith's fractional threshold
TOO_BRIGHT = 1.7  # of the brain's median: fat and marrow
BEYOND_MM = 8.0  # the image's ends are no rim
INNER_MM, OUTER_MM = 20.0, 10.0  # how far inside a point the darkest and the brightest value are looked for
STEP_MM = 2.0
PUSH = 0.05  # of an edge's length, the most that a point is moved outwards in a step
NEIGHBOURS = 6


@dataclass(frozen=True, eq=False)
class _Image:
    """What the balloon meets: the values, going on a little beyond the image's ends; what is as bright as fat is dark.

    Attributes:
        coarse: the grid.
        values: (k, j, i) with ``pad`` more nodes at each end of each axis.
    """

    coarse: CoarseValues
    values: Values
    pad: NDArray[np.int64]

    @staticmethod
    def of(coarse: CoarseValues, levels: MiddleLevels) -> _Image:
        pad = np.ceil(BEYOND_MM / np.array(coarse.spacing_mm)).astype(np.int64)
        meant = np.where(coarse.values > TOO_BRIGHT * levels.median, np.float32(levels.dark), coarse.values)
        return _Image(coarse, np.pad(meant, [(int(n), int(n)) for n in pad], mode="edge"), pad)


def depth_in_brain(coarse: CoarseValues, is_wanted: IsWanted = always) -> Values | None:
    """How deep each node lies in the brain, in mm; below 0 outside of it. (k, j, i)

    Returns:
        Infinity everywhere where no head is found; None when it was called off.
    """
    places = coarse.world(np.argwhere(np.ones(coarse.values.shape, np.bool_)).astype(np.float64))
    levels = middle_levels(coarse.values.reshape(-1), places, coarse.node_mm3)
    if levels is None:
        return np.full(coarse.values.shape, np.inf, np.float32)
    middle = levels.middle_mm
    image = _Image.of(coarse, levels)
    unit, triangles = _sphere(FINENESS[0])
    radii = np.full(len(unit), 0.5 * levels.radius_mm)
    for fineness, steps in zip(FINENESS, STEPS, strict=True):
        finer, triangles = _sphere(fineness)
        unit, radii = finer, _between(unit, radii, finer)
        beside, weights = _neighbours(triangles, len(unit))
        for n in range(steps):
            if n % 20 == 0 and not is_wanted():
                return None
            points = middle + radii[:, None] * unit
            step = _move(image, points, triangles, beside, weights, levels)
            radii = np.maximum(radii + np.sum(step * unit, axis=1), LEAST_MM)
    points = middle + radii[:, None] * unit
    return _depths(places, points, _normals(points, triangles)).reshape(coarse.values.shape)


def _move(
    image: _Image, points: Points, triangles: NDArray[np.int64], beside: NDArray[np.int64],
    weights: Points, levels: MiddleLevels,
) -> Points:  # fmt: skip
    """What one step adds to each point: half of the way to its neighbours' plane's middle, smoothing, and the push."""
    around = np.einsum("nm,nmc->nc", weights, points[beside])
    normals = _normals(points, triangles)
    apart = around - points
    along = np.sum(apart * normals, axis=1, keepdims=True)
    edge = float(np.mean(np.linalg.norm(points[triangles[:, 0]] - points[triangles[:, 1]], axis=1)))
    curvature = 2 * np.abs(along) / edge**2
    middle = (1 / SHARPEST_MM + 1 / FLATTEST_MM) / 2
    steep = 6 / (1 / SHARPEST_MM - 1 / FLATTEST_MM)
    smooth = 0.5 * (1 + np.tanh(steep * (curvature - middle)))
    push = PUSH * edge * _brightness(image, points, normals, levels)
    return np.asarray(0.5 * (apart - along * normals) + smooth * along * normals + push[:, None] * normals)


def _brightness(image: _Image, points: Points, normals: Points, levels: MiddleLevels) -> NDArray[np.float64]:
    """From -1 to 1: how far the darkest value inside each point is above what is brain there."""
    from scipy.ndimage import map_coordinates

    depths = np.arange(0.0, INNER_MM + 0.1, STEP_MM)
    places = points[:, None, :] - depths[None, :, None] * normals[:, None, :]
    nodes = image.coarse.nodes(places.reshape(-1, 3)).T + image.pad[:, None]
    along = map_coordinates(image.values, nodes, order=1, mode="constant", cval=levels.dark)
    along = along.reshape(len(points), len(depths))
    darkest = np.maximum(levels.dark, np.minimum(levels.median, along.min(axis=1)))
    near = along[:, depths <= OUTER_MM]
    brightest = np.minimum(levels.median, np.maximum(levels.air, near.max(axis=1)))
    wanted = (brightest - levels.dark) * BRIGHT + levels.dark
    return np.asarray(2 * (darkest - wanted) / np.maximum(brightest - levels.dark, 1e-9))


def _between(unit: Points, radii: NDArray[np.float64], finer: Points) -> NDArray[np.float64]:
    """Radii in the directions of a finer sphere."""
    from scipy.spatial import cKDTree

    distance, nearest = cKDTree(unit).query(finer, 3)
    weight = 1 / (np.asarray(distance) + 1e-3)
    return np.asarray(np.sum(radii[nearest] * weight, axis=1) / weight.sum(axis=1))


def _depths(places: Points, points: Points, normals: Points) -> Values:
    """(n,) by the plane through the nearest point of the mesh; far from it only the sign means something."""
    from scipy.spatial import cKDTree

    _, nearest = cKDTree(points).query(places)
    return np.asarray(np.sum((points[nearest] - places) * normals[nearest], axis=1), np.float32)


def _normals(points: Points, triangles: NDArray[np.int64]) -> Points:
    """Outward normals at the points, of length 1."""
    corners = points[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(across[:, c], 3), len(points)) for c in range(3)], axis=-1
    )
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def _sphere(times: int) -> tuple[Points, NDArray[np.int64]]:
    """A sphere of radius 1 from an icosahedron, each triangle parted into four several times."""
    g = (1 + 5**0.5) / 2
    points = np.array([[-1, g, 0], [1, g, 0], [-1, -g, 0], [1, -g, 0], [0, -1, g], [0, 1, g], [0, -1, -g], [0, 1, -g],
                       [g, 0, -1], [g, 0, 1], [-g, 0, -1], [-g, 0, 1]])  # fmt: skip
    triangles = np.array([[0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11], [1, 5, 9], [5, 11, 4],
                          [11, 10, 2], [10, 7, 6], [7, 1, 8], [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8], [3, 8, 9],
                          [4, 9, 5], [2, 4, 11], [6, 2, 10], [8, 6, 7], [9, 8, 1]])  # fmt: skip
    for _ in range(times):
        edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
        unique, place = np.unique(edges, axis=0, return_inverse=True)
        ab, bc, ca = (len(points) + place.reshape(-1)).reshape(3, -1)
        points = np.concatenate([points, points[unique].mean(axis=1)])
        a, b, c = triangles.T
        triangles = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    return points / np.linalg.norm(points, axis=1, keepdims=True), triangles


def _neighbours(triangles: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], Points]:
    """Each point's neighbours, (n, 6), and weights whose sum is 1: twelve points have but five."""
    ways = [triangles[:, pair] for pair in ([0, 1], [1, 0], [1, 2], [2, 1], [2, 0], [0, 2])]
    edges = np.unique(np.concatenate(ways), axis=0)
    degree = np.bincount(edges[:, 0], minlength=count)
    first = np.concatenate([[0], np.cumsum(degree)[:-1]])
    places = first[:, None] + np.minimum(np.arange(NEIGHBOURS)[None, :], degree[:, None] - 1)
    has = np.arange(NEIGHBOURS)[None, :] < degree[:, None]
    return edges[places, 1], has / degree[:, None]
