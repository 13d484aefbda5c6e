"""Where rounding decides, it decides as in MONAI's chain: divide, make probabilities, take the first of the highest."""

from __future__ import annotations

import numpy as np
import pytest

from inference.engine.near_ties import are_in, winners

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
SHAPE = (6, 20, 22)


def near(seed: int, channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Sums of which many differ in the last places only, and the weights of three windows."""
    rng = np.random.default_rng(seed)
    weights = torch.from_numpy(rng.uniform(0.01, 3.0, SHAPE).astype(np.float32))
    level = rng.normal(size=(1, *SHAPE)).astype(np.float32) * 3
    places = rng.integers(0, 4, (channels, *SHAPE)).astype(np.float32)
    level = level * weights.numpy()
    sums = torch.from_numpy(level + places * np.spacing(np.abs(level)))
    sums[:, 3:] += torch.from_numpy(rng.normal(size=(channels, 3, *SHAPE[1:])).astype(np.float32))
    return sums.contiguous(), weights


@pytest.mark.parametrize("channels", [2, 7, 40])
def test_near_ties_fall_as_in_the_whole_chain(channels: int) -> None:
    for seed in range(5):
        sums, weights = near(seed, channels)
        means = sums / weights
        plain, soft = means.argmax(0), means.softmax(0).argmax(0)
        assert torch.equal(winners(sums, weights, through_softmax=False), plain)
        assert torch.equal(winners(sums, weights, through_softmax=True), soft)
        assert not torch.equal(plain, sums.argmax(0))  # else nothing was tested
        assert not torch.equal(plain, soft)


def test_equal_scores_go_to_the_first() -> None:
    sums, weights = torch.zeros(300, *SHAPE), torch.ones(SHAPE)  # more channels than a byte counts
    assert not winners(sums, weights, through_softmax=True).any()
    sums[[5, 9]] = 1.0
    assert (winners(sums, weights, through_softmax=False) == 5).all()


def test_scores_of_half_precision_are_taken_as_they_are() -> None:
    sums, weights = near(0, 5)
    assert torch.equal(winners(sums.bfloat16(), weights, through_softmax=True), sums.bfloat16().max(0)[1])


@pytest.mark.parametrize("threshold", [0.5, 0.3])
@pytest.mark.parametrize("is_activated", [True, False])
def test_near_thresholds_fall_as_in_the_whole_chain(threshold: float, is_activated: bool) -> None:
    rng = np.random.default_rng(1)
    weights = torch.from_numpy(rng.uniform(0.01, 3.0, SHAPE).astype(np.float32))
    limit = threshold if is_activated else float(np.log(threshold / (1 - threshold)))
    steps = torch.from_numpy(rng.integers(-20, 21, SHAPE).astype(np.float32)) * 3e-8
    sums = (limit + steps) * weights
    sums[3:] += torch.from_numpy(rng.normal(size=(3, *SHAPE[1:])).astype(np.float32))
    means = sums / weights
    expected = (means if is_activated else means.sigmoid()) >= threshold
    assert torch.equal(are_in(sums, weights, threshold, is_activated=is_activated), expected)
    assert 0 < expected[:3].sum() < expected[:3].numel()
