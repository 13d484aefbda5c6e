from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inference.engine.blending import SlabBlender
from inference.engine.recipe import Shape, Windows
from inference.engine.windows import importance, window_starts

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
CLASSES = 3


@pytest.mark.parametrize(
    ("shape", "windows"),
    [
        ((40, 21, 33), Windows((12, 10, 16), (0.25, 0.5, 0.6), is_gaussian=True)),
        ((40, 21, 33), Windows((12, 10, 16), (0.5, 0.5, 0.5), is_even=True)),
        ((37, 10, 16), Windows((12, 10, 16), (0.0, 0.0, 0.0))),  # the last window is pushed back over its neighbour
        ((12, 10, 16), Windows((12, 10, 16))),
    ],
)
def test_slabs_add_up_to_what_one_large_array_does(shape: Shape, windows: Windows) -> None:
    rng = np.random.default_rng(0)
    weight = importance(windows.roi, windows)
    sums, weights = np.zeros((CLASSES, *shape), np.float32), np.zeros(shape, np.float32)
    slabs: list[tuple[int, Any, Any]] = []

    def finished(first: int, part: Any, part_weights: Any) -> None:
        assert part.shape[1] <= windows.roi[0]  # never more than a window's depth
        slabs.append((first, part.clone().numpy(), part_weights.clone().numpy()))

    blender = SlabBlender(shape, torch.from_numpy(weight), finished)
    for start in window_starts(windows.roi, windows, shape):
        scores = rng.normal(size=(CLASSES, *windows.roi)).astype(np.float32)
        place = tuple(slice(n, n + size) for n, size in zip(start, windows.roi, strict=True))
        sums[(slice(None), *place)] += scores * weight
        weights[place] += weight
        blender.add(start, torch.from_numpy(scores))
    blender.close()
    ends = [first + len(part_weights) for first, _, part_weights in slabs]
    assert [first for first, _, _ in slabs] == [0, *ends[:-1]]  # every plane once, in order
    assert ends[-1] == shape[0]
    np.testing.assert_array_equal(np.concatenate([part for _, part, _ in slabs], 1), sums)  # the same floats
    np.testing.assert_array_equal(np.concatenate([part for _, _, part in slabs]), weights)


def test_memory_is_one_windows_depth_of_all_classes() -> None:
    size, shape = (8, 32, 32), (400, 32, 32)
    blender = SlabBlender(shape, torch.ones(size), lambda *_: None)
    for x in range(0, 393, 4):
        blender.add((x, 0, 0), torch.ones(CLASSES, *size))
        assert blender._sums is not None
        assert blender._sums.untyped_storage().nbytes() == 4 * CLASSES * 8 * 32 * 32
    blender.close()
    assert blender._sums is None


def test_nothing_added_hands_out_nothing() -> None:
    SlabBlender((4, 4, 4), torch.ones(4, 4, 4), lambda *_: pytest.fail("called")).close()
