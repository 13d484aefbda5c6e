"""Ray casting, judged by its pixels: right place, right colour, right order in depth, with both of VTK's mappers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from imaging.geometry import Box, Geometry
from render.cinematic.scene import CUT, ClassMap, ClassRecord, Field
from render.raycast.scene import RaycastScene
from render.raycast.volume import RaycastVolume
from render.surfaces import segment_surface
from render.volume_camera import axes_of, fitted
from render.volume_renderer import BACKGROUND_BOTTOM, BACKGROUND_TOP, Quality, VolumeRenderer
from render.volume_scene import ShownSurface, VolumeSceneState, corners_mm
from session.look.cut import ClipPlane, CropBox, Cut
from session.look.lighting import AreaLight, Background, Lighting, Material
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction
from session.presentation import VolumeCamera

pytestmark = pytest.mark.usefixtures("opengl")

SIZE = (200, 200)
LPS = np.eye(4)
SHEARED = np.array([[0.9, 0.2, 0, -40], [-0.2, 1.1, -0.9, 30], [0.1, 0, 2.0, 7], [0, 0, 0, 1]], float)
OBLIQUE = np.array([[0.8, -0.6, 0, 10], [0.6, 0.8, 0, -20], [0, 0, 1.5, 30], [0, 0, 0, 1]], float)
MIRRORED = np.diag([-1.0, 1.0, 1.0, 1.0])
UNLIT = Material(surface=0.0)  # colours as they are
BLACK = Background((0, 0, 0), (0, 0, 0))
SOLID = TransferFunction((ColorPoint(0, (1, 1, 1)),), (OpacityPoint(300, 0), OpacityPoint(500, 0.99)))
PLAIN = Look(transfer=SOLID, material=UNLIT, background=BLACK)

Draw = Callable[..., NDArray[np.uint8]]


@pytest.fixture(params=["software", "gpu"])
def renderer(request: pytest.FixtureRequest) -> Iterator[VolumeRenderer]:
    """A renderer with one of the two mappers, whatever OpenGL is."""
    made = VolumeRenderer()
    made._raycast = RaycastVolume(made._renderer, is_software=request.param == "software")
    yield made
    made.close()


def field_of(values: NDArray[np.uint16], affine: NDArray[np.float64] = LPS) -> Field:
    """16-bit voxels that stand for 0 to 1000."""
    return Field(values, 0.0, 1000.0, np.linalg.inv(affine), Geometry(values.shape, affine).spacing_mm)


def camera_of(field: Field, view: str = "anterior") -> VolumeCamera:
    affine = np.linalg.inv(field.index_from_world)
    return fitted(corners_mm(Geometry(field.shape, affine)), 1.0, view)  # type: ignore[arg-type]


def draw(
    renderer: VolumeRenderer, scene: RaycastScene, quality: Quality = Quality.STILL, **more: object
) -> NDArray[np.int_]:
    state = VolumeSceneState(camera=camera_of(scene.field), raycast=scene)
    state = replace(state, **more)  # type: ignore[arg-type]
    return renderer.render(state, SIZE, quality).rgb.astype(int)


def pixel_of(point_mm: NDArray[np.float64], camera: VolumeCamera) -> tuple[float, float]:
    """Column and row at which a camera sees a point."""
    right, up, back = axes_of(camera)
    offset = np.asarray(point_mm)[:3] - camera.position_mm
    scale = SIZE[1] / 2 / np.tan(np.radians(camera.view_angle_deg) / 2) / -(offset @ back)
    return SIZE[0] / 2 + offset @ right * scale, SIZE[1] / 2 - offset @ up * scale


def full(shape: tuple[int, int, int] = (24, 24, 24)) -> Field:
    """Bright matter with air around it."""
    values = np.zeros(shape, np.uint16)
    values[2:-2, 2:-2, 2:-2] = 60000
    return field_of(values)


def four_blocks(numbers: tuple[int, int, int, int]) -> tuple[RaycastScene, dict[int, tuple[int, int, int]]]:
    """Four segments that fill the quarters seen from the front, each in its own colour."""
    field = full()
    classes = np.zeros(field.shape, np.uint8)
    classes[12:, :, :12], classes[12:, :, 12:], classes[:12, :, :12], classes[:12, :, 12:] = 1, 2, 3, 4
    colors = dict(zip(numbers, [(230, 40, 40), (40, 210, 60), (60, 80, 240), (230, 220, 40)], strict=True))
    records = tuple(ClassRecord(number, color) for number, color in colors.items())
    look = replace(PLAIN, segment=SegmentLook(tint=1.0))
    return RaycastScene(field, ClassMap(classes, numbers, np.full(5, 900.0)), records, look), colors


QUARTERS = ((60, 60), (140, 60), (60, 140), (140, 140))  # columns and rows, in the order of the classes


@pytest.mark.parametrize("numbers", [(1, 2, 3, 4), (2, 7, 9, 40), (40, 2, 254, 7)])
@pytest.mark.parametrize("quality", list(Quality))
def test_each_segment_has_its_own_colour_also_with_sparse_numbers(
    renderer: VolumeRenderer, numbers: tuple[int, int, int, int], quality: Quality
) -> None:
    scene, colors = four_blocks(numbers)
    picture = draw(renderer, scene, quality)
    for number, (x, y) in zip(numbers, QUARTERS, strict=True):
        assert picture[y, x] == pytest.approx(np.array(colors[number]), abs=12), number


def test_a_sparse_set_of_classes_shows_the_right_colours(renderer: VolumeRenderer) -> None:
    """Only the classes 2, 7, 9 and 40 of fifty segments have voxels, each with a colour of its own."""
    scene, _ = four_blocks((1, 2, 3, 4))
    assert scene.classes is not None
    places = np.array([0, 2, 7, 9, 40], np.uint8)
    classes = ClassMap(places[scene.classes.classes], tuple(range(1, 51)), np.full(51, 900.0))
    records = tuple(ClassRecord(n, ((n * 67) % 256, (n * 151) % 256, (n * 29) % 256)) for n in classes.numbers)
    picture = draw(renderer, replace(scene, classes=classes, records=records))
    for number, (x, y) in zip(places[1:], QUARTERS, strict=True):
        assert picture[y, x] == pytest.approx(np.array(records[number - 1].color), abs=12), number


def test_hidden_segments_and_what_is_cut_away_cannot_be_seen(renderer: VolumeRenderer) -> None:
    scene, colors = four_blocks((2, 7, 9, 40))
    assert scene.classes is not None
    look = scene.look.with_segment(7, SegmentLook(Visibility.HIDDEN))
    classes = scene.classes.classes.copy()
    classes[classes == 3] = CUT
    picture = draw(renderer, replace(scene, look=look, classes=replace(scene.classes, classes=classes)))
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = QUARTERS
    assert picture[ay, ax] == pytest.approx(np.array(colors[2]), abs=12)
    assert picture[by, bx].max() < 3
    assert picture[cy, cx].max() < 3
    assert picture[dy, dx] == pytest.approx(np.array(colors[40]), abs=12)


def test_ghosts_show_what_lies_behind(renderer: VolumeRenderer) -> None:
    scene, _ = four_blocks((2, 7, 9, 40))
    assert scene.classes is not None
    classes = scene.classes.classes.copy()
    classes[:, 12:, :] = 1
    classes[:, :12, :] = 2
    look = replace(scene.look, ghost=0.02, matter=(100, 200)).with_segment(7, SegmentLook(Visibility.GHOST, tint=1.0))
    picture = draw(renderer, replace(scene, look=look, classes=replace(scene.classes, classes=classes)))
    veil = 1 - 0.98**10  # ten millimetres lie before the solid block
    expected = (1 - veil) * np.array([230, 40, 40]) + veil * np.array([40, 210, 60])
    assert renderer._raycast is not None
    interpolates_colors = renderer._raycast._is_software  # so that they mix at borders
    assert picture[100, 100] == pytest.approx(expected, abs=28 if interpolates_colors else 6)


@pytest.mark.parametrize("affine", [LPS, OBLIQUE, SHEARED, MIRRORED], ids=["plain", "oblique", "sheared", "mirrored"])
@pytest.mark.parametrize("has_segments", [False, True])
def test_a_bright_voxel_is_drawn_where_the_camera_sees_it(
    renderer: VolumeRenderer, affine: NDArray[np.float64], has_segments: bool
) -> None:
    values = np.zeros((20, 30, 26), np.uint16)
    values[14:16, 5:7, 18:20] = 65535
    scene = RaycastScene(field_of(values, affine), None, (), PLAIN)
    if has_segments:
        classes = ClassMap((values > 0).astype(np.uint8), (5,), np.array([0.0, 1000.0]))
        look = replace(PLAIN, segment=SegmentLook(tint=0.5))
        scene = replace(scene, classes=classes, records=(ClassRecord(5, (255, 255, 255)),), look=look)
    expected = pixel_of(affine @ [18.5, 5.5, 14.5, 1], camera_of(scene.field))
    for quality in Quality:
        rows, columns = np.nonzero(draw(renderer, scene, quality).max(axis=-1) > 40)
        assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx(expected, abs=1.5), quality


def test_a_reduced_volume_lies_where_the_original_lies() -> None:
    """On the processor a volume is reduced to 256 voxels, or 128 while moving; blocks at the far ends stay in place."""
    values = np.zeros((30, 30, 531), np.uint16)
    affine = np.diag([0.2, 3.0, 3.0, 1.0])
    blocks = (slice(10, 20), slice(10, 20), slice(8, 24)), (slice(10, 20), slice(10, 20), slice(507, 523))
    for block in blocks:
        values[block] = 65535
    scene = RaycastScene(field_of(values, affine), None, (), PLAIN)
    renderer = VolumeRenderer()
    renderer._raycast = RaycastVolume(renderer._renderer, is_software=True)
    try:
        for quality in Quality:
            rows, columns = np.nonzero(draw(renderer, scene, quality).max(axis=-1) > 60)
            for start in (8, 507):
                x, y = pixel_of(affine @ [start + 7.5, 14.5, 14.5, 1], camera_of(scene.field))
                near = np.abs(columns - x) < 12
                assert columns[near].mean() + 0.5 == pytest.approx(x, abs=1.5), (quality, start)
                assert rows[near].mean() + 0.5 == pytest.approx(y, abs=1.5)
    finally:
        renderer.close()


@pytest.mark.parametrize("has_segments", [False, True])
@pytest.mark.parametrize("spacing", [0.5, 2.0])
@pytest.mark.parametrize("quality", list(Quality))
def test_opacities_are_per_millimetre_of_the_patient(
    renderer: VolumeRenderer, quality: Quality, spacing: float, has_segments: bool
) -> None:
    """20 mm of 5 % per millimetre, seen against black."""
    count = round(20 / spacing) + 8
    values = np.zeros((24, count, 24), np.uint16)
    values[:, 4:-4] = 60000
    field = field_of(values, np.diag([spacing, spacing, spacing, 1.0]))
    faint = replace(SOLID, opacities=(OpacityPoint(300, 0), OpacityPoint(500, 0.05)))
    scene = RaycastScene(field, None, (), replace(PLAIN, transfer=faint))
    if has_segments:
        classes = ClassMap((values > 0).astype(np.uint8), (5,), np.array([0.0, 1000.0]))
        look = replace(scene.look, rest=SegmentLook(Visibility.HIDDEN))
        scene = replace(scene, classes=classes, records=(ClassRecord(5, (1, 2, 3)),), look=look)
    expected = 255 * (1 - 0.95**20)
    assert draw(renderer, scene, quality)[100, 100] == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("quality", list(Quality))
def test_surfaces_and_volume_hide_each_other_as_they_lie(renderer: VolumeRenderer, quality: Quality) -> None:
    """Two red cubes: one before the volume's block, the other behind it."""
    values = np.zeros((30, 30, 30), np.uint16)
    values[5:25, 13:17, 5:25] = 65535
    scene = RaycastScene(field_of(values), None, (), PLAIN)
    shown = []
    for number, (j, i) in enumerate(((3, 8), (22, 18))):
        mask = np.zeros(values.shape, bool)
        mask[12:18, j : j + 5, i : i + 5] = True
        surface = segment_surface(mask, Geometry(mask.shape, LPS), Box.whole(mask.shape), 10**5)
        assert surface is not None
        shown.append(ShownSurface(number, surface, (255, 0, 0)))
    camera = camera_of(scene.field)
    frame = renderer.render(VolumeSceneState(camera, tuple(shown), raycast=scene), SIZE, quality)
    front, back = (pixel_of(np.array(p), camera) for p in ((10, 3, 14.5), (20, 22, 14.5)))
    before, behind = (frame.rgb[round(y), round(x)].astype(int) for x, y in (front, back))
    assert before[0] > 2 * before[1]
    assert behind.min() > 200
    assert frame.point_at(*front) == pytest.approx((10, 2.5, 14.5), abs=1.0)  # the depth is the surface's
    assert frame.point_at(100, 190) is None


