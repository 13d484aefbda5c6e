"""Images that are empty, thin, full of holes or very large."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import psutil
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.engine.gaps import filled
from inference.engine.preparing import prepare, start
from inference.engine.recipe import Head, Intensity, Orient, Respace, Windows
from inference.engine.sliding import decided
from inference.engine.way_back import to_source

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")


class Bright:
    """Channel 1 wins where the image is above 0.5."""

    backend, device = "torch fp32", "cpu"

    def __call__(self, batch: Any) -> Any:
        return torch.cat([torch.full_like(batch, 0.5), batch], 1)


def nothing(done: int, count: int) -> None:
    """No progress."""


def test_voxels_without_a_value_are_taken_for_the_smallest() -> None:
    image = np.arange(24, dtype=np.float32).reshape(2, 3, 4) - 5
    image[0, 0, 1], image[1, 2, 3], image[1, 0, 0] = np.nan, np.inf, -np.inf
    given = image.copy()
    whole, note = filled(image)
    np.testing.assert_array_equal(image, given)
    assert (whole[0, 0, 1], whole[1, 2, 3], whole[1, 0, 0]) == (-5, -5, -5)
    assert note.startswith("3 voxels")
    assert "-5" in note
    same, silence = filled(whole)
    assert (same is whole, silence) == (True, "")
    with pytest.raises(UserError, match="none of its voxels"):
        filled(np.full((2, 2, 2), np.nan, np.float32))


@pytest.mark.parametrize("padding", ["constant", "replicate"])
@pytest.mark.parametrize("shape", [(1, 9, 40), (9, 1, 40), (30, 2, 1), (1, 1, 2)])
def test_images_thinner_than_a_window_keep_their_labels(shape: tuple[int, int, int], padding: str) -> None:
    grid = Geometry(shape, np.diag([1.0, 1.0, 5.0, 1.0]))
    image = np.random.default_rng(2).integers(0, 2, shape).astype(np.int16)
    prepared = prepare(start([image], grid), (Orient("RAS"), Respace((1.0, 1.0, 5.0))), lambda _: None)
    windows = Windows((16, 16, 16), (0.5, 0.5, 0.5), is_gaussian=True, padding=padding)
    decision = decided(prepared.image, windows, Head(), Bright(), nothing)
    np.testing.assert_array_equal(to_source(decision.planes[0], prepared.axes, shape), image)


def test_a_mirror_image_of_too_little_is_refused_in_words() -> None:
    windows = Windows((16, 16, 16), padding="reflect")
    with pytest.raises(UserError, match="too thin"):
        decided(np.zeros((1, 20, 20, 1), np.float32), windows, Head(), Bright(), nothing)
    decided(np.zeros((1, 20, 20, 12), np.float32), windows, Head(), Bright(), nothing)


@pytest.mark.slow
@pytest.mark.skipif(psutil.virtual_memory().available < 8 << 30, reason="needs 8 GB of free memory")
def test_two_gigabytes_are_prepared_without_a_copy_of_them() -> None:
    shape = (1024, 1024, 1024)
    image = np.zeros(shape, np.int16)
    image[500, 300:700, 200:800] = 1000
    grid = Geometry(shape, np.diag([0.5, 0.5, 0.5, 1.0]))
    steps = (Orient("RAS"), Respace((2.0, 2.0, 2.0)), Intensity("scale", lambda values: values / np.float32(1000)))
    tracemalloc.start()
    try:
        prepared = prepare(start([image], grid), steps, lambda _: None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert prepared.image.shape == (1, 257, 257, 257)
    assert prepared.image.max() == pytest.approx(1, abs=0.01)
    assert peak < 1.3 * 2**30  # a quarter of the image in float32 is 1 GiB
