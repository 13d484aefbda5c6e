"""Masks that overlap stand on different layers, others share one."""

from __future__ import annotations

import numpy as np

from imaging.geometry import Box
from imaging.objects.layering import Layers

SHAPE = (2, 4, 300)


def test_each_mask_takes_the_first_layer_that_is_free() -> None:
    layers = Layers(SHAPE)
    box = Box(0, 2, 0, 4, 0, 2)
    one, two, beside = np.zeros(box.shape, bool), np.zeros(box.shape, bool), np.zeros(box.shape, bool)
    one[0], two[:, 1], beside[1, 3] = True, True, True
    assert [layers.put(box, mask) for mask in (one, two, beside)] == [(0, 1), (1, 1), (0, 2)]
    assert np.array_equal(layers.arrays[0][box.slices] == 2, beside)
    assert np.array_equal(layers.arrays[1][box.slices] == 1, two)


def test_a_full_layer_is_followed_by_another() -> None:
    layers = Layers(SHAPE)
    places = [layers.put(Box(0, 1, 0, 1, n, n + 1), np.ones((1, 1, 1), bool)) for n in range(300)]
    assert places[254] == (0, 255)
    assert places[255] == (1, 1)
