from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.errors import UserError
from inference.engine.deciding import Decision, keep_largest, merged_layers
from inference.engine.recipe import Head, HeadKind

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
SHAPE = (6, 5, 4)


def decision(head: Head, scores: NDArray[Any], *, doubt: bool = False, weight: float = 2.0) -> Decision:
    """In two slabs; ``scores`` (channel, x, y, z) are means, which come as weighted sums."""
    made = Decision(head, SHAPE, len(scores), wants_doubt=doubt)
    for first in (0, 4):
        part = torch.from_numpy(np.ascontiguousarray(scores[:, first : first + 4], np.float32))
        made.take(first, part * weight, torch.full(part.shape[1:], weight))
    return made


def winners(classes: int) -> tuple[NDArray[np.float32], NDArray[Any]]:
    scores = np.random.default_rng(0).normal(size=(classes, *SHAPE)).astype(np.float32)
    return scores, scores.argmax(0)


def test_the_highest_channel_wins_and_takes_its_label_value() -> None:
    scores, best = winners(4)
    plain = decision(Head(), scores)
    np.testing.assert_array_equal(plain.planes[0], best)
    assert plain.planes[0].dtype == np.uint8
    assert plain.doubt is None
    named = decision(Head(values=(0, 9, 3, 200)), scores)
    np.testing.assert_array_equal(named.planes[0], np.array([0, 9, 3, 200])[best])


def test_label_values_above_255_are_kept() -> None:
    scores, best = winners(3)
    wide = decision(Head(values=(0, 255, 300)), scores).planes[0]
    assert wide.dtype == np.uint16
    np.testing.assert_array_equal(wide, np.array([0, 255, 300])[best])
    scores, best = winners(260)
    np.testing.assert_array_equal(decision(Head(), scores).planes[0], best)
    two = decision(Head(HeadKind.INDEPENDENT, values=(1000, 2)), winners(2)[0])
    assert set(np.unique(two.planes[0])) == {0, 1000}


@pytest.mark.parametrize("activated", [False, True])
def test_independent_channels_are_cut_at_their_probability(activated: bool) -> None:
    chances = np.random.default_rng(1).uniform(0.01, 0.99, (3, *SHAPE)).astype(np.float32)
    scores = chances if activated else np.log(chances / (1 - chances))
    made = decision(Head(HeadKind.INDEPENDENT, threshold=0.7, is_activated=activated), scores)
    for channel, plane in enumerate(made.planes):
        np.testing.assert_array_equal(plane, (chances[channel] >= 0.7) * (channel + 1))


def test_a_background_channel_shifts_the_values_of_independent_ones() -> None:
    head = Head(HeadKind.INDEPENDENT, has_background=True)
    made = decision(head, np.full((3, *SHAPE), 5.0))
    assert [int(plane.max()) for plane in made.planes] == [0, 1, 2]


def test_labels_that_the_network_decided_are_rounded_and_kept_within_what_labels_can_be() -> None:
    values = np.zeros((1, *SHAPE))
    values[0, 0], values[0, 1], values[0, 2] = 7.2, 300, 65535
    values[0, 3], values[0, 4], values[0, 5] = -3, 1e9, np.nan
    made = decision(Head(HeadKind.DECIDED), values, doubt=True)
    assert made.planes[0][:, 0, 0].tolist() == [7, 300, 65535, 0, 65535, 0]
    assert made.doubt is None  # nobody knows how sure it was


def test_doubt_is_entropy_over_the_largest_possible() -> None:
    chances = np.zeros((2, *SHAPE))
    for x, chance in enumerate((0.5, 0.9, 0.1, 1.0, 0.0, 0.5)):
        chances[:, x] = np.array([chance, 1 - chance])[:, None, None]
    with np.errstate(divide="ignore"):
        scores = np.log(chances).clip(-30)
    for head, given in ((Head(), scores), (Head(is_activated=True), chances)):
        doubt = decision(head, given, doubt=True).doubt
        assert doubt is not None
        assert doubt[:, 0, 0].tolist() == [255, 120, 120, 0, 0, 255]  # 0.469 bit at 0.9
    one = decision(Head(HeadKind.INDEPENDENT, is_activated=True), chances[:1], doubt=True).doubt
    assert one is not None
    assert one[:, 0, 0].tolist() == [255, 120, 120, 0, 0, 255]


def test_the_most_doubtful_of_independent_channels_counts() -> None:
    chances = np.stack([np.full(SHAPE, 0.99), np.full(SHAPE, 0.5)])
    doubt = decision(Head(HeadKind.INDEPENDENT, is_activated=True), chances, doubt=True).doubt
    assert doubt is not None
    assert (doubt == 255).all()


def test_more_channels_than_the_models_files_name_are_refused_in_words() -> None:
    with pytest.raises(UserError, match=r"3 channels.* 2"):
        decision(Head(values=(0, 4)), winners(3)[0])


def test_planes_share_layers_where_they_do_not_touch() -> None:
    planes = [np.zeros(SHAPE, np.uint8) for _ in range(3)]
    planes[0][:2], planes[1][1:3], planes[2][4:] = 1, 2, 3
    before = [plane.copy() for plane in planes]
    layers = merged_layers(planes)
    assert len(layers) == 2
    np.testing.assert_array_equal(layers[0], before[0] + before[2])
    np.testing.assert_array_equal(layers[1], before[1])
    np.testing.assert_array_equal(planes[0], before[0])  # what was given is left alone
    assert merged_layers([]) == []


def test_what_lies_inside_others_has_an_earlier_layer_whatever_the_order_of_channels() -> None:
    """Files with one layer keep the earlier layer's voxels: a tumour's core must not hide what enhances in it."""
    core, whole, enhancing, apart = (np.zeros(SHAPE, np.uint8) for _ in range(4))
    whole[:4], core[1:4], enhancing[2, 1:], apart[5] = 2, 1, 3, 4
    for planes in ([core, whole, enhancing, apart], [apart, whole, core, enhancing]):
        layers = merged_layers(planes)
        assert len(layers) == 3
        np.testing.assert_array_equal(layers[0], enhancing + apart)
        np.testing.assert_array_equal(layers[1], core)
        np.testing.assert_array_equal(layers[2], whole)


def test_only_the_largest_part_of_chosen_labels_is_kept() -> None:
    layer = np.zeros((10, 10, 10), np.uint8)
    layer[0:4, 0:4, 0:4], layer[4, 4, 4], layer[8, 8, 8] = 1, 1, 1  # (4, 4, 4) touches by a corner
    layer[0, 9, 0], layer[9, 0, 9] = 2, 2
    keep_largest(layer, (1, 3))
    assert (layer == 1).sum() == 65
    assert layer[8, 8, 8] == 0
    assert (layer == 2).sum() == 2
