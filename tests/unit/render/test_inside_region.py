"""The picture kept to the body or the brain: without table and blanket, without skull and scalp."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from imaging.geometry import Geometry
from imaging.phantom.head import HeadPhantom, make_head
from imaging.phantom.torso import Phantom, make_torso
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from render.cinematic.brain_region import depth_in_brain
from render.cinematic.coarse_values import coarse_values
from render.cinematic.field_source import make_field
from render.cinematic.inside_region import region_depths
from render.cinematic.scene import CUT
from render.volume_content import ContentKeeper, ContentLog, DrawnContent
from session.look.inside import Inside, Region
from session.look.look import Look, NumberedLook
from session.look.segment_look import SegmentLook

MOST = 1 << 31


@cache
def torso() -> Phantom:
    """With its table."""
    return make_torso(scale=0.3)


@cache
def head() -> HeadPhantom:
    return make_head(scale=0.4)


def drawn(volume: Volume, look: Look, parts: Segmentation | None = None) -> DrawnContent:
    content = ContentLog().content(volume, parts or Segmentation(volume.geometry))
    made = ContentKeeper(MOST).drawn(content, look, lambda: True)
    assert made is not None
    return made


def cut_of(volume: Volume, look: Look, parts: Segmentation | None = None) -> np.ndarray:
    classes = drawn(volume, look, parts).classes
    assert classes is not None
    return np.asarray(classes.classes == CUT)


def body(depth_mm: float) -> Look:
    return Look(inside=Inside(Region.BODY, depth_mm))


def test_everything_is_shown_without_a_class_map() -> None:
    assert drawn(torso().volume, Look()).classes is None


@pytest.mark.slow
def test_the_table_goes_and_the_body_stays() -> None:
    from scipy import ndimage

    volume, is_body = torso().volume, torso().truth > 0
    is_table = ~ndimage.binary_dilation(is_body, iterations=2) & (volume.voxels > -800)
    assert is_table.sum() > 3000
    is_cut = cut_of(volume, body(-3))
    assert is_cut[is_table].mean() > 0.99
    assert is_cut[is_body].mean() < 0.002


@pytest.mark.slow
def test_below_the_skin_lungs_and_airways_are_left_and_the_skin_is_not() -> None:
    is_cut = cut_of(torso().volume, body(6))
    inner = torso().mask("airways") | torso().mask("lung_left") | torso().mask("lung_right") | torso().mask("skeleton")
    assert is_cut[inner].mean() < 0.01
    assert is_cut[torso().mask("skin")].mean() > 0.9


@pytest.mark.slow
def test_segments_stay_but_for_one_that_encloses_others() -> None:
    volume = torso().volume
    labels = np.zeros(volume.voxels.shape, np.uint8)
    labels[:, :3] = 1  # in the air before the body
    for encloses, is_shown in ((False, True), (True, False)):
        parts = Segmentation(volume.geometry)
        parts.load([Segment(1, "air", (1, 2, 3), 1, encloses=encloses)], [labels], 1, [int(labels.sum())])
        found = drawn(volume, body(0), parts)
        assert found.classes is not None
        there = found.classes.classes[found.classes.classes.shape[0] // 2, 1, found.classes.classes.shape[2] // 2]
        assert (there != CUT) == is_shown
        own = Look(inside=Inside(Region.BODY), segments=(NumberedLook(1, SegmentLook()),))
        again = drawn(volume, own, parts).classes
        assert again is not None
        assert again.classes[again.classes.shape[0] // 2, 1, again.classes.shape[2] // 2] != CUT


@pytest.mark.slow
def test_the_brain_is_found_in_a_head() -> None:
    is_kept = ~cut_of(head().mr.volume, Look(inside=Inside(Region.BRAIN)))
    is_brain = head().mr.mask("brain")
    assert is_kept[head().mr.mask("cortex")].mean() > 0.9
    assert is_kept[head().mr.mask("white_matter")].mean() > 0.98
    others = ("skin", "subcutaneous_fat", "mandible", "eye_left", "eye_right", "tongue")
    assert all(is_kept[head().mr.mask(name)].mean() < 0.05 for name in others)
    assert is_kept.sum() < 1.5 * is_brain.sum()


@pytest.mark.slow
def test_the_brain_is_found_whichever_way_the_image_lies() -> None:
    volume = head().mr.volume
    turned = np.ascontiguousarray(volume.voxels.transpose(1, 2, 0)[:, ::-1])
    affine = volume.geometry.affine
    columns = [affine[:, 2], affine[:, 0] * [-1, -1, -1, 1], affine[:, 1]]
    origin = affine[:, 3] + affine[:, 0] * (volume.voxels.shape[2] - 1)
    lying = replace(volume, voxels=turned, geometry=Geometry(turned.shape, np.stack([*columns, origin], axis=1)))
    straight = ~cut_of(volume, Look(inside=Inside(Region.BRAIN)))
    other = ~cut_of(lying, Look(inside=Inside(Region.BRAIN)))
    both = straight & np.moveaxis(other[:, ::-1], (0, 1, 2), (1, 2, 0))
    assert 2 * both.sum() / (straight.sum() + other.sum()) > 0.97


@pytest.mark.parametrize("region", [Region.BODY, Region.BRAIN])
@pytest.mark.parametrize("value", [0, 40])
def test_an_image_of_one_value_is_shown_whole(region: Region, value: int) -> None:
    volume = Volume(Geometry((6, 7, 8), np.eye(4)), np.full((6, 7, 8), value, np.int16), Quantity.SIGNAL)
    field = make_field(volume, MOST)
    assert field is not None
    found = region_depths(field, Quantity.SIGNAL, region)
    assert found is not None
    assert (found[0] > 0).all()


def test_it_can_be_called_off() -> None:
    field = make_field(torso().volume, MOST)
    assert field is not None
    assert region_depths(field, Quantity.HU, Region.BODY, lambda: False) is None
    coarse = coarse_values(field, 20_000)
    assert coarse is not None
    assert depth_in_brain(coarse, lambda: False) is None


def test_nodes_lie_in_the_middle_of_their_blocks() -> None:
    voxels = np.arange(5 * 6 * 7, dtype=np.int16).reshape(5, 6, 7)
    affine = np.array([[0, 0, 2.0, 5], [0, 3, 0, 6], [-2, 0, 0, 7], [0, 0, 0, 1]])
    field = make_field(Volume(Geometry((5, 6, 7), affine), voxels, Quantity.SIGNAL), MOST)
    assert field is not None
    coarse = coarse_values(field, 40)
    assert coarse is not None
    a, b, c = coarse.factors.tolist()
    assert max(a, b, c) > 1
    assert coarse.values[0, 0, 0] == pytest.approx(voxels[:a, :b, :c].mean(), abs=0.01)
    place = affine[:3, :3] @ [(c - 1) / 2, (b - 1) / 2, (a - 1) / 2] + affine[:3, 3]
    np.testing.assert_allclose(coarse.world(np.zeros((1, 3)))[0], place)
    np.testing.assert_allclose(coarse.nodes(coarse.world(np.array([[1.0, 2.0, 0.5]])))[0], [1.0, 2.0, 0.5])