def test_planes_and_crop_box_cut(renderer: VolumeRenderer) -> None:
    scene = RaycastScene(full(), None, (), PLAIN)
    whole = draw(renderer, scene).max(axis=-1) > 100
    assert whole[100, 60]
    assert whole[100, 140]
    plane = Cut((ClipPlane((11.5, 0, 0), (1, 0, 0)),))
    halved = draw(renderer, replace(scene, look=replace(PLAIN, cut=plane))).max(axis=-1) > 100
    assert not halved[100, :95].any()
    assert (halved[:, 105:] == whole[:, 105:]).mean() > 0.99
    box = Cut(box=CropBox((0, 0, 0.5), (1, 1, 1)))
    upper = draw(renderer, replace(scene, look=replace(PLAIN, cut=box))).max(axis=-1) > 100
    assert not upper[108:, 100].any()
    assert (upper[:92] == whole[:92]).mean() > 0.99
    again = draw(renderer, scene).max(axis=-1) > 100
    assert (again == whole).all()


@pytest.mark.parametrize("quality", list(Quality))
def test_structures_that_are_not_cut_stay(renderer: VolumeRenderer, quality: Quality) -> None:
    scene, colors = four_blocks((2, 7, 9, 40))
    cut = Cut((ClipPlane((0, 0, 30), (0, 0, 1)),))  # all of the image lies below
    look = replace(scene.look, cut=cut).with_segment(9, SegmentLook(tint=1.0, is_clipped=False))
    picture = draw(renderer, replace(scene, look=look), quality)
    for number, (x, y) in zip(colors, QUARTERS, strict=True):
        if number == 9:
            assert picture[y, x] == pytest.approx(np.array(colors[9]), abs=12)
        else:
            assert picture[y, x].max() < 3, number


