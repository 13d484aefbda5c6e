"""The path tracer, compiled by Numba: the reference that the GLSL version follows number by number.

A path starts in a pixel, moves by delta tracking (Woodcock 1965) through bricks with a bound of their own, and is
scattered where it meets matter: as by a surface where the opacity changes quickly there, as by a cloud otherwise (the
choice of Kroes et al. 2012, "Exposure Render"). At each event one light is sampled; the sky is found by paths that
leave the volume. Values are classified after interpolation. Classes are taken from the voxel nearest to a randomly
moved position, which smooths borders without mixing labels. Of several lights one is drawn for each event, by
how much it is likely to give, and what it gives is divided by its probability.

Coordinates: ``x`` in world millimetres (LPS); ``q`` in voxels, from 0 to the grid's size, voxel centres at one half.
Random numbers are seeded by pixel and sample; a picture depends on nothing but its seed.

Types are left out: Numba finds them. All numbers are float32, all random words uint32.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, operator"

from __future__ import annotations

import math

import numpy as np

from render.cinematic.parameters import LIGHT_NUMBERS, LIGHT_SIZE, OFFSETS
from render.cinematic.random_words import advanced, minus_log, scrambled, uniform_of, word_of
from render.compiled import inlined

EYE, ACROSS, UPWARDS, FORWARD = (OFFSETS[n] for n in ("EYE", "ACROSS", "UPWARDS", "FORWARD"))
CORNER, FRAME = (OFFSETS[n] for n in ("CORNER", "FRAME"))
APERTURE, FOCUS, MATRIX, SHIFT, SIZE = (OFFSETS[n] for n in ("APERTURE", "FOCUS", "MATRIX", "SHIFT", "SIZE"))
ENTRY_SCALE, ENTRY_OFFSET, LAST_ENTRY = (OFFSETS[n] for n in ("ENTRY_SCALE", "ENTRY_OFFSET", "LAST_ENTRY"))
GRADIENT_SCALE, HAS_CLASSES, ALL_CLIPPED = (OFFSETS[n] for n in ("GRADIENT_SCALE", "HAS_CLASSES", "ALL_CLIPPED"))
PLANE_COUNT, PLANES, BOX_LOW, BOX_HIGH = (OFFSETS[n] for n in ("PLANE_COUNT", "PLANES", "BOX_LOW", "BOX_HIGH"))
BRICK, LIGHT_COUNT, LIGHTS = (OFFSETS[n] for n in ("BRICK", "LIGHT_COUNT", "LIGHTS"))
LIGHT_U, LIGHT_V, LIGHT_NORMAL, LIGHT_COLOR, IS_RECTANGLE, LIGHT_POWER = (
    LIGHT_NUMBERS[n] for n in ("LIGHT_U", "LIGHT_V", "LIGHT_NORMAL", "LIGHT_COLOR", "IS_RECTANGLE", "LIGHT_POWER")
)
SKY_MATRIX, SKY_STRENGTH, SURFACE = (OFFSETS[n] for n in ("SKY_MATRIX", "SKY_STRENGTH", "SURFACE"))
ANISOTROPY, MOST_BOUNCES, START_MM = (OFFSETS[n] for n in ("ANISOTROPY", "MOST_BOUNCES", "START_MM"))

f32 = np.float32
ZERO, ONE, HALF, TWO, FOUR = f32(0.0), f32(1.0), f32(0.5), f32(2.0), f32(4.0)
PI = f32(math.pi)
FAR = f32(1e30)
TINY = f32(1e-12)
NUDGE = f32(1e-4)  # voxels: how far past a brick's face the next brick is looked up
MOST_STEPS = 4096  # bricks and tentative collisions on one way; more are taken as having left


@inlined
def grid_of(ni, nj, nk):
    """What look-ups need to know of a grid: the last voxels, the last voxels with a next one, the ways to the next."""
    lasts = f32(ni - 1), f32(nj - 1), f32(nk - 1)
    cells = max(ni - 2, 0), max(nj - 2, 0), max(nk - 2, 0)
    return lasts, cells, (1 if ni > 1 else 0, ni if nj > 1 else 0, ni * nj if nk > 1 else 0)


@inlined
def value_at(values, grid, qi, qj, qk):
    """The trilinear value (in 16-bit units) of a flat array, constant beyond the outer voxel centres."""
    lasts, cells, ways = grid
    pi = min(max(qi - HALF, ZERO), lasts[0])
    pj = min(max(qj - HALF, ZERO), lasts[1])
    pk = min(max(qk - HALF, ZERO), lasts[2])
    i, j, k = min(int(pi), cells[0]), min(int(pj), cells[1]), min(int(pk), cells[2])
    a, b, c = pi - f32(i), pj - f32(j), pk - f32(k)
    n = np.uintp(k * ways[2] + j * ways[1] + i)  # unsigned: nothing is counted from the end
    onwards, sj, sk = np.uintp(ways[0]), np.uintp(ways[1]), np.uintp(ways[2])
    v00, v01, v10, v11 = f32(values[n]), f32(values[n + sj]), f32(values[n + sk]), f32(values[n + sj + sk])
    n = n + onwards
    v00 += a * (f32(values[n]) - v00)
    v01 += a * (f32(values[n + sj]) - v01)
    v10 += a * (f32(values[n + sk]) - v10)
    v11 += a * (f32(values[n + sj + sk]) - v11)
    v00 += b * (v01 - v00)
    v10 += b * (v11 - v10)
    return v00 + c * (v10 - v00)


@inlined
def entry_of(value, parameters):
    """The table's entry for a value in 16-bit units."""
    entry = value * parameters[ENTRY_SCALE] + parameters[ENTRY_OFFSET] + HALF
    return int(min(max(entry, ZERO), parameters[LAST_ENTRY]))


