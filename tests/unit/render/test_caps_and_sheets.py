"""Caps of cuts: where they are, what they show, and what a camera sees of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from traced_scenes import field_of

from render.caps import cap_sheets
from render.cinematic.scene import CUT, ClassMap, ClassRecord, Field
from render.grey import grey_of
from render.sheets import Sheet, drawn_sheets
from render.volume_camera import StandardView, fitted, projected
from render.volume_wish import CapShade
from session.look.cut import ClipPlane, CropBox, Cut
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.presentation import VolumeCamera, Windowing

WINDOW = Windowing(500.0, 1000.0)
SHADE = CapShade(WINDOW, tint=0.5)
RED = (200, 40, 20)
SIZE = (24, 20, 16)  # k, j, i


@pytest.fixture
def field() -> Field:
    """A bright block with a structure in it, two voxels of air (0) around it, 2 x 1 x 1.5 mm."""
    k, j, i = np.indices(SIZE).astype(float)
    values = 300.0 + 20 * k + 5 * j + 3 * i
    values[:2] = values[-2:] = 0
    values[:, :2] = values[:, -2:] = 0
    values[:, :, :2] = values[:, :, -2:] = 0
    return field_of(values, spacing_mm=(2.0, 1.0, 1.5))


def caps(field: Field, cut: Cut, classes: ClassMap | None = None, shade: CapShade = SHADE, **look: Any) -> list[Sheet]:
    record = ClassRecord(7, RED)
    return list(cap_sheets(field, classes, (record,), Look(cut=cut, **look), shade))


def texel_points(sheet: Sheet) -> NDArray[np.float64]:
    """(rows, columns, 3) LPS middles of the texels."""
    rows, columns = sheet.pixels.shape[:2]
    first, along, _, down = sheet.corners_mm
    x, y = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
    return np.asarray(first + x[None, :, None] * (along - first) + y[:, None, None] * (down - first))


def indices(field: Field, points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points @ field.index_from_world[:3, :3].T + field.index_from_world[:3, 3])


AT_K = Cut(planes=(ClipPlane((0.0, 0.0, 0.75), (0.0, 0.0, 1.0)),))  # k = 12, a voxel centre


@pytest.mark.slow
def test_a_cap_lies_on_its_plane_and_has_the_grey_of_the_slice(field: Field) -> None:
    (sheet,) = caps(field, AT_K)
    points = texel_points(sheet)
    at = indices(field, points)
    np.testing.assert_allclose(at[..., 2], 12.0, atol=1e-9)
    shown = sheet.pixels[..., 3] == 255
    i, j = np.rint(at[..., 0]).astype(int), np.rint(at[..., 1]).astype(int)
    is_centre = (abs(at[..., 0] - i) < 1e-6) & (abs(at[..., 1] - j) < 1e-6) & shown
    values = 300.0 + 20 * 12 + 5 * j + 3 * i
    expected = grey_of(values.astype(np.float32), WINDOW).astype(int)
    found = sheet.pixels[..., :3].astype(int)
    inner = shown & (at[..., 0] > 2) & (at[..., 0] < 13) & (at[..., 1] > 2) & (at[..., 1] < 17)
    linear = grey_of((540 + 5 * at[..., 1] + 3 * at[..., 0]).astype(np.float32), WINDOW).astype(int)
    assert inner.sum() > 150
    assert (abs(found - linear[..., None]).max(axis=-1)[inner] <= 1).all()
    assert (abs(found - expected[..., None]).max(axis=-1)[is_centre & inner] <= 1).all()


@pytest.mark.slow
def test_air_that_reaches_the_border_is_open_and_a_hole_inside_is_not(field: Field) -> None:
    values = field.values.copy()
    values[:, 8:12, 6:10] = 0
    (sheet,) = caps(replace(field, values=values), AT_K)
    at = indices(field, texel_points(sheet))
    alpha = sheet.pixels[..., 3]
    around = (at[..., 0] < 1) | (at[..., 0] > 14) | (at[..., 1] < 1) | (at[..., 1] > 18)
    hole = (at[..., 0] > 6.2) & (at[..., 0] < 8.8) & (at[..., 1] > 8.2) & (at[..., 1] < 10.8)
    assert around.any()
    assert hole.any()
    assert (alpha[around] == 0).all()
    assert (alpha[hole] == 255).all()
    assert (sheet.pixels[hole, :3] == 0).all()


@pytest.mark.slow
def test_segments_tint_the_grey_unless_they_are_hidden_or_enclose(field: Field) -> None:
    classes = np.zeros(SIZE, np.uint8)
    classes[:, 5:15, 5:11] = 1
    labels = ClassMap(classes, (7,), np.array([0.0, 500.0]))
    plain, tinted = (caps(field, AT_K, given)[0] for given in (None, labels))
    at = indices(field, texel_points(tinted))
    inside = (at[..., 0] > 5) & (at[..., 0] < 10) & (at[..., 1] > 5) & (at[..., 1] < 14)
    mixed = 0.5 * plain.pixels[inside, :3] + 0.5 * np.array(RED)
    assert (abs(tinted.pixels[inside, :3] - mixed) <= 1).all()
    outside = ~((at[..., 0] > 4) & (at[..., 0] < 11) & (at[..., 1] > 4) & (at[..., 1] < 15))
    assert (tinted.pixels[outside] == plain.pixels[outside]).all()
    hidden = Look().with_segment(7, SegmentLook(Visibility.HIDDEN)).segments
    assert (caps(field, AT_K, labels, segments=hidden)[0].pixels == plain.pixels).all()
    around = ClassRecord(7, RED, encloses=True)
    (enclosed,) = cap_sheets(field, labels, (around,), Look(cut=AT_K), SHADE)
    assert (enclosed.pixels == plain.pixels).all()


@pytest.mark.slow
def test_what_is_cut_away_has_no_cap(field: Field) -> None:
    classes = np.zeros(SIZE, np.uint8)
    classes[:, 6:12, 6:10] = CUT
    (sheet,) = caps(field, AT_K, ClassMap(classes, (7,), np.zeros(2)))
    at = indices(field, texel_points(sheet))
    gone = (at[..., 0] > 6) & (at[..., 0] < 9) & (at[..., 1] > 6) & (at[..., 1] < 11)
    assert (sheet.pixels[gone, 3] == 0).all()
    kept = (at[..., 0] > 11) & (at[..., 0] < 13) & (at[..., 1] > 6) & (at[..., 1] < 11)
    assert (sheet.pixels[kept, 3] == 255).all()


@pytest.mark.slow
def test_other_cuts_hide_their_part_of_a_cap(field: Field) -> None:
    both = Cut(planes=(*AT_K.planes, ClipPlane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))))
    first, second = caps(field, both)
    points = texel_points(first)
    shown = first.pixels[..., 3] == 255
    assert shown.any()
    assert points[shown][:, 0].min() >= 0
    assert texel_points(second)[second.pixels[..., 3] == 255][:, 2].min() >= 0.75 - 1e-6
    alone = caps(field, AT_K)[0]
    assert texel_points(alone)[alone.pixels[..., 3] == 255][:, 0].min() < -5


@pytest.mark.slow
def test_the_box_has_a_cap_on_each_side_within_the_image(field: Field) -> None:
    box = CropBox((0.25, 0.0, 0.0), (1.0, 0.5, 1.0))
    sheets = caps(field, Cut(box=box))
    assert len(sheets) == 2
    at_i, at_j = (indices(field, texel_points(sheet)) for sheet in sheets)
    if np.ptp(at_i[..., 0]) > 1e-6:
        at_i, at_j = at_j, at_i
    np.testing.assert_allclose(at_i[..., 0], 0.25 * 16 - 0.5)
    np.testing.assert_allclose(at_j[..., 1], 0.5 * 20 - 0.5)
    assert caps(field, Cut(box=box, shows_caps=False)) == []
    assert caps(field, Cut()) == []


def test_a_plane_beside_the_image_has_no_cap(field: Field) -> None:
    assert caps(field, Cut(planes=(ClipPlane((0.0, 0.0, 500.0), (0.0, 0.0, 1.0)),))) == []


@pytest.mark.slow
def test_inverted_grey_is_inverted_on_caps(field: Field) -> None:
    (plain,), (inverted,) = (caps(field, AT_K, shade=CapShade(WINDOW, flag)) for flag in (False, True))
    shown = (plain.pixels[..., 3] == 255) & (inverted.pixels[..., 3] == 255)
    total = plain.pixels[shown, 0].astype(int) + inverted.pixels[shown, 0]
    assert shown.sum() > 100
    assert (abs(total - 255) <= 1).all()


# --- sheets as a camera sees them


def checked_sheet(x: float, color: tuple[int, int, int], hole: bool = False) -> Sheet:
    """20 x 20 mm in the plane y = x, each quarter of another brightness; its last quarter may be nothing."""
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[..., 3] = 255
    for n, (rows, columns) in enumerate([(0, 0), (0, 4), (4, 0), (4, 4)]):
        pixels[rows : rows + 4, columns : columns + 4, :3] = np.array(color) * (4 - n) // 4
    if hole:
        pixels[4:, 4:, 3] = 0
    corners = np.array([[-10.0, x, 10.0], [10.0, x, 10.0], [10.0, x, -10.0], [-10.0, x, -10.0]])
    return Sheet(corners, pixels)


FRONT = VolumeCamera((0.0, -100.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 20.0)


def test_a_sheet_is_seen_where_it_is_with_its_depth() -> None:
    rgb, depth = drawn_sheets([checked_sheet(0.0, (200, 100, 40))], FRONT, (120, 90))
    corners = projected(FRONT, checked_sheet(0.0, (0, 0, 0)).corners_mm, (120, 90))
    rows, columns = np.nonzero(np.isfinite(depth))
    assert columns.min() == pytest.approx(corners[0, 0] - 0.5, abs=1)
    assert columns.max() == pytest.approx(corners[1, 0] - 0.5, abs=1)
    assert rows.min() == pytest.approx(corners[0, 1] - 0.5, abs=1)
    np.testing.assert_allclose(depth[np.isfinite(depth)], 100.0, rtol=1e-5)
    assert rgb[40, 55].tolist() == [200, 100, 40]
    assert rgb[40, 65].tolist() == [150, 75, 30]
    assert rgb[50, 65].tolist() == [50, 25, 10]
    assert not rgb[0, 0].any()


def test_the_nearer_sheet_hides_the_other_but_not_through_its_hole() -> None:
    near, far = checked_sheet(-20.0, (200, 0, 0), hole=True), checked_sheet(20.0, (0, 0, 200))
    for order in ([near, far], [far, near]):
        rgb, depth = drawn_sheets(order, FRONT, (120, 90))
        assert rgb[40, 55].tolist() == [200, 0, 0]
        assert depth[40, 55] == pytest.approx(80.0, rel=1e-5)
        assert rgb[50, 65].tolist() == [0, 0, 50]
        assert depth[50, 65] == pytest.approx(120.0, rel=1e-5)


def test_a_tile_is_that_part_of_the_whole_and_what_lies_behind_is_not_seen() -> None:
    sheets = [checked_sheet(0.0, (200, 100, 40)), checked_sheet(-150.0, (9, 9, 9))]
    rgb, depth = drawn_sheets(sheets, FRONT, (120, 90))
    part, part_depth = drawn_sheets(sheets, FRONT, (50, 30), (120, 90), (41, 22))
    assert (part == rgb[22:52, 41:91]).all()
    assert (part_depth == depth[22:52, 41:91]).all()
    assert not (rgb == 9).any()


@pytest.mark.slow
@pytest.mark.usefixtures("gl_window", "quiet_vtk")
def test_caps_are_seen_as_vtk_draws_them(field: Field) -> None:
    from render.volume_renderer import Quality, VolumeRenderer
    from render.volume_scene import VolumeSceneState

    cut = Cut(planes=(ClipPlane((0.0, 0.0, 0.5), (0.3, 0.5, 1.0)), ClipPlane((1.0, 0.0, 0.0), (1.0, -0.2, 0.1))))
    sheets = tuple(caps(field, cut))
    camera = fitted(np.concatenate([sheet.corners_mm for sheet in sheets]), 1.2, StandardView.CORNER)
    rgb, depth = drawn_sheets(sheets, camera, (180, 150))
    renderer = VolumeRenderer()
    frame = renderer.render(VolumeSceneState(camera, sheets=sheets), (180, 150), Quality.MOVING)
    renderer.close()
    ours, theirs = np.isfinite(depth), np.isfinite(frame.depth_mm)
    both = ours & theirs
    assert both.sum() > 1500
    assert (ours != theirs).mean() < 0.02  # texels are hard-edged here, interpolated there
    assert np.quantile(abs(depth[both] - frame.depth_mm[both]), 0.99) < 0.05
    assert np.median(abs(rgb[both].astype(int) - frame.rgb[both])) <= 3