@pytest.mark.parametrize("has_segments", [False, True])
def test_gradient_opacity_shows_borders_only(renderer: VolumeRenderer, has_segments: bool) -> None:
    """A faint block whose inside has no gradient: with gradient opacity its middle is darker, its border is not."""
    field = full()
    faint = replace(SOLID, opacities=(OpacityPoint(300, 0), OpacityPoint(500, 0.1)))
    bordered = replace(faint, gradient_opacities=(OpacityPoint(20.0, 0.0), OpacityPoint(100.0, 1.0)))
    scene = RaycastScene(field, None, (), replace(PLAIN, transfer=faint))
    if has_segments:
        classes = ClassMap((field.values > 0).astype(np.uint8), (5,), np.array([0.0, 900.0]))
        look = replace(scene.look, rest=SegmentLook(Visibility.HIDDEN))
        scene = replace(scene, classes=classes, records=(ClassRecord(5, (1, 2, 3)),), look=look)
    plain = draw(renderer, scene)[100, 100, 0]
    reduced = draw(renderer, replace(scene, look=replace(scene.look, transfer=bordered)))[100, 100, 0]
    assert 0.05 * plain < reduced < 0.6 * plain


def test_light_comes_from_where_the_look_says(renderer: VolumeRenderer) -> None:
    k, j, i = np.indices((32, 32, 32)) - 15.5
    ball = (np.clip(12 - np.sqrt(k**2 + j**2 + i**2), 0, 4) * 16000).astype(np.uint16)
    lit = Look(transfer=SOLID, background=BLACK, lighting=Lighting(azimuth_deg=70, elevation_deg=0))
    right = draw(renderer, RaycastScene(field_of(ball), None, (), lit))[..., 0]
    assert right[100, 130] > 1.3 * right[100, 70]
    above = replace(lit, lighting=Lighting(azimuth_deg=0, elevation_deg=70, turns_with_camera=False))
    picture = draw(renderer, RaycastScene(field_of(ball), None, (), above))[..., 0]
    assert picture[70, 100] > 1.3 * picture[130, 100]
    dark = replace(lit, lighting=Lighting(strength=0, sky_strength=0))
    assert draw(renderer, RaycastScene(field_of(ball), None, (), dark)).max() < 5