@inlined
def class_at(classes, grid, qi, qj, qk, word):
    """The class of the voxel nearest to a position moved at random by up to half a voxel along each axis."""
    lasts, _, ways = grid
    pi = qi - HALF + f32(np.uint32(word & np.uint32(1023))) * f32(1 / 1024)
    pj = qj - HALF + f32(np.uint32(np.uint32(word >> np.uint32(10)) & np.uint32(1023))) * f32(1 / 1024)
    pk = qk - HALF + f32(np.uint32(np.uint32(word >> np.uint32(20)) & np.uint32(1023))) * f32(1 / 1024)
    i = int(min(max(pi, ZERO), lasts[0]))
    j = int(min(max(pj, ZERO), lasts[1]))
    k = int(min(max(pk, ZERO), lasts[2]))
    return classes[np.uintp(k * ways[2] + j * ways[1] + i)]


@inlined
def gradient_size(values, grid, qi, qj, qk, m):
    """The magnitude of the value's gradient in 16-bit units per millimetre."""
    gi = (value_at(values, grid, qi + ONE, qj, qk) - value_at(values, grid, qi - ONE, qj, qk)) * HALF
    gj = (value_at(values, grid, qi, qj + ONE, qk) - value_at(values, grid, qi, qj - ONE, qk)) * HALF
    gk = (value_at(values, grid, qi, qj, qk + ONE) - value_at(values, grid, qi, qj, qk - ONE)) * HALF
    x = m[MATRIX] * gi + m[MATRIX + 3] * gj + m[MATRIX + 6] * gk
    y = m[MATRIX + 1] * gi + m[MATRIX + 4] * gj + m[MATRIX + 7] * gk
    z = m[MATRIX + 2] * gi + m[MATRIX + 5] * gj + m[MATRIX + 8] * gk
    return math.sqrt(x * x + y * y + z * z)


@inlined
def in_voxels(x, y, z, m):
    """A point of the world in voxels."""
    qi = m[MATRIX] * x + m[MATRIX + 1] * y + m[MATRIX + 2] * z + m[SHIFT]
    qj = m[MATRIX + 3] * x + m[MATRIX + 4] * y + m[MATRIX + 5] * z + m[SHIFT + 1]
    qk = m[MATRIX + 6] * x + m[MATRIX + 7] * y + m[MATRIX + 8] * z + m[SHIFT + 2]
    return qi, qj, qk


