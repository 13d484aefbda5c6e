"""What the 3D pictures show: the right colours at the right places, seen from the right side."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from imaging.edit import AddSegment, Batch, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from render.picture_files import write_picture
from render.pictures import segmentation_surfaces, slice_picture, surfaces_picture
from render.volume_camera import StandardView, fitted, turned
from render.volume_renderer import BACKGROUND_TOP, Quality, VolumeRenderer
from render.volume_scene import VolumeSceneState, corners_mm, plane_cuts, resolved, shown_surfaces
from session.presentation import Plane, PresentationState, Windowing

pytestmark = pytest.mark.usefixtures("opengl")

RED, BLUE = (220, 60, 60), (60, 90, 220)
SHAPE = (40, 40, 40)
LPS = np.eye(4)  # i grows to the patient's left, j to the back, k to the head


def two_segments(affine: NDArray[np.float64] = LPS) -> Segmentation:
    """Red (label 2) on the left, head and front; blue (label 7) on the right, feet and back, for an LPS grid."""
    made = Segmentation(Geometry(SHAPE, affine))
    red = Segment(1, "red", RED, label_value=2)
    blue = Segment(2, "blue", BLUE, label_value=7)
    made.apply(Batch((AddSegment(red), AddSegment(blue))))
    for number, box in ((1, Box(26, 36, 4, 14, 26, 36)), (2, Box(4, 14, 26, 36, 4, 14))):
        made.apply(PaintEdit(number, box, np.ones(box.shape, bool)))
    assert [s.label_value for s in made.segments] == [2, 7]
    return made


def middle_of(picture: NDArray[np.uint8], color: tuple[int, int, int]) -> tuple[float, float]:
    """Mean (x, y) share of the pixels whose hue is nearest to a colour's, 0-1 from the upper left corner."""
    rgb = picture.astype(int)
    channel = int(np.argmax(color))
    others = [n for n in range(3) if n != channel]
    found = (rgb[..., channel] > 60) & (rgb[..., channel] > 1.6 * rgb[..., others].max(axis=-1))
    assert np.count_nonzero(found) > 200, "the colour is not in the picture"
    rows, columns = np.nonzero(found)
    return float(columns.mean() / rgb.shape[1]), float(rows.mean() / rgb.shape[0])


def test_the_patients_left_is_on_the_right_seen_from_the_front() -> None:
    picture = surfaces_picture(two_segments(), (240, 240))
    assert picture.shape == (240, 240, 3)
    assert picture.dtype == np.uint8
    (red_x, red_y), (blue_x, blue_y) = middle_of(picture, RED), middle_of(picture, BLUE)
    assert red_x > 0.6 > 0.4 > blue_x
    assert red_y < 0.4 < 0.6 < blue_y


def test_seen_from_behind_it_is_on_the_left_and_from_above_the_front_is_on_top() -> None:
    behind = surfaces_picture(two_segments(), (240, 240), "posterior")
    assert middle_of(behind, RED)[0] < 0.4 < 0.6 < middle_of(behind, BLUE)[0]
    above = surfaces_picture(two_segments(), (240, 240), "superior")
    assert middle_of(above, RED)[1] < 0.4 < 0.6 < middle_of(above, BLUE)[1]


def test_grids_that_run_the_other_way_show_the_same_patient() -> None:
    """An RAS-like grid: the same indices now lie on the other side, and the picture must say so."""
    flipped = np.diag([-1.0, -1.0, 1.0, 1.0])
    picture = surfaces_picture(two_segments(flipped), (240, 240))
    assert middle_of(picture, RED)[0] < 0.4 < 0.6 < middle_of(picture, BLUE)[0]


def test_hidden_segments_are_not_drawn_and_colours_are_those_of_the_segments() -> None:
    picture = surfaces_picture(two_segments(), (240, 240), hidden=frozenset({2})).astype(int)
    reddish = picture[(picture[..., 0] > 60) & (picture[..., 0] > 1.6 * picture[..., 1:].max(axis=-1))]
    assert len(reddish) > 200
    shade = np.median(reddish, axis=0)
    assert shade / shade[0] == pytest.approx(np.array(RED) / RED[0], abs=0.08)
    blue_dominates = (picture[..., 2] > 60) & (picture[..., 2] > 1.6 * picture[..., :2].max(axis=-1))
    assert not blue_dominates.any()


