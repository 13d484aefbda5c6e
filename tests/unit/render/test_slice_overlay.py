"""Segments over a slice, pixel by pixel against a slow and simple drawing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from render import label_pixels
from render.label_overlay import DeviceRect, LabelStyle, overlay_codes
from render.screen_map import ScreenMap

RED, BLUE = (200, 0, 0), (0, 0, 250)
STYLE = LabelStyle(0, ((3, RED), (7, BLUE)), 0.5, True)


def slow_codes(style: LabelStyle, labels: NDArray[np.uint8], place: ScreenMap, size: tuple[int, int], thick: int):
    """Code of every screen pixel, one at a time."""
    code_of = {value: n for n, (value, _) in enumerate(style.colors, start=1)}

    def code(x: int, y: int) -> int:
        row, column = np.floor((y + 0.5 - place.top) / place.row_px), np.floor((x + 0.5 - place.left) / place.column_px)
        inside = 0 <= row < labels.shape[0] and 0 <= column < labels.shape[1]
        return code_of.get(int(labels[int(row), int(column)]), 0) if inside else 0

    picture = np.zeros(size[::-1], int)
    for y in range(size[1]):
        for x in range(size[0]):
            own = code(x, y)
            around = [code(x + dx, y + dy) for dx, dy in ((thick, 0), (-thick, 0), (0, thick), (0, -thick))]
            is_edge = style.has_outline and own and any(c != own for c in around)
            picture[y, x] = own | (style.outline_bit if is_edge else 0)
    return picture


def drawn(style: LabelStyle, labels: NDArray[Any], place: ScreenMap, rect: DeviceRect, ratio: float = 1.0):
    """The codes of the whole region: nothing beyond the part that was answered."""
    left, top, width, height = rect
    whole = np.zeros((height, width), int)
    found = overlay_codes(style, labels, place, rect, ratio)
    if found is not None:
        codes, (x, y, columns, rows) = found
        assert codes.shape == (rows, columns)
        assert left <= x <= x + columns <= left + width
        assert top <= y <= y + rows <= top + height
        whole[y - top : y - top + rows, x - left : x - left + columns] = codes
    return whole


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_codes_are_those_of_a_slow_drawing(seed: int, ratio: float) -> None:
    random = np.random.default_rng(seed)
    labels = random.choice([0, 0, 3, 7, 9], (6, 8)).astype(np.uint8)
    if seed % 2:
        labels[: seed // 3], labels[:, seed // 2 :] = 0, 0
    sizes = random.uniform(0.6, 6, 2)
    place = ScreenMap(float(random.uniform(-9, 9)), float(random.uniform(-9, 9)), sizes[0], sizes[1], 1.0)
    codes = drawn(STYLE, labels, place, (0, 0, 40, 30), ratio)
    np.testing.assert_array_equal(codes, slow_codes(STYLE, labels, place, (40, 30), int(ratio)))


def test_a_part_of_the_screen_is_cut_out_of_the_whole() -> None:
    labels = np.random.default_rng(1).choice([0, 3, 7], (20, 20)).astype(np.uint8)
    place = ScreenMap(-3.3, 2.7, 5.1, 4.7, 1.0)
    for style in (STYLE, LabelStyle(0, STYLE.colors, 0.5, True, is_preview=True)):
        whole = drawn(style, labels, place, (0, 0, 90, 80))
        part = drawn(style, labels, place, (31, 17, 20, 33))
        assert whole.any()
        np.testing.assert_array_equal(part, whole[17:50, 31:51])


def test_hidden_labels_and_empty_regions_give_nothing() -> None:
    labels = np.full((4, 4), 9, np.uint8)
    assert overlay_codes(STYLE, labels, ScreenMap(0, 0, 5, 5, 1), (0, 0, 20, 20)) is None
    labels[:] = 3
    assert overlay_codes(STYLE, labels, ScreenMap(0, 0, 5, 5, 1), (50, 50, 20, 20)) is None


def test_more_segments_than_a_byte_can_tell_apart() -> None:
    colors = tuple((value, (value % 251, value // 251, 7)) for value in range(1, 601))
    style = LabelStyle(0, colors, 1.0, False)
    labels = np.arange(1, 601, dtype=np.uint16).reshape(20, 30)
    codes = drawn(style, labels, ScreenMap(0, 0, 1, 1, 1), (0, 0, 30, 20))
    shown = style.argb[codes]
    red, green = (shown >> 16) & 255, (shown >> 8) & 255
    np.testing.assert_array_equal(green.astype(int) * 251 + red, labels)


def test_colours_are_premultiplied() -> None:
    assert hex(int(STYLE.argb[1])) == "0x80640000"
    assert STYLE.argb[1 | STYLE.outline_bit] >> 24 == 242
    assert STYLE.argb[0] == 0


def test_a_preview_is_striped_inside_and_dashed_at_its_border() -> None:
    labels = np.full((1, 1), 3, np.uint8)
    style = LabelStyle(0, ((3, RED),), 0.5, True, is_preview=True)
    codes = drawn(style, labels, ScreenMap(0, 0, 60, 60, 1), (0, 0, 60, 60))
    inside = codes[2:-2, 2:-2]
    assert set(np.unique(inside)) == {0, 1}
    assert 0.4 < (inside == 1).mean() < 0.6
    border = codes[0]
    assert {int(c) for c in border} == {1, 1 | style.outline_bit}


def embedded(found: tuple[NDArray[Any], DeviceRect] | None, rect: DeviceRect) -> NDArray[np.uint32]:
    left, top, width, height = rect
    whole = np.zeros((height, width), np.uint32)
    if found is not None:
        pixels, (x, y, columns, rows) = found
        assert pixels.shape == (rows, columns)
        whole[y - top : y - top + rows, x - left : x - left + columns] = pixels
    return whole


@pytest.mark.parametrize("seed", range(60))
def test_the_fast_way_draws_the_same_as_the_thorough_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(seed)
    monkeypatch.setattr(label_pixels, "PIXELS_PER_SIDE", 0)
    monkeypatch.setattr(label_pixels, "FROM_PIXELS", 0)
    shape = tuple(random.integers(1, 30, 2))
    labels = random.choice([0, 3, 7, 9], shape).astype(np.uint8)
    labels = np.kron(labels, np.ones((random.integers(1, 4),) * 2, np.uint8))
    ratio = float(random.choice([1.0, 1.5, 2.0, 3.0]))
    sizes = max(1, round(ratio)) + random.choice([0.0, 0.25, 1.0, 7.3], 2) * random.choice([1.0, random.uniform(0, 3)])
    place = ScreenMap(float(random.uniform(-30, 30)), float(random.integers(-30, 30)), sizes[0], sizes[1], 1.0)
    style = LabelStyle(0, STYLE.colors, 0.5, bool(seed % 4))
    for _ in range(4):
        rect = (*(int(n) for n in random.integers(-5, 40, 2)), *(int(n) for n in random.integers(1, 60, 2)))
        codes = overlay_codes(style, labels, place, rect, ratio)
        expected = None if codes is None else (np.take(style.argb, codes[0]), codes[1])
        found = label_pixels.overlay_pixels(style, labels, place, rect, ratio)
        np.testing.assert_array_equal(embedded(found, rect), embedded(expected, rect))


def test_outlines_everywhere_take_the_thorough_way(monkeypatch: pytest.MonkeyPatch) -> None:
    place, rect, called = ScreenMap(0, 0, 50, 50, 1), (0, 0, 1000, 1000), []
    monkeypatch.setattr(label_pixels, "overlay_codes", lambda *a: called.append(a) or overlay_codes(*a))
    block = np.zeros((20, 20), np.uint8)
    block[2:18, 3:17] = 3
    assert label_pixels.overlay_pixels(STYLE, block, place, rect) is not None
    assert not called
    place = ScreenMap(0, 0, 4, 4, 1)
    noise = np.random.default_rng(2).choice([0, 3, 7], (250, 250)).astype(np.uint8)
    codes, part = overlay_codes(STYLE, noise, place, rect)
    pixels, covered = label_pixels.overlay_pixels(STYLE, noise, place, rect)
    assert called
    assert covered == part
    np.testing.assert_array_equal(pixels, STYLE.argb[codes])