@inlined
def is_kept(qi, qj, qk, m):
    """True inside the crop box and on the kept side of all planes."""
    if qi < m[BOX_LOW] or qj < m[BOX_LOW + 1] or qk < m[BOX_LOW + 2]:
        return False
    if qi > m[BOX_HIGH] or qj > m[BOX_HIGH + 1] or qk > m[BOX_HIGH + 2]:
        return False
    for n in range(int(m[PLANE_COUNT])):
        at = PLANES + 4 * n
        if m[at] * qi + m[at + 1] * qj + m[at + 2] * qk < m[at + 3]:
            return False
    return True


@inlined
def extinction_at(kind, entry, qi, qj, qk, values, grid, table, materials, gradient, m):
    """What a class takes from light per millimetre at a position where its value has an entry: nothing where cut."""
    if kind >= table.shape[0]:
        return ZERO
    extinction = table[np.uintp(kind), np.uintp(entry), np.uintp(3)]
    if extinction > ZERO and m[GRADIENT_SCALE] > ZERO:
        place = gradient_size(values, grid, qi, qj, qk, m) * m[GRADIENT_SCALE] + HALF
        extinction *= gradient[int(min(place, f32(gradient.shape[0] - 1)))]
    may_be_cut = m[ALL_CLIPPED] == ZERO and materials[kind, 1] > ZERO
    if may_be_cut and not is_kept(qi, qj, qk, m):
        return ZERO
    return extinction


@inlined
def slab(origin, direction, low, high, t0, t1):
    """A ray's interval within low..high along one axis."""
    if abs(direction) < TINY:
        if origin < low or origin > high:
            return FAR, -FAR
        return t0, t1
    a, b = (low - origin) / direction, (high - origin) / direction
    return max(t0, min(a, b)), min(t1, max(a, b))


@inlined
def interval(qi, qj, qk, di, dj, dk, limit, m):
    """Where a ray is within the grid, and within the cuts where they apply to everything."""
    t0, t1 = ZERO, limit
    if m[ALL_CLIPPED] > ZERO:
        t0, t1 = slab(qi, di, m[BOX_LOW], m[BOX_HIGH], t0, t1)
        t0, t1 = slab(qj, dj, m[BOX_LOW + 1], m[BOX_HIGH + 1], t0, t1)
        t0, t1 = slab(qk, dk, m[BOX_LOW + 2], m[BOX_HIGH + 2], t0, t1)
        for n in range(int(m[PLANE_COUNT])):
            at = PLANES + 4 * n
            height = m[at] * qi + m[at + 1] * qj + m[at + 2] * qk - m[at + 3]
            slope = m[at] * di + m[at + 1] * dj + m[at + 2] * dk
            if abs(slope) < TINY:
                if height < ZERO:
                    t1 = -FAR
            elif slope > ZERO:
                t0 = max(t0, -height / slope)
            else:
                t1 = min(t1, -height / slope)
    else:
        t0, t1 = slab(qi, di, ZERO, m[SIZE], t0, t1)
        t0, t1 = slab(qj, dj, ZERO, m[SIZE + 1], t0, t1)
        t0, t1 = slab(qk, dk, ZERO, m[SIZE + 2], t0, t1)
    return t0, t1


@inlined
def ahead_of(q, d, edge):
    """For one axis: 1 / d, and where brick 0 is left, seen from ``q``; see ``leaving_at``."""
    if abs(d) < TINY:
        return ZERO, FAR
    return ONE / d, (edge if d > ZERO else ZERO) - q


@inlined
def leaving_at(brick, edge, ahead, per):
    """How far along a ray a brick's face lies at which it is left along one axis."""
    return (edge * f32(brick) + ahead) * per if per != ZERO else FAR


