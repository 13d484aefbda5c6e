"""Maps of probability against plain numpy in double precision, borders of slabs included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.errors import UserError
from inference.engine import probabilities
from inference.engine.around_clicks import AroundClicks, Pointed, nothing_found
from inference.engine.deciding import Decision
from inference.engine.parameters import RunParameters
from inference.engine.probabilities import MOST_STRUCTURES, Probabilities, why_no_maps, wished_values
from inference.engine.recipe import Head, HeadKind, Windows
from inference.engine.sliding import decided
from inference.engine.windows import importance, window_starts
from inference.model import WINNER_MAP, ModelLabel, label_map, label_of_map

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
from inference.backends.torch_backend import TorchPredictor  # noqa: E402  (needs torch)

SHAPE = (23, 14, 11)
WINDOWS = Windows((8, 8, 8), (0.5, 0.5, 0.5), is_gaussian=True, batch=3)
LABELS = (ModelLabel(1, "Liver"), ModelLabel(2, "Left kidney"), ModelLabel(5, "12"))
Chances = NDArray[np.float64]


class Wavering(torch.nn.Module):
    """Scores that depend on the image and on the place in the window, so that overlapping windows differ."""

    def __init__(self, classes: int, seed: int) -> None:
        super().__init__()
        draw = np.random.default_rng(seed)
        self.slopes = torch.tensor(draw.normal(size=(classes, 1, 1, 1)), dtype=torch.float32)
        self.places = torch.tensor(draw.normal(size=(classes, *WINDOWS.roi)), dtype=torch.float32)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image * self.slopes + self.places


def image() -> NDArray[np.float32]:
    return np.random.default_rng(7).normal(size=(1, *SHAPE)).astype(np.float32)


def mean_scores(networks: list[Wavering]) -> Chances:
    """Of all windows and networks, all classes of all voxels at once."""
    weight = importance(WINDOWS.roi, WINDOWS).astype(np.float64)
    classes = len(networks[0].slopes)
    sums, weights = np.zeros((classes, *SHAPE)), np.zeros(SHAPE)
    for start in window_starts(WINDOWS.roi, WINDOWS, SHAPE):
        place = tuple(slice(a, a + n) for a, n in zip(start, WINDOWS.roi, strict=True))
        window = image()[(slice(None), *place)].astype(np.float64)
        answers = [window * n.slopes.numpy().astype(np.float64) + n.places.numpy() for n in networks]
        sums[(slice(None), *place)] += np.mean(answers, axis=0) * weight
        weights[place] += weight
    return sums / weights


def computed(networks: list[Wavering], head: Head, values: tuple[int, ...]) -> Decision:
    predictor = TorchPredictor(networks)
    return decided(image(), WINDOWS, head, predictor, lambda done, count: None, probability_of=values)


def assert_bytes_of(found: NDArray[np.uint8], chances: Chances) -> None:
    """Half is rounded up; floats may fall to either side of it only where they lie on it."""
    exact = 255 * chances
    clear = np.abs(exact - np.floor(exact) - 0.5) > 1e-3
    assert clear.mean() > 0.95
    np.testing.assert_array_equal(found[clear], np.floor(exact + 0.5)[clear])
    assert np.abs(found - exact).max() < 0.502


@pytest.mark.parametrize("at_once", [1 << 24, 400])  # all planes of a slab, or one by one
@pytest.mark.parametrize("folds", [1, 3])
def test_softmax_of_the_averaged_scores(folds: int, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probabilities, "MOST_NUMBERS", at_once)
    networks = [Wavering(4, seed) for seed in range(folds)]
    made = computed(networks, Head(values=(0, 1, 2, 5)), (5, 1)).probabilities
    scores = np.exp(mean_scores(networks))
    chances = scores / scores.sum(axis=0)
    assert made is not None
    assert_bytes_of(made.winner, chances.max(axis=0))
    assert_bytes_of(made.of[5], chances[3])
    assert_bytes_of(made.of[1], chances[1])
    assert list(made.by_name(LABELS)) == [WINNER_MAP, label_map(5, "12"), label_map(1, "Liver")]


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.2])
def test_sigmoid_of_what_was_decided(threshold: float) -> None:
    networks = [Wavering(3, 11)]
    head = Head(HeadKind.INDEPENDENT, values=(1, 2, 5), threshold=threshold)
    decision = computed(networks, head, (2,))
    made, chances = decision.probabilities, 1 / (1 + np.exp(-mean_scores(networks)))
    highest = chances.max(axis=0)
    assert made is not None
    assert_bytes_of(made.winner, np.where(highest >= threshold, highest, 1 - highest))
    assert_bytes_of(made.of[2], chances[1])
    is_in = np.any([plane != 0 for plane in decision.planes], axis=0)
    np.testing.assert_array_equal(is_in, highest >= threshold)


def test_a_background_channel_of_its_own_is_no_structure() -> None:
    networks = [Wavering(3, 5)]
    head = Head(HeadKind.INDEPENDENT, has_background=True)
    made = computed(networks, head, (1,)).probabilities
    chances = 1 / (1 + np.exp(-mean_scores(networks)))
    highest = chances[1:].max(axis=0)
    assert made is not None
    assert_bytes_of(made.winner, np.maximum(highest, 1 - highest))
    assert_bytes_of(made.of[1], chances[1])


def filled(head: Head, scores: Any, values: tuple[int, ...] = (), weight: float = 2.0) -> Probabilities:
    """Maps of one column of voxels; ``scores`` (channel, voxel) are means, which come as weighted sums."""
    sums = torch.tensor(scores, dtype=torch.float32)[:, :, None, None] * weight
    made = Probabilities(head, (sums.shape[1], 1, 1), len(sums), values)
    made.take(0, sums, torch.full(sums.shape[1:], weight))
    return made


def test_a_byte_is_rounded_to_the_nearest_and_upwards_in_the_middle() -> None:
    head = Head(is_activated=True)
    chances = [[0.5, 0.25, 1.0, 0.0, 0.1, 0.998], [0.5, 0.75, 0.0, 1.0, 0.9, 0.002]]
    made = filled(head, chances, (1,))
    assert made.winner.ravel().tolist() == [128, 191, 255, 255, 230, 254]  # 127.5 and 191.25, 229.5 in double precision
    assert made.of[1].ravel().tolist() == [128, 191, 0, 255, 230, 1]


def test_equal_scores_share_and_what_is_no_number_is_unknown() -> None:
    inf, nan = float("inf"), float("nan")
    made = filled(Head(), [[0.0, 80.0, nan, inf, -900.0], [0.0, -80.0, 1.0, 0.0, 900.0], [0.0] * 4 + [0.0]], (1,))
    assert made.winner.ravel().tolist() == [85, 255, 0, 0, 255]
    assert made.of[1].ravel().tolist() == [85, 0, 0, 0, 255]
    many = filled(Head(), [[0.0]] * 600)  # 0.425 of a byte: known, though less than one
    assert many.winner.ravel().tolist() == [1]
    sigmoid = filled(Head(HeadKind.INDEPENDENT), [[0.0, nan, inf], [-1.0, 0.0, 0.0]], (1,))
    assert sigmoid.winner.ravel().tolist() == [128, 0, 255]
    assert sigmoid.of[1].ravel().tolist() == [128, 0, 255]


def test_a_dropped_part_has_no_probability() -> None:
    chances = np.zeros((2, 8, 1, 1), np.float32)
    chances[1] = np.array([0.9, 0.9, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1])[:, None, None]
    chances[0] = 1 - chances[1]
    head = Head(is_activated=True, keeps_largest=(1,))
    decision = Decision(head, (8, 1, 1), 2, wants_doubt=False, probability_of=(1,))
    decision.take(0, torch.from_numpy(chances), torch.ones(8, 1, 1))
    decision.keep_largest()
    assert decision.planes[0].ravel().tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert decision.probabilities is not None
    assert decision.probabilities.winner.ravel().tolist() == [230, 230, 230, 0, 230, 230, 230, 230]
    assert decision.probabilities.of[1][3] == 230  # what the network gave


def test_structures_around_clicks_have_the_sigmoid_of_their_own_scores() -> None:
    pointed = AroundClicks((Pointed(3, "three", (), ()),), (4, 1, 1), torch.nn.Identity(), torch.zeros, is_all=True)
    decision = nothing_found(pointed, Head(), (4, 1, 1), (3,), wants_doubt=False)
    sums = np.array([2.0, -2.0, 2.0], np.float32).reshape(3, 1, 1)
    place = (slice(0, 3), slice(0, 1), slice(0, 1))
    labels = decision.planes[0][place]
    labels[0] = 3  # the third voxel belongs to a part that was dropped
    assert decision.probabilities is not None
    decision.probabilities.draw(place, 3, sums, np.ones(sums.shape, bool), labels)
    assert decision.probabilities.winner.ravel().tolist() == [225, 225, 0, 0]
    assert decision.probabilities.of[3].ravel().tolist() == [225, 30, 225, 0]


def test_copies_stay_small_and_maps_take_one_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    plain: Callable[..., Any] = Probabilities._exclusive

    def watched(self: Probabilities, part: torch.Tensor, weight: torch.Tensor) -> Any:
        seen.append(part.numel())
        return plain(self, part, weight)

    monkeypatch.setattr(Probabilities, "_exclusive", watched)
    monkeypatch.setattr(probabilities, "MOST_NUMBERS", 2 * 50 * 14 * 11)
    made = computed([Wavering(50, 3)], Head(), (1, 2)).probabilities
    assert made is not None
    assert max(seen) == 2 * 50 * 14 * 11
    assert sum(seen) == 50 * 23 * 14 * 11  # each score once
    assert sum(values.nbytes for values in (made.winner, *made.of.values())) == 3 * 23 * 14 * 11


def test_wishes_are_names_numbers_all_or_the_winner_alone() -> None:
    assert wished_values(("winner",), LABELS) == ()
    assert wished_values(("all",), LABELS) == (1, 2, 5)
    assert wished_values(("left KIDNEY", "winner", "1", "Liver"), LABELS) == (2, 1)
    assert wished_values(("12", "7"), LABELS) == (5, 7)  # a name goes before a number
    with pytest.raises(UserError, match="no structure “scan") as error:
        wished_values(("scan.nii",), LABELS)
    assert error.value.hint == "It has Liver, Left kidney, 12."
    many = tuple(ModelLabel(n, f"Bone {n}") for n in range(1, MOST_STRUCTURES + 2))
    with pytest.raises(UserError, match="too many"):
        wished_values(("all",), many)
    with pytest.raises(UserError, match="no scores for the label value 7"):
        Probabilities(Head(), SHAPE, 3, (7,))


def test_wishes_are_read_from_json() -> None:
    assert RunParameters.of({}).probability == ()
    assert RunParameters.of({"probability": "winner"}).probability == ("winner",)
    assert RunParameters.of({"probability": ["Liver", 3]}).probability == ("Liver", "3")
    for nonsense in (True, [True], [1.5], {"a": 1}):
        with pytest.raises(UserError, match="probability"):
            RunParameters.of({"probability": nonsense})


def test_a_map_says_whose_it_is() -> None:
    assert label_of_map(label_map(3, "Left kidney")) == (3, "Left kidney")
    for other in (WINNER_MAP, "uncertainty", "probability x Liver", "probability 3 "):
        assert label_of_map(other) is None


def test_networks_that_decide_themselves_have_no_maps_and_it_is_said() -> None:
    made = Decision(Head(HeadKind.DECIDED), SHAPE, 1, wants_doubt=True, probability_of=())
    assert made.probabilities is None
    assert "labels alone" in why_no_maps(Head(HeadKind.DECIDED))
    assert why_no_maps(Head()) == why_no_maps(Head(HeadKind.INDEPENDENT)) == ""
    with pytest.raises(UserError, match="one number where a score for each label"):
        Decision(Head(), SHAPE, 1, wants_doubt=False)
