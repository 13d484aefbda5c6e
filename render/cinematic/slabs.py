"""Work on a grid in slabs of slices, on several threads, that can be called off between two slabs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from render.cinematic.workers import worker_count

VOXELS_AT_ONCE = 1 << 18  # of a slab: it stays in a core's cache, and is done within a few milliseconds

IsWanted = Callable[[], bool]


def always() -> bool:
    """Nobody calls the work off."""
    return True


def slab_thickness(shape: tuple[int, ...], multiple: int = 1) -> int:
    """Slices of a (k, j, i) grid that make about ``VOXELS_AT_ONCE``, as a multiple of a number."""
    in_slice = max(1, shape[1] * shape[2])
    return multiple * max(1, VOXELS_AT_ONCE // (in_slice * multiple))


def in_slabs(
    work: Callable[[int, int], None], first: int, last: int, thickness: int, is_wanted: IsWanted = always
) -> bool:
    """Call ``work(low, high)`` for every slab of slices from ``first`` up to (without) ``last``.

    Returns:
        False when it was called off; some slabs were not worked on then.
    """
    starts = range(first, last, thickness)

    def one(low: int) -> bool:
        if not is_wanted():
            return False
        work(low, min(low + thickness, last))
        return True

    if len(starts) < 2:
        return all(map(one, starts))
    with ThreadPoolExecutor(worker_count()) as pool:
        return all(list(pool.map(one, starts)))
