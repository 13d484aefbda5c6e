"""Fewer triangles, and a closed mesh stays closed: edges are collapsed where that moves the surface least.

The price of a collapse is the area-weighted squared distance from the planes of the triangles that went into its two
ends (Garland and Heckbert 1997, "Surface simplification using quadric error metrics"). Instead of one queue, each pass
takes the cheapest edges whose ends are untouched in this pass. A collapse happens only where it leaves a manifold (the
link condition: Dey et al. 1999, "Topology preserving edge contraction") and turns no triangle over.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from render.compiled import compiled

Points = NDArray[np.float64]
Triangles = NDArray[np.int32]
SHARE = 0.25  # of the corners, that one pass may take away: small, so that the cheapest go first
LEAST_TURN = 0.3  # cosine between a triangle's normals before and after
LEAST_ROUNDNESS = 0.05  # twice a triangle's area by its longest edge squared: slimmer ones are not made
KEEP_PLACE = 1e-3  # how much an edge's middle attracts the new corner where the planes leave it free


def thinned(
    points: Points, triangles: Triangles, budget: int, still_wanted: Callable[[], None] = lambda: None
) -> tuple[Points, Triangles]:
    """Collapse edges until no more than ``budget`` triangles are left, or nothing can be collapsed any more.

    Args:
        points: (n, 3) in millimetres, not changed.
        triangles: (m, 3) of a closed manifold, not changed.
        budget: about how many triangles are to be left.
        still_wanted: called now and then; what it raises ends the work.

    Returns:
        The points that are left and their triangles.
    """
    if len(triangles) <= budget:
        return points, triangles
    middle = points.mean(axis=0)
    points, triangles = points - middle, triangles.copy()
    quadrics = np.zeros((len(points), 10))
    _add_planes(points, triangles, quadrics)
    patience = 2.0
    while len(triangles) > budget:
        still_wanted()
        most = max(1, min((len(triangles) - budget + 1) // 2, int(SHARE * len(triangles) / 2)))
        order = _cheapest(_prices(points, triangles, quadrics), int(patience * most))
        starts, beside = _triangles_of(len(points), triangles)
        taken = _collapse(points, triangles, quadrics, starts, beside, order, most)
        if taken < max(1, most // 4):
            if patience > 1e6:
                break
            patience *= 4
        triangles = triangles[triangles[:, 0] >= 0]
        points, triangles, quadrics = _used(points, triangles, quadrics)
    return points + middle, triangles


def _cheapest(prices: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Edges in the order of their prices, the cheapest ``count`` of them."""
    candidates = np.flatnonzero(np.isfinite(prices))
    if count < len(candidates):
        candidates = candidates[np.argpartition(prices[candidates], count)[:count]]
    return candidates[np.argsort(prices[candidates], kind="stable")]


def _used(points: Points, triangles: Triangles, quadrics: Points) -> tuple[Points, Triangles, Points]:
    is_used = np.zeros(len(points), bool)
    is_used[triangles] = True
    numbers = np.cumsum(is_used, dtype=np.int32) - np.int32(1)
    return points[is_used], numbers[triangles], quadrics[is_used]


@compiled
def _add_planes(points, triangles, quadrics):
    """Give each corner the planes of its triangles: xx, xy, xz, xw, yy, yz, yw, zz, zw, ww of (normal, -distance)."""
    for t in range(len(triangles)):
        a, b, c = points[triangles[t, 0]], points[triangles[t, 1]], points[triangles[t, 2]]
        x, y, z = _cross(a, b, c)
        twice_area = np.sqrt(x * x + y * y + z * z)
        if twice_area == 0.0:
            continue
        plane = (x / twice_area, y / twice_area, z / twice_area, -(x * a[0] + y * a[1] + z * a[2]) / twice_area)
        for corner in range(3):
            place = 0
            for n in range(4):
                for m in range(n, 4):
                    quadrics[triangles[t, corner], place] += plane[n] * plane[m] * twice_area / 2
                    place += 1


@compiled
def _cross(a, b, c):
    """The normal of a triangle, twice its area long."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


@compiled
def _best(q, p, a, b, target):
    """Where the united corner of an edge belongs, into ``target``; returns the price.

    Args:
        q, p: quadrics of the two ends.
        a, b: places of the two ends.
        target: (3,) the new place.
    """
    mx, my, mz = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2
    pull = KEEP_PLACE * (q[0] + p[0] + q[4] + p[4] + q[7] + p[7]) + 1e-12
    xx, yy, zz = q[0] + p[0] + pull, q[4] + p[4] + pull, q[7] + p[7] + pull
    xy, xz, yz = q[1] + p[1], q[2] + p[2], q[5] + p[5]
    x, y, z = pull * mx - q[3] - p[3], pull * my - q[6] - p[6], pull * mz - q[8] - p[8]
    axx, axy, axz = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    ayy, ayz, azz = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    det = xx * axx + xy * axy + xz * axz
    tx, ty, tz = (axx * x + axy * y + axz * z) / det, (axy * x + ayy * y + ayz * z) / det, 0.0
    tz = (axz * x + ayz * y + azz * z) / det
    target[0], target[1], target[2] = tx, ty, tz
    # the quadratic form at the minimum of the form with the pull, from its parts
    error = (xx - pull) * tx * tx + (yy - pull) * ty * ty + (zz - pull) * tz * tz
    error += 2 * (xy * tx * ty + xz * tx * tz + yz * ty * tz)
    error += 2 * ((q[3] + p[3]) * tx + (q[6] + p[6]) * ty + (q[8] + p[8]) * tz) + q[9] + p[9]
    moved = (tx - mx) ** 2 + (ty - my) ** 2 + (tz - mz) ** 2
    length = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2
    return max(error, 0.0) + pull * (moved + 0.1 * length)


@compiled
def _prices(points, triangles, quadrics):
    """(3 m,) float32: the price of each triangle's edges; infinite for the second triangle of an edge."""
    prices = np.full(3 * len(triangles), np.inf, np.float32)
    target = np.empty(3)
    for t in range(len(triangles)):
        for edge in range(3):
            a, b = triangles[t, edge], triangles[t, (edge + 1) % 3]
            if a < b:
                prices[3 * t + edge] = _best(quadrics[a], quadrics[b], points[a], points[b], target)
    return prices