LAMPS = (AreaLight(-60, 20, 1.8), AreaLight(10, -30, 2.0, turns_with_camera=False))


@pytest.mark.parametrize("others", [(), LAMPS], ids=["one light", "three lights"])
@pytest.mark.parametrize("gloss", [0.0, 1.0])
def test_strong_warm_lights_leave_white_matter_warm(
    renderer: VolumeRenderer, gloss: float, others: tuple[AreaLight, ...]
) -> None:
    """VTK's fixed-point mapper wraps around at twice white: red first under warm light, which leaves blue."""
    k, j, i = np.indices((32, 32, 32)) - 15.5
    ball = (np.clip(12 - np.sqrt(k**2 + j**2 + i**2), 0, 4) * 16000).astype(np.uint16)
    light = Lighting(strength=3.0, sky_strength=0.3, sky_top=(1, 1, 1), color=(1.0, 0.95, 0.8), more_lights=others)
    look = Look(transfer=SOLID, background=BLACK, lighting=light, material=Material(gloss=gloss, surface=2.0))
    picture = draw(renderer, RaycastScene(field_of(ball), None, (), look))
    assert (picture[..., 2] <= picture[..., 0] + 3).all()
    towards = picture[70:90, 110:130]  # the light stands to the right and above
    assert towards.min() > 150


