"""The Numba tracer: unbiased where the answer is known, deterministic, sparing with look-ups."""

from dataclasses import replace

import numpy as np
import pytest
from traced_scenes import ball_field, even_fog, field_of, halves, looking_along_z, scene_of, solid_from, with_look

from render.cinematic.brick_size import brick_edges
from render.cinematic.bricks import class_bricks, majorants, value_bricks
from render.cinematic.numba_tracer import NumbaTracer
from render.cinematic.parameters import LIGHT_NUMBERS, OFFSETS
from render.cinematic.prepared import Preparer
from render.cinematic.scene import ClassRecord, Field
from render.cinematic.tables import class_tables
from session.look.cut import ClipPlane, CropBox, Cut
from session.look.lighting import AreaLight, Lighting, LightShape, Material
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import OpacityPoint

pytestmark = pytest.mark.slow  # the kernel is compiled where nobody did before

RED, BLUE = ClassRecord(1, (255, 0, 0)), ClassRecord(2, (0, 0, 255))


@pytest.fixture(scope="module")
def tracer():
    made = NumbaTracer()
    yield made
    made.close()


def picture(tracer, scene, samples=1):
    tracer.show(scene)
    assert tracer.sample(samples - tracer.picture().samples) >= 0
    return tracer.picture().rgba


@pytest.mark.parametrize("thickness_mm", [5.0, 20.0, 40.0])
def test_a_slab_lets_through_what_the_exponential_says(tracer, thickness_mm):
    size = (24, 64, 64)
    field = field_of(np.full(size, 500.0), spacing_mm=(1.0, 1.0, thickness_mm / size[0]))
    rgba = picture(tracer, scene_of(field, even_fog(0.04), size_px=(64, 64)), 200)
    assert 1 - rgba[..., 3].mean() == pytest.approx(np.exp(-0.04 * thickness_mm), rel=0.005)


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
def test_white_matter_under_a_white_sky_is_white(tracer, material, transfer):
    scene = scene_of(ball_field(), transfer, material=material, bounces=2000)
    rgba = picture(tracer, scene, 64)
    assert rgba[..., 3].max() == 1.0
    assert rgba[..., :3].sum() / (3 * rgba[..., 3].sum()) == pytest.approx(1.0, abs=0.01)


def test_a_surface_that_faces_the_light_has_its_colour_times_the_strength(tracer):
    field = field_of(np.full((32, 64, 64), 800.0))
    light = Lighting(0.0, 0.0, strength=0.7, size_deg=2.0, color=(1.0, 0.5, 0.25), sky_strength=0.0)
    scene = scene_of(field, solid_from(400.0, opacity=0.9998), lighting=light, bounces=0, material=Material(0.0, 100.0))
    rgba = picture(tracer, scene_of_middle(scene), 64)
    middle = rgba[12:36, 12:36].mean(axis=(0, 1))
    # the light stands 2.5 radii from the middle of the scene, the surface is nearer to it by half the thickness
    distance = 2.5 * np.linalg.norm([32, 64, 64]) / 2
    nearer = (distance / (distance - 16)) ** 2
    np.testing.assert_allclose(middle[:3], 0.7 * nearer * np.array([1.0, 0.5, 0.25]), rtol=0.03)


def lit_by(lights, sky_strength=0.0):
    """A ball under these lights alone."""
    lighting = Lighting(sky_strength=sky_strength).with_lights(lights)
    return scene_of(ball_field(), solid_from(400.0), lighting=lighting, material=Material(0.4))


LIGHTS = (
    AreaLight(40.0, 30.0, 1.0, 25.0, (1.0, 0.9, 0.7)),
    AreaLight(-60.0, 0.0, 0.5, 60.0, (0.5, 0.7, 1.0), shape=LightShape.RECTANGLE, aspect=2.0),
    AreaLight(170.0, 30.0, 2.0, 10.0, turns_with_camera=False),
)


def test_a_picture_under_several_lights_is_the_sum_of_those_under_each(tracer):
    each = [picture(tracer, lit_by((light,)), 256)[..., :3] for light in LIGHTS]
    together = picture(tracer, lit_by(LIGHTS), 512)[..., :3]
    assert min(light.mean() for light in each) > 0.02 * together.mean()  # all of them matter
    np.testing.assert_allclose(together.mean(axis=(0, 1)), sum(each).mean(axis=(0, 1)), rtol=0.01)
    blocks = (together - sum(each)).reshape(6, 8, 6, 8, 3).mean(axis=(1, 3, 4))
    assert np.abs(blocks).max() < 0.1 * together.mean()