@inlined
def tracked(ox, oy, oz, dx, dy, dz, limit, state, values, grid, classes, bounds, table, materials, gradient, m):
    """Delta tracking along a ray.

    Returns:
        t, class, entry, state, look-ups: t is negative when nothing was met before ``limit``.
    """
    qi, qj, qk = in_voxels(ox, oy, oz, m)
    di = m[MATRIX] * dx + m[MATRIX + 1] * dy + m[MATRIX + 2] * dz
    dj = m[MATRIX + 3] * dx + m[MATRIX + 4] * dy + m[MATRIX + 5] * dz
    dk = m[MATRIX + 6] * dx + m[MATRIX + 7] * dy + m[MATRIX + 8] * dz
    t, end = interval(qi, qj, qk, di, dj, dk, limit, m)
    kind, entry, lookups = 0, 0, 0
    if t >= end:
        return -ONE, kind, entry, state, lookups
    state = advanced(state)
    depth = minus_log(ONE - uniform_of(state))
    within = t + NUDGE / max(max(abs(di), abs(dj), abs(dk)), TINY)
    edge_i, edge_j, edge_k = m[BRICK], m[BRICK + 1], m[BRICK + 2]
    nk, nj, ni = bounds.shape
    bi = min(int(max((qi + di * within) / edge_i, ZERO)), ni - 1)
    bj = min(int(max((qj + dj * within) / edge_j, ZERO)), nj - 1)
    bk = min(int(max((qk + dk * within) / edge_k, ZERO)), nk - 1)
    per_i, ahead_i = ahead_of(qi, di, edge_i)
    per_j, ahead_j = ahead_of(qj, dj, edge_j)
    per_k, ahead_k = ahead_of(qk, dk, edge_k)
    leave_i = leaving_at(bi, edge_i, ahead_i, per_i)
    leave_j = leaving_at(bj, edge_j, ahead_j, per_j)
    leave_k = leaving_at(bk, edge_k, ahead_k, per_k)
    met = -ONE
    leave = min(min(leave_i, leave_j), min(leave_k, end))
    bound = bounds[np.uintp(bk), np.uintp(bj), np.uintp(bi)]
    for _ in range(MOST_STEPS):
        reach = (leave - t) * bound
        if depth >= reach:
            depth -= max(reach, ZERO)
            t = leave
            if t >= end:
                break
            if leave_i <= leave_j and leave_i <= leave_k:
                bi += 1 if di > ZERO else -1
                if bi < 0 or bi >= ni:
                    break
                leave_i = leaving_at(bi, edge_i, ahead_i, per_i)
            elif leave_j <= leave_k:
                bj += 1 if dj > ZERO else -1
                if bj < 0 or bj >= nj:
                    break
                leave_j = leaving_at(bj, edge_j, ahead_j, per_j)
            else:
                bk += 1 if dk > ZERO else -1
                if bk < 0 or bk >= nk:
                    break
                leave_k = leaving_at(bk, edge_k, ahead_k, per_k)
            leave = min(min(leave_i, leave_j), min(leave_k, end))
            bound = bounds[np.uintp(bk), np.uintp(bj), np.uintp(bi)]
            continue
        t += depth / bound
        lookups += 1
        pi, pj, pk = qi + di * t, qj + dj * t, qk + dk * t
        entry = entry_of(value_at(values, grid, pi, pj, pk), m)
        if m[HAS_CLASSES] > ZERO:
            state = advanced(state)
            kind = int(class_at(classes, grid, pi, pj, pk, word_of(state)))
        extinction = extinction_at(kind, entry, pi, pj, pk, values, grid, table, materials, gradient, m)
        state = advanced(state)
        if uniform_of(state) * bound < extinction:
            met = t
            break
        state = advanced(state)
        depth = minus_log(ONE - uniform_of(state))
    return met, kind, entry, state, lookups


@inlined
def share_at(occupancy, grid, qi, qj, qk):
    """How much of what is solid there, 0-1, smoothed over borders."""
    return value_at(occupancy, grid, qi, qj, qk) * f32(1 / 255)


@inlined
def opacity_at(values, grid, occupancy, table, kind, is_solid, is_cut, qi, qj, qk, m):
    """The opacity of a millimetre of a class's matter at a position: none beyond the grid and the cuts.

    Solid classes end where the solid ones end.
    """
    if min(qi, min(qj, qk)) < ZERO or qi > m[SIZE] or qj > m[SIZE + 1] or qk > m[SIZE + 2]:
        return ZERO
    if is_cut and not is_kept(qi, qj, qk, m):
        return ZERO
    entry = entry_of(value_at(values, grid, qi, qj, qk), m)
    opacity = ONE - math.exp(-table[kind, entry, 3])
    if is_solid:
        opacity *= share_at(occupancy, grid, qi, qj, qk)
    return opacity


