from __future__ import annotations

import numpy as np
import pytest

from inference.backends.agreement import mean_dice


def test_each_structure_counts_the_same_however_large_it_is() -> None:
    truth = np.zeros((20, 20, 20), np.int64)
    truth[:10], truth[12:14, :10] = 1, 2
    labels = truth.copy()
    labels[12, :10] = 0  # half of the small one is missing: Dice 2/3
    assert mean_dice(labels, truth) == pytest.approx((1 + 2 / 3) / 2)
    assert mean_dice(truth, truth) == 1.0


def test_structures_of_a_few_voxels_and_the_background_do_not_count() -> None:
    truth = np.zeros((20, 20, 20), np.int64)
    truth[:10] = 1
    labels = truth.copy()
    labels[15, 0, :9] = 2
    assert mean_dice(labels, truth) == 1.0


def test_a_structure_that_is_only_invented_counts() -> None:
    truth = np.zeros((20, 20, 20), np.int64)
    truth[:5] = 1
    labels = truth.copy()
    labels[10:] = 2
    assert mean_dice(labels, truth) == pytest.approx(0.5)
    both, empty = np.stack([truth == 1, labels == 2]), np.stack([truth == 1, truth == 2])
    assert mean_dice(both, empty) == pytest.approx(0.5)


def test_overlapping_structures_are_compared_one_by_one() -> None:
    truth = np.zeros((2, 10, 10, 10), bool)
    truth[0], truth[1, :5] = True, True
    labels = truth.copy()
    labels[1, :5] = False
    assert mean_dice(labels, truth) == pytest.approx(0.5)


def test_where_nothing_is_worth_counting_equal_voxels_are() -> None:
    truth = np.zeros((10, 10, 10), np.int64)
    labels = truth.copy()
    labels[0, 0, :10] = 1
    assert mean_dice(labels, truth) == pytest.approx(0.99)
    assert mean_dice(labels > 0, truth > 0) == pytest.approx(0.99)