def test_a_light_that_gives_none_changes_nothing(tracer):
    one = picture(tracer, lit_by(LIGHTS[:1]), 2)
    dark = replace(LIGHTS[1], strength=0.0)
    assert picture(tracer, lit_by((LIGHTS[0], dark)), 2).tobytes() == one.tobytes()
    assert picture(tracer, lit_by((dark, LIGHTS[0])), 2).tobytes() == one.tobytes()
    assert not picture(tracer, lit_by((dark, dark)), 2)[..., :3].any()


def test_a_rectangle_as_wide_as_high_lights_like_a_disc_of_its_size(tracer):
    disc, square = (
        picture(tracer, lit_by((replace(LIGHTS[0], size_deg=5.0, shape=shape),)), 64)[..., :3].mean()
        for shape in (LightShape.DISC, LightShape.RECTANGLE)
    )
    assert square == pytest.approx(disc, rel=0.02)


@pytest.mark.parametrize("aspect", [0.25, 4.0])
def test_a_rectangle_is_as_much_wider_than_high_as_its_aspect_says(aspect):
    light = replace(LIGHTS[0], shape=LightShape.RECTANGLE, aspect=aspect)
    numbers = Preparer().prepare(lit_by((light,))).parameters[OFFSETS["LIGHTS"] :]
    u, v = (numbers[LIGHT_NUMBERS[name] :][:3] for name in ("LIGHT_U", "LIGHT_V"))
    assert np.linalg.norm(u) == pytest.approx(aspect * np.linalg.norm(v), rel=1e-5)
    assert abs(v[1]) > abs(u[1])  # the viewer's vertical


def scene_of_middle(scene):
    return replace(scene, camera=looking_along_z(covers_mm=8.0))


def test_pictures_of_one_seed_are_the_same_to_the_last_bit_whatever_the_threads(tracer):
    scene = scene_of(ball_field(), solid_from(400.0))
    many = picture(tracer, scene, 3).tobytes()
    for workers in (1, 3):
        other = NumbaTracer(workers)
        assert picture(other, scene, 3).tobytes() == many
        other.close()
    assert picture(tracer, replace(scene, seed=2), 3).tobytes() != many


def test_any_change_starts_anew_and_no_change_does_not(tracer):
    scene = scene_of(ball_field(), solid_from(400.0))
    picture(tracer, scene, 2)
    tracer.show(replace(scene))
    assert tracer.picture().samples == 2
    changes = (
        replace(scene, camera=looking_along_z(covers_mm=50.0)),
        with_look(scene, material=Material(gloss=0.9)),
        with_look(scene, cut=Cut(box=CropBox((0.2, 0.0, 0.0)))),
        replace(scene, backdrop_mm=np.full((48, 48), np.inf, np.float32)),
        replace(scene, size_px=(40, 48)),
    )
    for changed in changes:
        tracer.show(scene)
        tracer.sample(1)
        tracer.show(changed)
        assert tracer.picture().samples == 0


def test_a_sample_that_is_stopped_leaves_no_trace(tracer):
    scene = scene_of(ball_field(), solid_from(400.0))
    before = picture(tracer, scene, 1).tobytes()
    answers = iter([True] * 3)
    assert tracer.sample(5, lambda: next(answers, False)) == 0
    assert tracer.picture().rgba.tobytes() == before


def test_bricks_spare_look_ups(tracer):
    values = np.zeros((64, 64, 64))
    values[28:36, 28:36, 28:36] = 900.0
    field = field_of(values)
    scene = scene_of(field, solid_from(400.0), size_px=(32, 32))
    picture(tracer, scene, 4)
    sparing = tracer.lookups
    one_brick = NumbaTracer(1)
    one_brick.show(scene)
    prepared = one_brick._prepared
    one_brick._prepared = replace(prepared, bounds=np.full_like(prepared.bounds, prepared.bounds.max()))
    one_brick.sample(4)
    assert sparing * 12 <= one_brick.lookups
    one_brick.close()