@inlined
def opacity_gradient(values, grid, occupancy, table, kind, is_solid, is_cut, qi, qj, qk, m):
    """The gradient of the classified opacity in world space, per millimetre."""
    gi = opacity_at(values, grid, occupancy, table, kind, is_solid, is_cut, qi + ONE, qj, qk, m)
    gi = (gi - opacity_at(values, grid, occupancy, table, kind, is_solid, is_cut, qi - ONE, qj, qk, m)) * HALF
    gj = opacity_at(values, grid, occupancy, table, kind, is_solid, is_cut, qi, qj + ONE, qk, m)
    gj = (gj - opacity_at(values, grid, occupancy, table, kind, is_solid, is_cut, qi, qj - ONE, qk, m)) * HALF
    gk = opacity_at(values, grid, occupancy, table, kind, is_solid, is_cut, qi, qj, qk + ONE, m)
    gk = (gk - opacity_at(values, grid, occupancy, table, kind, is_solid, is_cut, qi, qj, qk - ONE, m)) * HALF
    x = m[MATRIX] * gi + m[MATRIX + 3] * gj + m[MATRIX + 6] * gk
    y = m[MATRIX + 1] * gi + m[MATRIX + 4] * gj + m[MATRIX + 7] * gk
    z = m[MATRIX + 2] * gi + m[MATRIX + 5] * gj + m[MATRIX + 8] * gk
    return x, y, z


@inlined
def about(ax, ay, az, cosine, angle):
    """A unit vector at an angle from an axis (Duff et al. 2017 for the frame)."""
    sign = ONE if az >= ZERO else -ONE
    a = -ONE / (sign + az)
    b = ax * ay * a
    sine = math.sqrt(max(ZERO, ONE - cosine * cosine))
    u, v = sine * math.cos(angle), sine * math.sin(angle)
    x = u * (ONE + sign * ax * ax * a) + v * b + cosine * ax
    y = u * (sign * b) + v * (sign + ay * ay * a) + cosine * ay
    z = u * (-sign * ax) + v * (-ay) + cosine * az
    return x, y, z


@inlined
def cloud_share(cosine, g):
    """Henyey and Greenstein's phase function (1941); ``cosine`` is of the angle of deflection."""
    below = ONE + g * g - TWO * g * cosine
    return (ONE - g * g) / (FOUR * PI * below * math.sqrt(max(below, f32(1e-6))))


@inlined
def cloud_cosine(g, u):
    """A cosine of deflection drawn from the phase function."""
    if abs(g) < f32(1e-3):
        return ONE - TWO * u
    part = (ONE - g * g) / (ONE - g + TWO * g * u)
    return (ONE + g * g - part * part) / (TWO * g)


@inlined
def exponent_of(gloss):
    """Of the cosine lobe about the mirrored direction."""
    return TWO ** (ONE + f32(8.0) * gloss)


@inlined
def sky_at(sky, x, y, z, m):
    """Radiance of the sky in a world direction; nearest texel of the equirectangular picture."""
    right = m[SKY_MATRIX] * x + m[SKY_MATRIX + 1] * y + m[SKY_MATRIX + 2] * z
    up = m[SKY_MATRIX + 3] * x + m[SKY_MATRIX + 4] * y + m[SKY_MATRIX + 5] * z
    back = m[SKY_MATRIX + 6] * x + m[SKY_MATRIX + 7] * y + m[SKY_MATRIX + 8] * z
    rows, columns = sky.shape[0], sky.shape[1]
    row = int(math.acos(min(max(up, -ONE), ONE)) / PI * f32(rows))
    column = int((math.atan2(right, -back) / (TWO * PI) + HALF) * f32(columns))
    row, column = min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
    strength = m[SKY_STRENGTH]
    return sky[row, column, 0] * strength, sky[row, column, 1] * strength, sky[row, column, 2] * strength


