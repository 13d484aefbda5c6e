"""Window and level."""

from __future__ import annotations

import numpy as np
import pytest

from render.grey import grey_of, rgb32_of
from session.presentation import Windowing

SOFT = Windowing(40, 400)


def exact(values: np.ndarray, window: Windowing) -> np.ndarray:
    """LINEAR_EXACT of PS3.3 C.11.2.1.3.2, written down once more."""
    return np.clip((values.astype(float) - window.level) / window.width + 0.5, 0, 1) * 255


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64])
def test_every_type_of_voxel_gives_the_same_greys(dtype: type) -> None:
    low = 0 if np.dtype(dtype).kind == "u" else -128
    values = np.arange(low, 128, dtype=dtype).reshape(-1, 4)
    for window in (SOFT, Windowing(10.5, 33.3), Windowing(-5, 1)):
        grey = grey_of(values, window)
        assert grey.dtype == np.uint8
        assert np.abs(grey - exact(values, window)).max() <= 0.51
        assert np.abs(grey_of(values, window, True) - (255 - exact(values, window))).max() <= 0.51


def test_the_ends_of_the_window_are_black_and_white() -> None:
    values = np.array([-3024, -161, -160, 240, 241, 3071], np.int16)
    assert grey_of(values, SOFT).tolist() == [0, 0, 0, 255, 255, 255]
    assert grey_of(values, SOFT, True).tolist() == [255, 255, 255, 0, 0, 0]


def test_nan_is_black_and_infinity_is_the_end_of_the_window() -> None:
    values = np.array([np.nan, np.inf, -np.inf, 40.0], np.float32)
    assert grey_of(values, SOFT).tolist() == [0, 255, 0, 128]
    assert grey_of(values, SOFT, True)[0] == 0


def test_turned_pictures_need_no_copy_first() -> None:
    values = np.arange(12, dtype=np.int16).reshape(3, 4)
    np.testing.assert_array_equal(grey_of(values.T[::-1], Windowing(6, 12)), grey_of(values, Windowing(6, 12)).T[::-1])


def test_a_window_without_width_is_a_step() -> None:
    assert grey_of(np.array([39, 41], np.int16), Windowing(40, 0)).tolist() == [0, 255]


def test_screen_pixels_are_opaque_greys() -> None:
    for values in (np.array([-160, 41, 240], np.int16), np.array([-160.0, 41, 240])):
        assert [hex(p) for p in rgb32_of(values, SOFT)] == ["0xff000000", "0xff808080", "0xffffffff"]
