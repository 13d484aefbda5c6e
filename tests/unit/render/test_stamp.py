"""The mark is in every picture, in the corner that was chosen, and can be read on any ground."""

from __future__ import annotations

import numpy as np
import pytest

from render.cinematic.stamp import Corner, mark_size, stamped

SIZES = [(128, 128), (256, 256), (1000, 400), (400, 1000)]


@pytest.mark.parametrize("size", [(64, 64), *SIZES])
@pytest.mark.parametrize("corner", list(Corner))
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_the_mark_stands_in_its_corner_and_nowhere_else(size: tuple[int, int], corner: Corner, ground: int) -> None:
    height, width = size
    plain = np.broadcast_to(np.uint8(ground), (*size, 3))
    changed = (stamped(plain, corner) != plain).any(axis=2)
    rows, columns = np.nonzero(changed)
    wide, high = mark_size(width, height)
    assert changed.sum() > 40
    if corner in (Corner.TOP_LEFT, Corner.TOP_RIGHT):
        assert rows.max() < high
    else:
        assert rows.min() >= height - high
    if corner in (Corner.TOP_LEFT, Corner.BOTTOM_LEFT):
        assert columns.max() < wide
    else:
        assert columns.min() >= width - wide


@pytest.mark.parametrize("size", [*SIZES, (4320, 7680)])
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_letters_are_light_and_stand_out_from_what_is_around_them(size: tuple[int, int], ground: int) -> None:
    height, width = size
    wide, high = mark_size(width, height)
    found = stamped(np.broadcast_to(np.uint8(ground), (*size, 3)), Corner.TOP_LEFT)[:high, :wide, 0]
    assert np.count_nonzero(found > 190) > 20
    dark = found < 100
    assert np.count_nonzero(dark) > 20
    if ground == 255:  # letters lie within the halo: along each row that has any, dark comes before the first light
        inked = np.nonzero(dark.any(axis=1))[0]
        assert dark[inked[len(inked) // 2]].sum() > 10


def test_it_grows_with_the_picture_and_leaves_it_alone_otherwise() -> None:
    small, large = mark_size(256, 256), mark_size(7680, 4320)
    assert small[0] < 0.5 * 256
    assert small[1] >= 12
    assert 8 * small[0] < large[0] < 0.25 * 7680


def test_narrow_pictures_have_it_too() -> None:
    wide, _ = mark_size(40, 300)
    assert wide <= 40
    plain = np.zeros((300, 40, 3), np.uint8)
    assert (stamped(plain) != plain).any()
    tiny = np.zeros((4, 4, 3), np.uint8)
    assert stamped(tiny).shape == tiny.shape


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_on_transparent_ground_letters_and_halo_are_opaque(dtype: type) -> None:
    white = np.iinfo(dtype).max
    plain = np.zeros((256, 256, 4), dtype)
    found = stamped(plain, Corner.BOTTOM_LEFT)
    assert found.dtype == dtype
    letters = (found[..., :3] > 0.8 * white).all(axis=2)
    halo = (found[..., :3] < 0.2 * white).all(axis=2) & (found[..., 3] > 0.7 * white)
    assert letters.sum() > 20
    assert (found[letters][:, 3] > 0.9 * white).all()
    assert halo.sum() > 20
    assert not found[:128].any()


def test_the_picture_itself_is_not_touched() -> None:
    plain = np.zeros((256, 256, 3), np.uint8)
    stamped(plain)
    assert not plain.any()


def test_marks_are_the_same_from_frame_to_frame() -> None:
    rng = np.random.default_rng(1)
    one, two = (stamped(rng.integers(0, 256, (256, 256, 3)).astype(np.uint8)) for _ in range(2))
    letters = (stamped(np.zeros((256, 256, 3), np.uint8)) == 255).all(axis=2)
    assert letters.any()
    assert np.array_equal(one[letters], two[letters])
