"""The OpenGL tracer: unbiased where the answer is known, and pixel by pixel what the Numba tracer gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from test_gl_pass import tetrahedron
from traced_scenes import ball_field, even_fog, field_of, halves, looking_along_z, scene_of, solid_from, with_look

from render.cinematic.gl_context import GraphicsError
from render.cinematic.glsl_tracer import GlslTracer, shader_text
from render.cinematic.row_pacing import RowPacing
from render.cinematic.scene import CUT, ClassRecord, TracedScene
from render.volume_renderer import VolumeRenderer
from session.look.cut import ClipPlane, CropBox, Cut
from session.look.lighting import AreaLight, Lens, Lighting, LightShape, Material
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import OpacityPoint, TransferFunction

pytestmark = pytest.mark.usefixtures("quiet_vtk")

SIZE = (96, 96)
RECORDS = (ClassRecord(1, (255, 40, 30)), ClassRecord(2, (30, 60, 255)))
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@pytest.fixture(scope="module")
def tracer(gl_window: Any) -> Iterator[GlslTracer]:
    """One tracer for all tests; the window is asked for only to skip."""
    made = GlslTracer()
    yield made
    made.close()


def picture(tracer: Any, scene: TracedScene, samples: int) -> NDArray[np.float32]:
    tracer.show(scene)
    assert tracer.sample(samples - tracer.picture().samples) >= 0
    shown = tracer.picture()
    assert shown.samples == samples
    return np.asarray(shown.rgba)


# --- what is known beforehand


@pytest.mark.parametrize("thickness_mm", [5.0, 40.0])
def test_a_slab_lets_through_what_the_exponential_says(tracer: GlslTracer, thickness_mm: float) -> None:
    size = (24, 64, 64)
    field = field_of(np.full(size, 500.0), spacing_mm=(1.0, 1.0, thickness_mm / size[0]))
    scene = scene_of(field, even_fog(0.04), size_px=(64, 64), bounces=0)
    assert 1 - picture(tracer, scene, 200)[..., 3].mean() == pytest.approx(np.exp(-0.04 * thickness_mm), rel=0.005)


@pytest.mark.parametrize(
    ("material", "transfer"),
    [
        (Material(gloss=0.0, surface=0.0), even_fog(0.15)),
        (Material(gloss=0.0, surface=0.0, anisotropy=0.6), even_fog(0.15)),
        (Material(gloss=0.0), solid_from(400.0, opacity=0.5)),
        (Material(gloss=0.8), solid_from(400.0, opacity=0.5)),
    ],
    ids=["cloud", "forward cloud", "matt surface", "glossy surface"],
)
def test_white_matter_under_a_white_sky_is_white(
    tracer: GlslTracer, material: Material, transfer: TransferFunction
) -> None:
    rgba = picture(tracer, scene_of(ball_field(), transfer, material=material, bounces=2000), 8)
    assert rgba[..., 3].max() == 1.0
    assert rgba[..., :3].sum() / (3 * rgba[..., 3].sum()) == pytest.approx(1.0, abs=0.01)


def test_a_tile_is_that_part_of_the_whole(tracer: GlslTracer) -> None:
    scene = scene_of(ball_field(), solid_from(400.0), size_px=(40, 30))
    whole = picture(tracer, scene, 2)
    tile = picture(tracer, replace(scene, size_px=(16, 12), frame_px=(40, 30), corner_px=(14, 9)), 2)
    np.testing.assert_allclose(tile, whole[9:21, 14:30], atol=1e-6)


def test_no_bad_number_ever_comes_out(tracer: GlslTracer) -> None:
    scene = scene_of(ball_field(), solid_from(400.0))
    tracer.show(replace(scene, backdrop_mm=np.full((48, 48), np.nan, np.float32)))
    tracer._parameters = np.full_like(tracer._parameters, np.nan)
    tracer.sample(2)
    assert np.isfinite(tracer.picture().rgba).all()


# --- what is kept and what starts anew


def test_any_change_starts_anew_and_uploads_no_more_than_it_must(tracer: GlslTracer) -> None:
    scene = scene_of(ball_field(), solid_from(400.0))
    picture(tracer, scene, 2)
    tracer.show(replace(scene))
    assert tracer.picture().samples == 2
    changes = {
        "camera": (replace(scene, camera=looking_along_z(covers_mm=50.0)), set()),
        "size": (replace(scene, size_px=(40, 48)), set()),
        "light": (with_look(scene, lighting=replace(scene.look.lighting, strength=0.5)), set()),
        "cut": (with_look(scene, cut=Cut(box=CropBox((0.2, 0.0, 0.0)))), set()),
        "function": (with_look(scene, transfer=solid_from(300.0)), {"table", "materials", "bounds"}),
        "sky": (with_look(scene, lighting=replace(scene.look.lighting, sky_top=(0.1, 0.2, 0.3))), {"sky"}),
        "backdrop": (replace(scene, backdrop_mm=np.full((48, 48), np.inf, np.float32)), {"backdrop"}),
        "volume": (replace(scene, field=ball_field(24)), {"values", "bounds", "table", "materials"}),
    }
    for name, (changed, may_be_new) in changes.items():
        tracer.show(scene)
        tracer.sample(1)
        before = tracer.uploads.copy()
        tracer.show(changed)
        assert tracer.picture().samples == 0, name
        assert not tracer.picture().rgba.any(), name
        assert set(tracer.uploads - before) <= may_be_new, name
        assert tracer.sample(1) == 1, name


def test_a_changed_function_is_what_is_seen(tracer: GlslTracer) -> None:
    scene = scene_of(ball_field(), solid_from(400.0))
    assert picture(tracer, scene, 1)[..., 3].any()
    assert not picture(tracer, with_look(scene, transfer=solid_from(990.0)), 1)[..., 3].any()
    assert picture(tracer, scene, 1)[..., 3].any()


def test_a_sample_that_is_stopped_leaves_no_trace(tracer: GlslTracer) -> None:
    scene = scene_of(ball_field(), solid_from(400.0), size_px=(64, 300))
    whole = picture(tracer, scene, 3)
    tracer.show(replace(scene, seed=9))
    before = picture(tracer, scene, 1)
    for answers in ([], [True], [True, True]):
        tracer._pacing = RowPacing(scene.size_px, 1e-9)  # bands of a few rows
        given = iter(answers)
        assert tracer.sample(5, lambda given=given: next(given, False)) == 0
        assert np.array_equal(tracer.picture().rgba, before)
    assert np.array_equal(picture(tracer, scene, 3), whole)


def test_samples_stop_between_two(tracer: GlslTracer) -> None:
    tracer.show(scene_of(ball_field(), solid_from(400.0), seed=77))
    left = [True] * 40
    added = tracer.sample(10_000, lambda: bool(left) and left.pop())
    assert 1 <= added <= 40
    assert tracer.picture().samples == added


def test_the_picture_does_not_depend_on_the_bands(tracer: GlslTracer) -> None:
    scene = scene_of(ball_field(), solid_from(400.0), size_px=(50, 37))

    def drawn(seconds: float) -> NDArray[np.float32]:
        tracer.show(replace(scene, seed=5))
        tracer.show(scene)
        tracer._pacing = RowPacing(scene.size_px, seconds)
        tracer.sample(3)
        return tracer.picture().rgba

    assert np.array_equal(drawn(1e-9), drawn(1e9))


def test_noise_falls_and_is_unknown_at_first(tracer: GlslTracer) -> None:
    tracer.show(scene_of(ball_field(), solid_from(400.0), seed=3))
    assert tracer.picture().noise == float("inf")
    tracer.sample(2)
    few = tracer.picture().noise
    tracer.sample(62)
    assert 0 < tracer.picture().noise < 0.4 * few


# --- living in VTK's context


def test_it_shares_a_window_of_vtk(gl_window: Any, tracer: GlslTracer) -> None:
    scene = scene_of(ball_field(), solid_from(400.0))
    guest = GlslTracer(gl_window)
    assert np.array_equal(picture(guest, scene, 2), picture(tracer, scene, 2))
    guest.close()
    guest.close()
    again = GlslTracer(gl_window)  # the window was not closed with it
    assert picture(again, scene, 1).any()
    again.close()


def test_surfaces_of_the_same_window_look_the_same_before_and_after(gl_window: Any) -> None:
    renderer, state, size = VolumeRenderer(), tetrahedron(), (97, 61)
    before = renderer.render(state, size)
    tracer = GlslTracer(renderer.window)
    for count in (1, 3):
        assert picture(tracer, scene_of(ball_field(), solid_from(400.0), size_px=(33, 47)), count).any()
        after = renderer.render(state, size)
        assert np.array_equal(before.rgb, after.rgb)
        assert np.array_equal(before.depth_mm, after.depth_mm)
    renderer.close()
    tracer.close()  # in the wrong order, which must not end the process


def test_a_volume_that_does_not_fit_is_an_error_and_the_next_one_is_drawn(tracer: GlslTracer) -> None:
    scene = scene_of(ball_field(), solid_from(400.0))
    too_long = field_of(np.zeros((1, 1, tracer.limits.volume_edge + 1)))
    with pytest.raises(GraphicsError, match="too large"):
        tracer.show(replace(scene, field=too_long))
    assert picture(tracer, scene, 1).any()


def test_the_shader_speaks_of_every_parameter_by_name() -> None:
    text = shader_text("")
    assert "#define PARAMETERS" in text
    assert "void main()" in text


@pytest.mark.slow
def test_two_hundred_tracers_leak_nothing(gl_window: Any) -> None:
    field = field_of(np.zeros((64, 128, 128)))  # 2 MB
    scene = scene_of(field, solid_from(400.0), size_px=(128, 128))
    process = psutil.Process()

    def cycle() -> None:
        tracer = GlslTracer()
        assert picture(tracer, scene, 1).shape == (128, 128, 4)
        tracer.close()

    for _ in range(20):
        cycle()
    before = process.memory_info().rss
    for _ in range(180):
        cycle()
    assert process.memory_info().rss - before < 60 * 2**20  # of at least 360 MB that leaking textures would be


# --- the same as Numba


def bumpy() -> TracedScene:
    """An oblique, uneven grid with soft structures in it, lit by a light and a coloured sky."""
    k, j, i = np.indices((28, 36, 40)).astype(float)
    distance = np.sqrt(((k - 14) * 1.6) ** 2 + (j - 18) ** 2 + (i - 20) ** 2)
    values = 700 * np.clip((17 - distance) / 4, 0, 1) + 120 * np.sin(i / 3) * np.cos(j / 4) + 100
    field = field_of(values, spacing_mm=(1.0, 1.0, 1.6))
    turned = np.eye(4)
    turned[:3, :3] = [[0.94, -0.34, 0.0], [0.34, 0.94, 0.12], [0.0, 0.0, 1.0]]
    field = replace(field, index_from_world=field.index_from_world @ np.linalg.inv(turned))
    return scene_of(
        field, TransferFunction(
            solid_from(400.0).colors, (OpacityPoint(180.0, 0.0), OpacityPoint(300.0, 0.2), OpacityPoint(600.0, 0.9))
        ), size_px=SIZE, lighting=Lighting(), material=Material(gloss=0.6)
    )  # fmt: skip


def with_classes(**look: Any) -> TracedScene:
    scene = bumpy()
    return with_look(replace(scene, classes=halves(scene.field), records=RECORDS), **look)


def cut_away(scene: TracedScene) -> TracedScene:
    """The scene without the upper part of its volume, whose voxels are marked as cut."""
    assert scene.classes is not None
    marked = scene.classes.classes.copy()
    marked[:, :18] = CUT
    return replace(scene, classes=replace(scene.classes, classes=marked))


PART_CUT = Cut((ClipPlane((2.0, 1.0, 0.0), (0.3, 1.0, 0.2)),), CropBox((0.1, 0.2, 0.1), (0.9, 0.9, 0.8)))
EDGES = (OpacityPoint(0.0, 0.0), OpacityPoint(300.0, 1.0))
THREE_LIGHTS = Lighting(
    more_lights=(
        AreaLight(-60.0, 5.0, 0.6, color=(0.4, 0.6, 1.0), shape=LightShape.RECTANGLE, aspect=0.5),
        AreaLight(150.0, 40.0, 1.5, 15.0, turns_with_camera=False),
    )
)
SCENES: dict[str, Callable[[], TracedScene]] = {
    "plain": bumpy,
    "three lights": lambda: with_look(bumpy(), lighting=THREE_LIGHTS),
    "rectangle": lambda: with_look(bumpy(), lighting=Lighting(shape=LightShape.RECTANGLE, aspect=3.0)),
    "forward cloud": lambda: with_look(bumpy(), material=Material(surface=0.0, anisotropy=0.6)),
    "lens": lambda: with_look(bumpy(), lens=Lens(400.0)),
    "cut": lambda: with_look(bumpy(), cut=PART_CUT),
    "edges": lambda: with_look(bumpy(), transfer=replace(bumpy().look.transfer, gradient_opacities=EDGES)),
    "backdrop": lambda: replace(
        bumpy(), backdrop_mm=np.where(np.indices(SIZE)[1] > 40, 3998.0, np.inf).astype(np.float32)
    ),
    "tile": lambda: replace(bumpy(), frame_px=(150, 120), corner_px=(30, 12)),
    "classes": lambda: with_classes(segment=SegmentLook(tint=0.7, solidity=0.2)),
    "one solid": lambda: with_classes(segments=Look().with_segment(1, SegmentLook(solidity=0.4)).segments),
    "cut away": lambda: cut_away(with_classes(segment=SegmentLook(tint=0.7))),
    "ghost": lambda: with_classes(
        ghost=0.05, segments=Look().with_segment(1, SegmentLook(Visibility.GHOST, tint=0.5)).segments
    ),
    "cut around": lambda: with_classes(
        cut=PART_CUT, segments=Look().with_segment(2, SegmentLook(is_clipped=False, tint=1.0)).segments
    ),
}


@pytest.fixture(scope="module")
def reference() -> Iterator[Any]:
    """The Numba tracer."""
    from render.cinematic.numba_tracer import NumbaTracer

    made = NumbaTracer()
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_it_follows_the_same_paths_as_numba(tracer: GlslTracer, reference: Any, name: str) -> None:
    scene = SCENES[name]()
    ours, theirs = picture(tracer, scene, 4), picture(reference, scene, 4)
    assert theirs[..., 3].max() > 0.5
    is_same = np.abs(ours - theirs).max(axis=-1) <= 1e-2 * (1 + theirs.max(axis=-1))
    # the last bit of a float sends some paths elsewhere, and textures of 8 bits are interpolated with 8 bits
    assert is_same.mean() > 0.98
    assert ours.mean(axis=(0, 1)) == pytest.approx(theirs.mean(axis=(0, 1)), rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "classes", "three lights"])
def test_it_agrees_with_numba_within_the_noise_of_other_seeds(tracer: GlslTracer, reference: Any, name: str) -> None:
    scene, count = SCENES[name](), 64
    means, variances = [], []
    for which, seed in ((tracer, 11), (reference, 12)):
        which.show(replace(scene, seed=seed))
        sums = [np.zeros(SIZE)]
        for n in range(count):
            which.sample(1)
            sums.append(which.picture().rgba[..., :3].astype(np.float64) @ LUMINANCE * (n + 1))
        samples = np.diff(sums, axis=0)
        means.append(samples.mean(axis=0))
        variances.append(samples.var(axis=0, ddof=1) / count)
    deviation = np.sqrt(variances[0] + variances[1] + 1e-12)
    z = np.abs(means[0] - means[1]) / deviation
    assert (z < 4).mean() >= 0.999
    assert means[0].mean() == pytest.approx(means[1].mean(), rel=0.005)
    assert np.std((means[0] - means[1]) / deviation) > 0.3  # other seeds are other pictures