def test_bounds_are_never_below_what_a_look_up_finds():
    rng = np.random.default_rng(3)
    field = field_of(rng.uniform(0, 1000, (19, 21, 33)))
    look = Look(transfer=solid_from(700.0), segment=SegmentLook(solidity=0.3, tint=1.0))
    classes = halves(field)
    tables = class_tables(look, field, classes, (RED, BLUE))
    bounds = majorants(field, value_bricks(field), class_bricks(classes, brick_edges(field)), tables)
    assert brick_edges(field) == (4, 4, 4)
    assert bounds.shape == (5, 6, 9)
    scale = (tables.table.shape[1] - 1) / (tables.high - tables.low)
    values = field.low + (field.high - field.low) / 65535 * field.values
    entries = np.clip((values - tables.low) * scale + 0.5, 0, tables.table.shape[1] - 1).astype(int)
    found = tables.table[classes.classes, entries, 3]
    for (k, j, i), extinction in np.ndenumerate(found):
        for brick in {
            (kk // 4, jj // 4, ii // 4)
            for kk in (max(k - 1, 0), k)
            for jj in (max(j - 1, 0), j)
            for ii in (max(i - 1, 0), i)
        }:
            assert bounds[brick] >= extinction


def test_segments_have_their_own_colours_and_can_be_hidden(tracer):
    field = field_of(np.full((16, 32, 32), 800.0))
    classes = halves(field, first=40, second=7)
    records = (ClassRecord(40, (255, 0, 0)), ClassRecord(7, (0, 0, 255)))
    scene = scene_of(
        field, solid_from(400.0), classes=classes, records=records, segment=SegmentLook(tint=1.0), bounces=2
    )
    rgba = picture(tracer, scene, 16)
    left, right = rgba[14:34, 10:20].mean(axis=(0, 1)), rgba[14:34, 28:38].mean(axis=(0, 1))
    assert left[0] > 5 * left[2]
    assert right[2] > 5 * right[0]
    hidden = with_look(scene, segments=scene.look.with_segment(40, SegmentLook(Visibility.HIDDEN)).segments)
    rgba = picture(tracer, hidden, 4)
    assert rgba[14:34, 10:20, 3].max() == 0
    assert rgba[14:34, 28:38, 3].min() == 1


def test_cuts_cut_and_what_is_not_cut_stays(tracer):
    field = field_of(np.full((16, 32, 32), 800.0))
    classes = halves(field)
    scene = scene_of(field, solid_from(400.0), classes=classes, records=(RED, BLUE))
    upper_gone = Cut(planes=(ClipPlane((0.0, 0.0, 0.0), (0.0, 1.0, 0.0)),))
    alpha = picture(tracer, with_look(scene, cut=upper_gone), 4)[..., 3]
    assert alpha[6:22, 10:38].max() == 0
    assert alpha[26:40, 10:38].min() == 1
    kept = with_look(scene, cut=upper_gone, segments=Look().with_segment(2, SegmentLook(is_clipped=False)).segments)
    alpha = picture(tracer, kept, 4)[..., 3]
    assert alpha[6:22, 10:20].max() == 0
    assert alpha[6:22, 28:38].min() == 1
    cropped = with_look(scene, cut=Cut(box=CropBox((0.5, 0.0, 0.0), (1.0, 1.0, 1.0))))
    alpha = picture(tracer, cropped, 4)[..., 3]
    assert alpha[10:38, 6:20].max() == 0
    assert alpha[10:38, 28:38].min() == 1


def test_a_backdrop_ends_the_view(tracer):
    field = field_of(np.full((16, 32, 32), 800.0))
    backdrop = np.full((48, 48), np.inf, np.float32)
    backdrop[:, :24] = 3900.0  # before the volume
    alpha = picture(tracer, replace(scene_of(field, solid_from(400.0)), backdrop_mm=backdrop), 2)[..., 3]
    assert alpha[14:34, 10:23].max() == 0
    assert alpha[14:34, 25:38].min() == 1


def test_gradient_opacity_hides_what_is_even(tracer):
    field = field_of(np.full((16, 32, 32), 800.0))
    edges_only = replace(even_fog(2.0), gradient_opacities=(OpacityPoint(10.0, 0.0), OpacityPoint(20.0, 1.0)))
    assert picture(tracer, scene_of(field, edges_only), 4)[14:34, 14:34, 3].max() == 0


def test_a_tile_is_that_part_of_the_whole(tracer):
    scene = scene_of(ball_field(), solid_from(400.0), size_px=(40, 30))
    whole = picture(tracer, scene, 2)
    tile = picture(tracer, replace(scene, size_px=(16, 12), frame_px=(40, 30), corner_px=(14, 9)), 2)
    np.testing.assert_array_equal(tile, whole[9:21, 14:30])


def test_oblique_and_sheared_grids_are_seen_where_they_are(tracer):
    values = np.zeros((20, 24, 28))
    values[12, 7, 20] = 1000.0
    affine = np.array([[0.9, 0.3, 0.1, -12.0], [-0.2, 1.1, 0.4, -5.0], [0.1, -0.3, 1.4, -9.0], [0, 0, 0, 1.0]])
    field = replace(field_of(values), index_from_world=np.linalg.inv(affine))
    assert isinstance(field, Field)
    alpha = picture(tracer, scene_of(field, solid_from(300.0), size_px=(200, 200)), 4)[..., 3]
    rows, columns = np.nonzero(alpha)
    x, y, _ = (affine @ [20, 7, 12, 1])[:3]
    # seen along +z with -y up: x runs to the right, y downwards, 5 pixels for a millimetre
    assert columns.mean() == pytest.approx(99.5 + 5 * x, abs=1.5)
    assert rows.mean() == pytest.approx(99.5 + 5 * y, abs=1.5)