@inlined
def camera_ray(px, py, state, m):
    """A ray through a random place of a pixel and of the lens, and how much of it lies along the line of sight."""
    state = advanced(state)
    x = TWO * (f32(px) + m[CORNER] + uniform_of(state)) / m[FRAME] - ONE
    state = advanced(state)
    y = ONE - TWO * (f32(py) + m[CORNER + 1] + uniform_of(state)) / m[FRAME + 1]
    dx = m[FORWARD] + x * m[ACROSS] + y * m[UPWARDS]
    dy = m[FORWARD + 1] + x * m[ACROSS + 1] + y * m[UPWARDS + 1]
    dz = m[FORWARD + 2] + x * m[ACROSS + 2] + y * m[UPWARDS + 2]
    ox, oy, oz = m[EYE], m[EYE + 1], m[EYE + 2]
    if m[APERTURE] > ZERO:
        state = advanced(state)
        radius = m[APERTURE] * math.sqrt(uniform_of(state))
        state = advanced(state)
        angle = TWO * PI * uniform_of(state)
        across = math.sqrt(m[ACROSS] ** 2 + m[ACROSS + 1] ** 2 + m[ACROSS + 2] ** 2)
        upwards = math.sqrt(m[UPWARDS] ** 2 + m[UPWARDS + 1] ** 2 + m[UPWARDS + 2] ** 2)
        a, b = radius * math.cos(angle) / across, radius * math.sin(angle) / upwards
        lx = a * m[ACROSS] + b * m[UPWARDS]
        ly = a * m[ACROSS + 1] + b * m[UPWARDS + 1]
        lz = a * m[ACROSS + 2] + b * m[UPWARDS + 2]
        ox, oy, oz = ox + lx, oy + ly, oz + lz
        dx, dy, dz = dx * m[FOCUS] - lx, dy * m[FOCUS] - ly, dz * m[FOCUS] - lz
    length = math.sqrt(dx * dx + dy * dy + dz * dz)
    dx, dy, dz = dx / length, dy / length, dz / length
    along = dx * m[FORWARD] + dy * m[FORWARD + 1] + dz * m[FORWARD + 2]
    return ox, oy, oz, dx, dy, dz, along, state


@inlined
def light_weight(at, x, y, z, nx, ny, nz, m):
    """How much a light is likely to give: what faces it most; never nothing, for part of it may be seen."""
    lx, ly, lz = m[at] - x, m[at + 1] - y, m[at + 2] - z
    facing = (lx * nx + ly * ny + lz * nz) / max(math.sqrt(lx * lx + ly * ly + lz * lz), f32(1e-3))
    return m[at + LIGHT_POWER] * (f32(0.1) + max(facing, ZERO))


@inlined
def chosen_light(x, y, z, nx, ny, nz, state, m):
    """Where the numbers of a light begin that is drawn by its weight, and one by its probability.

    A single light takes no random number. Clouds have no normal; there the power alone counts.
    """
    at, factor = LIGHTS, ONE
    count = int(m[LIGHT_COUNT])
    if count > 1:
        total = ZERO
        for n in range(count):
            total += light_weight(LIGHTS + n * LIGHT_SIZE, x, y, z, nx, ny, nz, m)
        state = advanced(state)
        left = uniform_of(state) * total
        weight = light_weight(at, x, y, z, nx, ny, nz, m)
        for n in range(1, count):
            if left >= weight:
                left -= weight
                at = LIGHTS + n * LIGHT_SIZE
                weight = light_weight(at, x, y, z, nx, ny, nz, m)
        factor = total / weight
    return at, factor, state


@inlined
def light_ray(at, x, y, z, state, m):
    """Direction and distance to a random place of a light, and the irradiance that it would give."""
    state = advanced(state)
    first = uniform_of(state)
    state = advanced(state)
    second = uniform_of(state)
    if m[at + IS_RECTANGLE] > ZERO:
        u, v = TWO * first - ONE, TWO * second - ONE
    else:
        radius, angle = math.sqrt(first), TWO * PI * second
        u, v = radius * math.cos(angle), radius * math.sin(angle)
    lx = m[at] + u * m[at + LIGHT_U] + v * m[at + LIGHT_V] - x
    ly = m[at + 1] + u * m[at + LIGHT_U + 1] + v * m[at + LIGHT_V + 1] - y
    lz = m[at + 2] + u * m[at + LIGHT_U + 2] + v * m[at + LIGHT_V + 2] - z
    distance = max(math.sqrt(lx * lx + ly * ly + lz * lz), f32(1e-3))
    lx, ly, lz = lx / distance, ly / distance, lz / distance
    facing = -(lx * m[at + LIGHT_NORMAL] + ly * m[at + LIGHT_NORMAL + 1] + lz * m[at + LIGHT_NORMAL + 2])
    return lx, ly, lz, distance, max(facing, ZERO) / (distance * distance), state


