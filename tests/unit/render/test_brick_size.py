"""Bricks are near to cubes and not too many."""

from __future__ import annotations

import numpy as np
import pytest

from render.cinematic.brick_size import brick_edges, brick_shape
from render.cinematic.scene import Field


def grid(shape: tuple[int, int, int], spacing_mm: tuple[float, float, float]) -> Field:
    """A field that takes no memory."""
    return Field(np.broadcast_to(np.uint16(0), shape), 0.0, 1.0, np.eye(4), spacing_mm)


@pytest.mark.parametrize(
    ("shape", "spacing_mm", "edges"),
    [
        ((64, 64, 64), (1.0, 1.0, 1.0), (4, 4, 4)),
        ((38, 204, 256), (0.98, 1.46, 4.0), (4, 4, 1)),  # thick slices
        ((512, 512, 40), (5.0, 0.7, 0.7), (2, 8, 8)),
        ((300, 512, 512), (0.75, 0.75, 1.0), (8, 8, 8)),  # large: not more bricks than before
        ((1000, 1000, 1000), (0.5, 0.5, 0.5), (8, 8, 8)),
        ((1, 1, 1), (1.0, 1.0, 1.0), (4, 4, 4)),
    ],
)
def test_edges(
    shape: tuple[int, int, int], spacing_mm: tuple[float, float, float], edges: tuple[int, int, int]
) -> None:
    assert brick_edges(grid(shape, spacing_mm)) == edges


def test_the_last_bricks_reach_beyond_the_grid() -> None:
    assert brick_shape((9, 8, 17), (4, 8, 2)) == (5, 1, 5)