def test_the_background_is_the_looks_and_the_volume_has_no_depth(renderer: VolumeRenderer) -> None:
    scene = RaycastScene(full(), None, (), replace(PLAIN, background=Background((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))))
    for quality in Quality:
        frame = renderer.render(VolumeSceneState(camera_of(scene.field), raycast=scene), SIZE, quality)
        assert np.isinf(frame.depth_mm).all()
        assert frame.rgb[0, 0].astype(int) == pytest.approx(np.array([255, 0, 0]), abs=3)
        assert frame.rgb[-1, -1].astype(int) == pytest.approx(np.array([0, 0, 255]), abs=3)
        assert frame.rgb[100, 100].min() > 240


def test_nothing_is_left_when_the_volume_goes(renderer: VolumeRenderer) -> None:
    mask = np.zeros((24, 24, 24), bool)
    mask[8:16, 8:16, 8:16] = True
    surface = segment_surface(mask, Geometry(mask.shape, LPS), Box.whole(mask.shape), 10**5)
    assert surface is not None
    scene = RaycastScene(full(), None, (), PLAIN)
    state = VolumeSceneState(camera_of(scene.field), (ShownSurface(1, surface, (200, 100, 60)),))
    before = renderer.render(state, SIZE).rgb
    assert before[0, 0] == pytest.approx(BACKGROUND_TOP, abs=2)
    assert before[-1, -1] == pytest.approx(BACKGROUND_BOTTOM, abs=2)
    renderer.render(replace(state, raycast=scene), SIZE)
    after = renderer.render(state, SIZE).rgb
    assert np.abs(after.astype(int) - before).max() <= 1
    assert renderer._renderer.GetVolumes().GetNumberOfItems() == 0
    assert renderer._renderer.GetLights().GetNumberOfItems() == 3