def test_a_frame_knows_where_its_pixels_are_in_space() -> None:
    segmentation = two_segments()
    surfaces = segmentation_surfaces(segmentation)
    shown = shown_surfaces(segmentation, surfaces, frozenset())
    camera = fitted(corners_mm(segmentation.geometry), 1.0)
    renderer = VolumeRenderer()
    try:
        for quality in Quality:
            frame = renderer.render(VolumeSceneState(camera, shown), (300, 300), quality)
            rows, columns = np.nonzero(np.isfinite(frame.depth_mm))
            points = np.array([frame.point_at(c, r) for r, c in zip(rows[::7], columns[::7], strict=True)])
            red, blue = points[points[:, 0] > 20], points[points[:, 0] < 20]
            assert red.min(axis=0) == pytest.approx([25.5, 3.5, 25.5], abs=1.0)
            assert red[:, [0, 2]].max(axis=0) == pytest.approx([35.5, 35.5], abs=1.0)
            assert blue[:, 1].min() == pytest.approx(25.5, abs=1.0)
            assert frame.point_at(1, 1) is None
            assert frame.point_at(-5, 400) is None
            assert frame.rgb[0, 0] == pytest.approx(BACKGROUND_TOP, abs=2)
    finally:
        renderer.close()


def bright_corner() -> Volume:
    """Bright where the patient's left, front and head meet, and dark elsewhere."""
    voxels = np.zeros(SHAPE, np.int16)
    voxels[20:, :20, 20:] = 1000
    return Volume(Geometry(SHAPE, LPS), voxels, Quantity.HU)


def test_slices_stand_where_they_are_and_the_right_way_round() -> None:
    volume = bright_corner()
    shown = PresentationState(
        crosshair_mm=(19.5, 10.0, 19.5), windowing=Windowing(500, 1000), shows_slices_in_3d=True, shows_crosshair=False
    )
    camera = fitted(corners_mm(volume.geometry), 1.0)
    coronal = tuple(cut for cut in plane_cuts(shown, volume) if cut.grid.plane is Plane.CORONAL)
    renderer = VolumeRenderer()
    try:
        frame = renderer.render(VolumeSceneState(camera, planes=coronal), (200, 200), Quality.MOVING)
    finally:
        renderer.close()
    rows, columns = np.nonzero(frame.rgb.min(axis=-1) > 240)
    points = np.array([frame.point_at(c, r) for r, c in zip(rows, columns, strict=True)])
    assert points[:, 0].min() > 18  # only on the patient's left
    assert points[:, 2].min() > 18  # only towards the head
    assert points[:, 1] == pytest.approx(10.0, abs=0.1)
    assert len(points) > 1000


def test_air_around_the_patient_hides_nothing_but_air_inside_stays() -> None:
    voxels = np.full(SHAPE, -1000, np.int16)
    voxels[5:35, 5:35, 5:35] = 100
    voxels[18:22, 18:22, 18:22] = -1000
    volume = Volume(Geometry(SHAPE, LPS), voxels, Quantity.HU)
    shown = PresentationState(crosshair_mm=(20, 20, 20), windowing=Windowing(0, 200), shows_crosshair=False)
    coronal = tuple(cut for cut in plane_cuts(shown, volume) if cut.grid.plane is Plane.CORONAL)
    camera = fitted(corners_mm(volume.geometry), 1.0)
    renderer = VolumeRenderer()
    try:
        frame = renderer.render(VolumeSceneState(camera, planes=coronal), (200, 200), Quality.MOVING)
    finally:
        renderer.close()
    seen = np.isfinite(frame.depth_mm)
    points = np.array([frame.point_at(c, r) for r, c in np.argwhere(seen)])
    assert points[:, 0].min() == pytest.approx(4.5, abs=0.6)
    assert points[:, 2].max() == pytest.approx(34.5, abs=0.6)
    assert seen[100, 100]
    assert frame.rgb[100, 100].max() < 10