@inlined
def slope_at(values, grid, occupancy, table, materials, kind, x, y, z, m):
    """The opacity's gradient at an event, per millimetre; none where everything is a cloud, and in ghosts."""
    if m[SURFACE] <= ZERO or materials[kind, 2] > ZERO:
        return ZERO, ZERO, ZERO
    qi, qj, qk = in_voxels(x, y, z, m)
    is_solid = m[HAS_CLASSES] > ZERO and materials[kind, 3] > ZERO
    return opacity_gradient(values, grid, occupancy, table, kind, is_solid, materials[kind, 1] > ZERO, qi, qj, qk, m)


@inlined
def mirrored_share(facing, gloss):
    """How much light a surface mirrors (Schlick's approximation of Fresnel's law)."""
    if gloss <= ZERO:
        return ZERO
    return (f32(0.04) + f32(0.96) * (ONE - min(facing, ONE)) ** 5) * min(ONE, TWO * gloss)


@inlined
def shine_of(mirrored, power, lx, ly, lz, cosine, nx, ny, nz, rx, ry, rz):
    """The mirrored part of a surface's answer to light; what its lobe sends below the surface is folded up."""
    if mirrored <= ZERO:
        return ZERO
    direct = max(lx * rx + ly * ry + lz * rz, ZERO)
    fx, fy, fz = lx - TWO * cosine * nx, ly - TWO * cosine * ny, lz - TWO * cosine * nz
    folded = max(fx * rx + fy * ry + fz * rz, ZERO)
    return mirrored * (power + ONE) / (TWO * PI) * (direct**power + folded**power)


@inlined
def leaving_surface(nx, ny, nz, rx, ry, rz, mirrored, power, state):
    """A direction drawn from a surface's answer, and whether it was mirrored (and keeps the light's colour)."""
    state = advanced(state)
    is_mirrored = uniform_of(state) < mirrored
    state = advanced(state)
    u = uniform_of(state)
    state = advanced(state)
    angle = TWO * PI * uniform_of(state)
    if is_mirrored:
        dx, dy, dz = about(rx, ry, rz, u ** (ONE / (power + ONE)), angle)
    else:
        dx, dy, dz = about(nx, ny, nz, math.sqrt(u), angle)
    below = dx * nx + dy * ny + dz * nz
    if below < ZERO:
        dx, dy, dz = dx - TWO * below * nx, dy - TWO * below * ny, dz - TWO * below * nz
    return dx, dy, dz, is_mirrored, state


@inlined
def leaving_cloud(dx, dy, dz, g, state):
    """A direction drawn from the phase function."""
    state = advanced(state)
    u = uniform_of(state)
    state = advanced(state)
    angle = TWO * PI * uniform_of(state)
    x, y, z = about(dx, dy, dz, cloud_cosine(g, u), angle)
    return x, y, z, state