def test_an_edit_of_the_transfer_function_touches_no_voxel(renderer: VolumeRenderer) -> None:
    scene = RaycastScene(full(), None, (), PLAIN)
    white = draw(renderer, scene)[100, 100]
    assert renderer._raycast is not None
    image = renderer._raycast._volume.GetMapper().GetInput()
    changed = image.GetMTime(), image.GetPointData().GetScalars().GetMTime()
    green = replace(SOLID, colors=(ColorPoint(0, (0.0, 1.0, 0.0)),))
    picture = draw(renderer, replace(scene, look=replace(PLAIN, transfer=green)))[100, 100]
    assert white.min() > 240
    assert picture == pytest.approx((0, 255, 0), abs=10)
    now = renderer._raycast._volume.GetMapper().GetInput()
    assert now is image
    assert (now.GetMTime(), now.GetPointData().GetScalars().GetMTime()) == changed
    assert np.shares_memory(_voxels(now), scene.field.values) == (not renderer._raycast._is_software)


def _voxels(image: object) -> NDArray[np.uint16]:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    return np.asarray(vtk_to_numpy(image.GetPointData().GetScalars()))  # type: ignore[attr-defined]


def test_going_between_scenes_with_and_without_segments_shows_each_rightly(renderer: VolumeRenderer) -> None:
    coloured, colors = four_blocks((2, 7, 9, 40))
    plain = replace(coloured, look=PLAIN)  # the same segments, all alike
    (x, y), *_ = QUARTERS
    for _ in range(2):
        assert draw(renderer, coloured)[y, x] == pytest.approx(np.array(colors[2]), abs=12)
        assert draw(renderer, plain)[y, x].min() > 240
        assert draw(renderer, replace(plain, classes=None, records=()))[y, x].min() > 240


def test_slow_turning_casts_fewer_rays_and_finds_back(monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = VolumeRenderer()
    renderer._raycast = RaycastVolume(renderer._renderer, is_software=True)
    monkeypatch.setattr(renderer._raycast, "note_seconds", lambda seconds: None)  # this machine's own speed
    scene = RaycastScene(full(), None, (), PLAIN)
    steps = []
    try:
        for seconds in (1.0, 1.0, 1.0, 0.01, 0.01):
            draw(renderer, scene, Quality.MOVING)
            renderer._raycast._moving.adapt(seconds)
            draw(renderer, scene, Quality.MOVING)
            steps.append(renderer._raycast._volume.GetMapper().GetImageSampleDistance())
        draw(renderer, scene, Quality.STILL)
        assert renderer._raycast._volume.GetMapper().GetImageSampleDistance() == 1.0
    finally:
        renderer.close()
    assert steps == [2.5, 3.0, 3.5, 3.0, 2.5]


def test_two_hundred_changes_do_not_fill_the_memory(renderer: VolumeRenderer) -> None:
    scene, _ = four_blocks((2, 7, 9, 40))
    process, sizes = psutil.Process(), []
    for n in range(200):
        field = field_of(np.roll(scene.field.values, n % 5, axis=2)) if n % 10 == 0 else scene.field
        tinted = replace(scene.look, segment=SegmentLook(tint=(n % 7) / 7), ghost=0.001 * n)
        cut = Cut((ClipPlane((n % 20, 0, 0), (1, 0, 0)),)) if n % 3 else Cut()
        look = replace(PLAIN if n % 4 == 0 else tinted, cut=cut)
        shown = None if n % 25 == 24 else replace(scene, field=field, look=look)
        state = VolumeSceneState(camera_of(scene.field), raycast=shown)
        renderer.render(state, (48, 48), Quality.MOVING if n % 2 else Quality.STILL)
        scene = replace(scene, field=field)
        sizes.append(process.memory_info().rss)
    assert (sizes[-1] - sizes[49]) / 2**20 < 25
