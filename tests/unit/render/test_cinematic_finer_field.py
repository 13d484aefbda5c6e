"""A finer grid shows the same values at the same places."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.geometry import Geometry
from imaging.volume import Volume
from render.cinematic.field_source import make_field
from render.cinematic.finer_field import finer, finer_parts
from render.cinematic.scene import Field

SHEARED = np.array([[0.0, 0.8, 0.2, -7.0], [1.6, 0.0, 0.3, 11.0], [0.0, 0.1, 3.0, 3.0], [0.0, 0.0, 0.0, 1.0]])


def field_of(shape: tuple[int, int, int]) -> Field:
    k, j, i = np.indices(shape)
    voxels = (7 * k + 50 * j - 13 * i).astype(np.int16)
    field = make_field(Volume(Geometry(shape, SHEARED), voxels), 10**9)
    assert field is not None
    return field


@pytest.mark.parametrize("parts", [(2, 1, 1), (1, 1, 3), (3, 2, 1), (2, 2, 2)])
def test_values_at_places_stay(parts: tuple[int, int, int]) -> None:
    field = field_of((5, 6, 7))
    divided = finer(field, parts)
    assert divided is not None
    assert divided.shape == tuple(n * c for n, c in zip((5, 6, 7), parts, strict=True))
    assert divided.spacing_mm == pytest.approx(np.array(field.spacing_mm) / parts[::-1])
    world_from_index = np.linalg.inv(divided.index_from_world)
    for i, j, k in ((3, 3, 3), (4, 5, 3), (6, 4, 5)):  # all inside, so the values rise evenly around them
        x, y, z, _ = field.index_from_world @ world_from_index @ [i, j, k, 1]
        if 0 <= x <= 6 and 0 <= y <= 5 and 0 <= z <= 4:
            value = divided.low + (divided.high - divided.low) * divided.values[k, j, i] / 65535
            assert value == pytest.approx(7 * z + 50 * y - 13 * x, abs=0.02)


def test_edges_go_on() -> None:
    divided = finer(field_of((1, 1, 2)), (1, 1, 2))
    assert divided is not None
    assert divided.values.ravel().tolist() == [65535, 49151, 16384, 0]


def test_long_steps_are_divided_first() -> None:
    field = field_of((5, 6, 7))  # steps of 1.6, 0.8 (along j) and 3 mm
    assert finer_parts(field, 5 * 6 * 7) == (1, 1, 1)
    assert finer_parts(field, 2 * 5 * 6 * 7) == (2, 1, 1)
    assert finer_parts(field, 10**9) == (3, 1, 2)
    assert finer_parts(field_of((1, 6, 7)), 10**9) == (1, 1, 2)
    assert finer(field, (1, 1, 1)) is field
    assert finer(field, (2, 1, 1), lambda: False) is None
