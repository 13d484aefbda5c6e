"""The scale of MR heads: what is dark, and the middle's median, whatever lies around the brain."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume
from session.look.middle import middle_range
from session.look.presets import look_for, preset_named


def ball(scalp: float, brain: float = 100.0, shape: tuple[int, int, int] = (60, 60, 60)) -> Volume:
    """A bright shell around a ball of radius 70 mm, in 3 mm voxels."""
    steps = [180.0 / n for n in shape]
    k, j, i = np.meshgrid(*[(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, steps, strict=True)], indexing="ij")
    radius = np.sqrt(k**2 + j**2 + i**2)
    noise = np.random.default_rng(1).normal(0, 1, shape)
    voxels = np.where(radius < 70, brain, np.where(radius < 82, scalp, 2.0)) + noise
    return Volume(Geometry(shape, np.diag([*steps[::-1], 1.0])), voxels.astype(np.float32), Quantity.SIGNAL)


@pytest.mark.parametrize("scalp", [60.0, 150.0, 600.0])
@pytest.mark.parametrize("shape", [(60, 60, 60), (20, 64, 64)])
def test_a_bright_scalp_does_not_darken_the_brain(scalp: float, shape: tuple[int, int, int]) -> None:
    low, middle = middle_range(ball(scalp, shape=shape))
    assert low == pytest.approx(2, abs=4)
    assert middle == pytest.approx(100, rel=0.03)


def test_the_brains_preset_follows_the_brain() -> None:
    one, other = (look_for(preset_named("mr-brain"), ball(scalp)) for scalp in (120.0, 700.0))
    for opacity in (one, other):
        assert opacity.transfer.opacity_at(100) > 0.7
        assert opacity.transfer.opacity_at(20) == 0
    assert one.transfer.range[1] == pytest.approx(other.transfer.range[1], rel=0.05)


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_an_image_of_one_value_has_a_range_all_the_same(value: float) -> None:
    volume = Volume(Geometry((4, 5, 6), np.eye(4)), np.full((4, 5, 6), value, np.float32), Quantity.SIGNAL)
    low, high = middle_range(volume)
    assert high > low