def test_without_segments_the_slices_are_shown() -> None:
    volume = bright_corner()
    empty = Segmentation(volume.geometry)
    camera = fitted(corners_mm(volume.geometry), 1.0)
    assert len(resolved(PresentationState(), volume, empty, (), camera).planes) == 3
    assert resolved(PresentationState(), volume, two_segments(), (), camera).planes == ()


def test_only_what_differs_is_changed_and_the_picture_follows() -> None:
    segmentation = two_segments()
    surfaces = segmentation_surfaces(segmentation)
    camera = fitted(corners_mm(segmentation.geometry), 1.0)
    both = VolumeSceneState(camera, shown_surfaces(segmentation, surfaces, frozenset()))
    recolored = tuple(replace(s, color=BLUE) for s in both.surfaces)
    renderer = VolumeRenderer()
    try:
        first = renderer.render(both, (200, 200)).rgb
        assert middle_of(first, RED)[0] > 0.5
        no_red = renderer.render(replace(both, surfaces=recolored), (200, 200)).rgb.astype(int)
        assert not (no_red[..., 0] > 1.6 * no_red[..., 1:].max(axis=-1)).any()
        again = renderer.render(both, (200, 200)).rgb
        assert np.abs(again.astype(int) - first).mean() < 0.5
        larger = renderer.render(both, (300, 150))
        assert larger.rgb.shape == (150, 300, 3)
    finally:
        renderer.close()


def test_fifty_pictures_do_not_fill_the_memory() -> None:
    segmentation = two_segments()
    camera = fitted(corners_mm(segmentation.geometry), 1.0)
    renderer = VolumeRenderer()
    process = psutil.Process()
    sizes = []
    try:
        for turn in range(60):
            surfaces = segmentation_surfaces(segmentation)  # new ones each time, as after a stroke
            shown = shown_surfaces(segmentation, surfaces, frozenset())
            aim = turned(camera, 6.0 * turn, 0, 400)
            renderer.render(VolumeSceneState(aim, shown), (400, 400))
            sizes.append(process.memory_info().rss)
    finally:
        renderer.close()
    assert (sizes[-1] - sizes[9]) / 2**20 < 40


def test_windows_come_and_go_without_filling_the_memory() -> None:
    segmentation = two_segments()
    process = psutil.Process()
    sizes = []
    for _ in range(12):
        surfaces_picture(segmentation, (200, 200))
        sizes.append(process.memory_info().rss)
    assert (sizes[-1] - sizes[3]) / 2**20 < 60


def test_vtk_speaks_through_the_log(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    from vtkmodules.vtkFiltersCore import vtkQuadricDecimation

    from render.vtk_log import route_vtk_messages

    route_vtk_messages()
    route_vtk_messages()
    with caplog.at_level(logging.WARNING, "vtk"):
        vtkQuadricDecimation().Update()  # without an input
    assert len([r for r in caplog.records if r.name == "vtk"]) == 1
    assert capfd.readouterr().err == ""


def test_slice_pictures_follow_the_radiological_convention(tmp_path: Path) -> None:
    volume, window = bright_corner(), Windowing(500, 1000)
    axial = slice_picture(volume, None, Plane.AXIAL, (0, 0, 30), (120, 120), window)
    assert axial[40, 80].tolist() == [255, 255, 255]  # left and front: right and upper part
    assert axial[80, 40].tolist() == [0, 0, 0]
    sagittal = slice_picture(volume, None, Plane.SAGITTAL, (30, 0, 0), (120, 120), window)
    assert sagittal[40, 40].tolist() == [255, 255, 255]  # front and head: left and upper part
    labelled = slice_picture(volume, two_segments(), Plane.CORONAL, (0, 10, 0), (120, 120), window, opacity=1.0)
    assert labelled[28, 92].tolist() == list(RED)
    hidden = slice_picture(volume, two_segments(), Plane.CORONAL, (0, 10, 0), (120, 120), window, frozenset({1}))
    assert hidden[28, 92].tolist() == [255, 255, 255]
    write_picture(axial, tmp_path / "slice.png")
    assert (tmp_path / "slice.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("view", list(StandardView))
def test_each_standard_view_draws_something(view: StandardView) -> None:
    picture = surfaces_picture(two_segments(), (100, 100), view)
    middle_of(picture.repeat(3, axis=0).repeat(3, axis=1), RED)
