"""Preparing an image once for many clicks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imaging.geometry import Geometry
from inference.engine.kept_preparation import prepared_for_clicks
from inference.engine.preparing import prepare, start
from inference.engine.recipe import Clicks, CropAround, Image, Intensity, Orient, Shape, Step

GRID = Geometry((6, 7, 8), np.diag([1.0, 1.0, 2.0, 1.0]))
OTHER = Geometry((6, 7, 8), np.diag([1.0, -1.0, 2.0, 1.0]))


def steps(*clicks: Shape) -> list[Step]:
    def drawn(image: Image, places: list[list[Shape]]) -> Image:
        marks = np.zeros_like(image)
        for place in places[0]:
            marks[(0, *place)] = 1
        return np.concatenate([image, marks])

    double = Intensity("double", lambda image: image * 2)
    return [Orient("RAS"), double, CropAround(clicks, (4, 4, 4), 1), Clicks((clicks,), drawn), double]


@pytest.mark.parametrize("clicks", [((1, 2, 3),), ((1, 2, 3), (6, 6, 5))])
def test_it_is_what_preparing_gives_and_only_the_rest_is_done_again(clicks: tuple[Shape, ...]) -> None:
    voxels = np.random.default_rng(len(clicks)).normal(size=GRID.shape).astype(np.float32)

    def done(voxels: Any, grid: Geometry, model: str, *clicks: Shape) -> list[str]:
        told: list[str] = []
        prepared = prepared_for_clicks(model, [voxels], grid, steps(*clicks), told.append)
        plain = prepare(start([voxels], grid), steps(*clicks), lambda _: None)
        np.testing.assert_array_equal(prepared.image, plain.image)
        assert prepared.axes == plain.axes
        return told

    every, rest = ["Orient", "double", "CropAround", "Clicks", "double"], ["CropAround", "Clicks", "double"]
    assert done(voxels, GRID, "a", *clicks) == every
    assert done(voxels.copy(), GRID, "a", (3, 3, 3)) == rest
    assert done(voxels, GRID, "b", *clicks) == every
    assert done(voxels, OTHER, "b", *clicks) == every
    assert done(voxels + 1, OTHER, "b", *clicks) == every
    assert done(voxels + 1, OTHER, "b", *clicks) == rest