@compiled
def _triangles_of(count, triangles):
    """The triangles of each corner: those of corner n stand in the second array from starts[n] to starts[n + 1]."""
    starts = np.zeros(count + 2, np.int64)
    for t in range(len(triangles)):
        for corner in range(3):
            starts[triangles[t, corner] + 2] += 1
    for n in range(2, count + 2):
        starts[n] += starts[n - 1]
    beside = np.empty(3 * len(triangles), np.int32)
    for t in range(len(triangles)):
        for corner in range(3):
            n = triangles[t, corner] + 1
            beside[starts[n]] = t
            starts[n] += 1
    return starts, beside


@compiled
def _collapse(points, triangles, quadrics, starts, beside, order, most):
    """Collapse edges in an order, ``most`` at the highest; a triangle that goes gets -1 as its first corner.

    A corner that took another in is left alone afterwards, for the lists of ``beside`` do not know its new triangles;
    those of all other corners stay right, as triangles keep their numbers.
    """
    touched = np.zeros(len(points), np.bool_)
    marks = np.zeros(len(points), np.int64)
    target = np.empty(3)
    taken = 0
    for number in range(len(order)):
        t, edge = order[number] // 3, order[number] % 3
        a, b = triangles[t, edge], triangles[t, (edge + 1) % 3]
        if triangles[t, 0] < 0 or touched[a] or touched[b]:
            continue
        if not _stays_manifold(a, b, triangles, starts, beside, marks, 2 * number + 1):
            continue
        _best(quadrics[a], quadrics[b], points[a], points[b], target)
        if _turns(a, b, target, points, triangles, starts, beside) or _turns(
            b, a, target, points, triangles, starts, beside
        ):
            continue
        _unite(a, b, triangles, starts, beside)
        points[b] = target
        quadrics[b] += quadrics[a]
        touched[a] = touched[b] = True
        taken += 1
        if taken == most:
            break
    return taken


@compiled
def _stays_manifold(a, b, triangles, starts, beside, marks, mark):
    """True when the ends of an edge have two common neighbours and are not both tips of one tetrahedron."""
    count_a = count_b = common = 0
    for place in range(starts[a], starts[a + 1]):
        t = beside[place]
        if triangles[t, 0] >= 0:
            count_a += 1
            for corner in range(3):
                marks[triangles[t, corner]] = mark
    for place in range(starts[b], starts[b + 1]):
        t = beside[place]
        if triangles[t, 0] >= 0:
            count_b += 1
            for corner in range(3):
                n = triangles[t, corner]
                if n != a and n != b and marks[n] == mark:
                    marks[n] = mark + 1
                    common += 1
    return common == 2 and not (count_a == 3 and count_b == 3)


@compiled
def _turns(a, b, target, points, triangles, starts, beside):
    """True when moving corner a to the target turns one of its triangles over, or makes it slim; b's go away."""
    for place in range(starts[a], starts[a + 1]):
        t = beside[place]
        if triangles[t, 0] < 0:
            continue
        corner = 0
        while triangles[t, corner] != a:
            corner += 1
        n, m = triangles[t, (corner + 1) % 3], triangles[t, (corner + 2) % 3]
        if b in (n, m):
            continue
        x, y, z = _cross(points[a], points[n], points[m])
        u, v, w = _cross(target, points[n], points[m])
        before, after = np.sqrt(x * x + y * y + z * z), np.sqrt(u * u + v * v + w * w)
        if x * u + y * v + z * w < LEAST_TURN * before * after or after == 0.0:
            return True
        roundness = after / _longest(target, points[n], points[m])
        if roundness < LEAST_ROUNDNESS and roundness < before / _longest(points[a], points[n], points[m]):
            return True
    return False


@compiled
def _longest(a, b, c):
    """The longest edge of a triangle, squared."""
    ab = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2
    bc = (b[0] - c[0]) ** 2 + (b[1] - c[1]) ** 2 + (b[2] - c[2]) ** 2
    ca = (c[0] - a[0]) ** 2 + (c[1] - a[1]) ** 2 + (c[2] - a[2]) ** 2
    return max(ab, bc, ca)


@compiled
def _unite(a, b, triangles, starts, beside):
    """Take the triangles of both away, and give those of a to b."""
    for place in range(starts[a], starts[a + 1]):
        t = beside[place]
        if triangles[t, 0] < 0:
            continue
        if triangles[t, 0] == b or triangles[t, 1] == b or triangles[t, 2] == b:
            triangles[t, 0] = -1
            continue
        for corner in range(3):
            if triangles[t, corner] == a:
                triangles[t, corner] = b