@inlined
def path(px, py, state, values, grid, classes, occupancy, bounds, table, materials, gradient, sky, backdrop, m):
    """One path: red, green, blue, and 1 when it met the volume; with the look-ups that it took."""
    red, green, blue = ZERO, ZERO, ZERO
    tr, tg, tb = ONE, ONE, ONE
    ox, oy, oz, dx, dy, dz, along, state = camera_ray(px, py, state, m)
    limit = FAR
    if backdrop.shape[0] > 1:
        limit = min(backdrop[py, px], FAR) / max(along, f32(1e-6))
    lookups = 0
    for bounce in range(int(m[MOST_BOUNCES]) + 1):
        t, kind, entry, state, taken = tracked(
            ox, oy, oz, dx, dy, dz, limit, state, values, grid, classes, bounds, table, materials, gradient, m
        )
        lookups += taken
        if t < ZERO:
            if bounce == 0:
                return ZERO, ZERO, ZERO, ZERO, lookups
            sr, sg, sb = sky_at(sky, dx, dy, dz, m)
            return red + tr * sr, green + tg * sg, blue + tb * sb, ONE, lookups
        limit = FAR
        ox, oy, oz = ox + t * dx, oy + t * dy, oz + t * dz
        ar, ag, ab = table[kind, entry, 0], table[kind, entry, 1], table[kind, entry, 2]
        gx, gy, gz = slope_at(values, grid, occupancy, table, materials, kind, ox, oy, oz, m)
        steepness = math.sqrt(gx * gx + gy * gy + gz * gz)
        state = advanced(state)
        as_surface = uniform_of(state) < ONE - math.exp(-m[SURFACE] * steepness) and steepness > f32(1e-7)
        nx, ny, nz, rx, ry, rz, mirrored, power = ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO
        if as_surface:
            nx, ny, nz = -gx / steepness, -gy / steepness, -gz / steepness
            facing = -(nx * dx + ny * dy + nz * dz)
            if facing < ZERO:
                nx, ny, nz, facing = -nx, -ny, -nz, -facing
            mirrored, power = mirrored_share(facing, materials[kind, 0]), exponent_of(materials[kind, 0])
            rx, ry, rz = dx + TWO * facing * nx, dy + TWO * facing * ny, dz + TWO * facing * nz
            ox, oy, oz = ox + m[START_MM] * nx, oy + m[START_MM] * ny, oz + m[START_MM] * nz
        light, factor, state = chosen_light(ox, oy, oz, nx, ny, nz, state, m)
        lx, ly, lz, distance, irradiance, state = light_ray(light, ox, oy, oz, state, m)
        irradiance *= factor
        part, shine = ZERO, ZERO
        if as_surface:
            cosine = lx * nx + ly * ny + lz * nz
            if cosine > ZERO:
                part = (ONE - mirrored) * cosine / PI
                shine = shine_of(mirrored, power, lx, ly, lz, cosine, nx, ny, nz, rx, ry, rz)
        else:
            part = cloud_share(lx * dx + ly * dy + lz * dz, m[ANISOTROPY])
        if irradiance > ZERO and part + shine > ZERO:
            seen, _, _, state, taken = tracked(
                ox, oy, oz, lx, ly, lz, distance, state, values, grid, classes, bounds, table, materials, gradient, m
            )
            lookups += taken
            if seen < ZERO:
                red += tr * irradiance * m[light + LIGHT_COLOR] * (part * ar + shine)
                green += tg * irradiance * m[light + LIGHT_COLOR + 1] * (part * ag + shine)
                blue += tb * irradiance * m[light + LIGHT_COLOR + 2] * (part * ab + shine)
        is_mirrored = False
        if as_surface:
            dx, dy, dz, is_mirrored, state = leaving_surface(nx, ny, nz, rx, ry, rz, mirrored, power, state)
        else:
            dx, dy, dz, state = leaving_cloud(dx, dy, dz, m[ANISOTROPY], state)
        if not is_mirrored:
            tr, tg, tb = tr * ar, tg * ag, tb * ab
        if bounce >= 2:
            lasting = min(max(tr, max(tg, tb)), ONE)
            state = advanced(state)
            if uniform_of(state) >= lasting:
                return red, green, blue, ONE, lookups
            tr, tg, tb = tr / lasting, tg / lasting, tb / lasting
    return red, green, blue, ONE, lookups


@inlined
def trace_rows(
    first, last, sample, seed, values, classes, occupancy, bounds, table, materials, gradient, sky, backdrop, m, out
):
    """Write one sample of each pixel of rows ``first`` to ``last`` into ``out``; returns the look-ups taken."""
    total = 0
    grid = grid_of(int(m[SIZE]), int(m[SIZE + 1]), int(m[SIZE + 2]))
    for py in range(first, last):
        for px in range(out.shape[1]):
            place = np.uint32((py + int(m[CORNER + 1])) * int(m[FRAME]) + px + int(m[CORNER]))
            state = scrambled(place)
            state = scrambled(np.uint32(state + np.uint32(sample)))
            state = scrambled(np.uint32(state + np.uint32(seed)))
            red, green, blue, alpha, lookups = path(
                px, py, state, values, grid, classes, occupancy, bounds, table, materials, gradient, sky, backdrop, m
            )
            out[py, px, 0] = red
            out[py, px, 1] = green
            out[py, px, 2] = blue
            out[py, px, 3] = alpha
            total += lookups
    return total
