"""What is shown before a run is over: windows side by side first, true labels as they come, and the same end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Box, Geometry
from inference.early_result import MOST_LAYERS, EarlyResult
from inference.engine import early, early_labels
from inference.engine.deciding import Decision
from inference.engine.early import FirstLook, Planes, nearest_first
from inference.engine.early_labels import early_result
from inference.engine.packaged_model import PackagedModel
from inference.engine.placement import whole
from inference.engine.predictor import Mirrored
from inference.engine.recipe import Head, HeadKind, Shape, Windows
from inference.engine.sliding import decided
from inference.model import ModelLabel

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SIZE = (12, 10, 8)
SHAPE = (40, 33, 27)
HALF = Windows(SIZE, (0.5, 0.5, 0.5), is_gaussian=True, batch=4)
IMAGE = np.random.default_rng(1).normal(size=(1, *SHAPE)).astype(np.float32)


class Edged:
    """Sees other things at the edges of its windows, as networks do: what overlaps decides otherwise."""

    backend, device = "test", "cpu"

    def __init__(self) -> None:
        self.windows = 0

    def __call__(self, batch: Any) -> Any:
        self.windows += len(batch)
        near = torch.nn.functional.avg_pool3d(batch, 5, 1, 2)
        return torch.cat([near, 0.05 * batch, -near + 0.1 * batch], 1)


class Seen:
    """A first look whose pictures are kept."""

    def __init__(self, predictor: Any, cost: float = 1.0) -> None:
        self.pictures: list[tuple[Planes, bool]] = []
        self.said: list[tuple[int, int]] = []
        self.look = FirstLook(self.show, predictor, cost, lambda done, count: self.said.append((done, count)))

    @property
    def first_pass(self) -> int:
        """How many pictures are of the first pass: one for each batch."""
        return len(self.said) - 1

    def show(self, planes: Planes, is_coarse: bool) -> None:
        self.pictures.append(([plane.copy() for plane in planes], is_coarse))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run is a long one, and every picture is due."""
    monkeypatch.setattr(early, "LEAST_RUN_S", 0.0)
    monkeypatch.setattr(early, "EVERY_S", 0.0)
    monkeypatch.setattr(early, "MOST_SHARE", 1e9)


def run(
    windows: Windows, seen: Seen | None = None, predictor: Any = None, head: Head | None = None, image: Any = IMAGE
) -> Decision:
    look = None if seen is None else seen.look
    return decided(image, windows, head or Head(), predictor or Edged(), lambda *_: None, early=look)


def side_by_side(size: Shape, shape: Shape) -> NDArray[np.uint8]:
    """By hand: each window decided alone. Those at the far ends are pushed back, and whichever comes later wins."""
    labels = np.zeros(shape, np.uint8)
    along = [[min(n, whole_ - step) for n in range(0, whole_, step)] for step, whole_ in zip(size, shape, strict=True)]
    starts = [(x, y, z) for x in along[0] for y in along[1] for z in along[2]]
    for start in nearest_first(starts, size, shape):
        place = tuple(slice(n, n + step) for n, step in zip(start, size, strict=True))
        scores = Edged()(torch.from_numpy(IMAGE[(slice(None), *place)])[None])
        labels[place] = scores[0].argmax(0).numpy()
    return labels


def test_the_first_picture_is_the_argmax_of_windows_side_by_side() -> None:
    seen = Seen(Edged())
    final = run(HALF, seen).planes[0]
    coarse = [planes[0] for planes, _ in seen.pictures[: seen.first_pass]][-1]
    expected = side_by_side(SIZE, SHAPE)
    np.testing.assert_array_equal(coarse, expected)
    assert (expected != final).mean() > 0.01  # the two do differ
    assert seen.pictures[0][1]
    assert seen.said[-1] == (seen.said[0][1],) * 2
    assert (seen.pictures[0][0][0] == 0).mean() > 0.5  # the first window was shown before the last was computed


def test_the_result_is_the_same_whoever_looks() -> None:
    alone = run(HALF).planes[0]
    watched = run(HALF, Seen(Edged())).planes[0]
    np.testing.assert_array_equal(watched, alone)


def test_true_labels_take_the_place_of_coarse_ones_slab_by_slab() -> None:
    seen = Seen(Edged())
    final = run(HALF, seen).planes[0]
    coarse = side_by_side(SIZE, SHAPE)
    later = [planes[0] for planes, _ in seen.pictures[seen.first_pass :]]
    assert len(later) >= 3
    ends = []
    for picture in later:
        changed = np.flatnonzero((picture != coarse).any(axis=(1, 2)))
        ends.append(int(changed[-1]) + 1)
        np.testing.assert_array_equal(picture[: ends[-1]], final[: ends[-1]])
        np.testing.assert_array_equal(picture[ends[-1] :], coarse[ends[-1] :])
    assert ends == sorted(set(ends))


def test_where_the_first_pass_is_dear_only_finished_slabs_are_shown() -> None:
    quarter = Windows(SIZE, (0.25, 0.25, 0.25), batch=2)
    predictor = Edged()
    seen = Seen(predictor)
    final = run(quarter, seen, predictor).planes[0]
    count = predictor.windows
    assert not seen.said
    assert seen.pictures
    assert not any(is_coarse for _, is_coarse in seen.pictures)
    alone = Edged()
    run(quarter, predictor=alone)
    assert count == alone.windows  # nothing was computed for the looks
    for (picture,), _ in seen.pictures:
        end = int(np.flatnonzero(picture.any(axis=(1, 2)))[-1]) + 1
        assert 0 < end < SHAPE[0]
        np.testing.assert_array_equal(picture[:end], final[:end])


def test_averaging_over_flips_makes_the_first_pass_cheap() -> None:
    quarter = Windows(SIZE, (0.25, 0.25, 0.25))
    mirrored = Mirrored(Edged(), (0, 1, 2))
    seen = Seen(mirrored.plain, 1 / mirrored.count)
    run(quarter, seen, mirrored)
    np.testing.assert_array_equal(seen.pictures[seen.first_pass - 1][0][0], side_by_side(SIZE, SHAPE))


def test_short_runs_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "LEAST_RUN_S", 1e6)
    predictor = Edged()
    seen = Seen(predictor)
    run(HALF, seen, predictor)
    alone = Edged()
    run(HALF, predictor=alone)
    assert not seen.pictures
    assert not seen.said
    assert predictor.windows == alone.windows
    assert seen.look.seconds == 0


def test_a_run_of_one_window_shows_nothing() -> None:
    seen = Seen(Edged())
    run(Windows((0, 0, 0)), seen)
    assert not seen.pictures


def test_overlapping_structures_have_a_plane_each() -> None:
    seen = Seen(Edged())
    final = run(HALF, seen, head=Head(HeadKind.INDEPENDENT, (5, 300, 9), 0.5)).planes
    first, _ = seen.pictures[seen.first_pass - 1]
    assert [np.unique(plane).tolist() for plane in first] == [[0, 5], [0, 300], [0, 9]]
    assert [plane.dtype for plane in first] == [plane.dtype for plane in final]


def test_planes_that_are_decided_already_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is known to be long only after its first slab."""
    flat = IMAGE[:, :, :10, :8]
    windows = Windows(SIZE, (0.9, 0.5, 0.5))
    seen = Seen(Edged())
    final = run(windows, seen, image=flat).planes[0]
    assert seen.said
    for (picture,), _ in seen.pictures:
        np.testing.assert_array_equal(picture[:1], final[:1])
    np.testing.assert_array_equal(final, run(windows, image=flat).planes[0])


def test_an_image_that_is_padded_is_shown_without_padding() -> None:
    small = IMAGE[:, :, :7, :27]
    seen = Seen(Edged())
    run(HALF, seen, image=small)
    assert {plane.shape for planes, _ in seen.pictures for plane in planes} == {small.shape[1:]}


def test_without_room_the_run_goes_on_unseen(caplog: pytest.LogCaptureFixture) -> None:
    def never(planes: Planes, is_coarse: bool) -> None:
        raise MemoryError

    look = FirstLook(never, Edged(), 1.0, lambda *_: None)
    found = decided(IMAGE, HALF, Head(), Edged(), lambda *_: None, early=look).planes[0]
    np.testing.assert_array_equal(found, run(HALF).planes[0])
    assert "no room" in caplog.text


def test_the_first_pass_can_be_stopped() -> None:
    class Stopped(Exception):
        pass

    def stop(done: int, count: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        decided(IMAGE, HALF, Head(), Edged(), lambda *_: None, early=FirstLook(lambda *_: None, Edged(), 1.0, stop))


def test_labels_come_back_to_the_image_with_their_names() -> None:
    plane = np.zeros((6, 5, 4), np.uint8)  # x, y, z
    plane[1, 2, 3], plane[4, 4, 0] = 7, 9
    names = {7: ModelLabel(7, "spleen", "spleen")}
    found = early_result([plane], whole((4, 5, 6)), (4, 5, 6), None, names, is_coarse=True)
    assert found.is_coarse
    np.testing.assert_array_equal(found.layers[0], plane.T)
    assert [(label.layer, label.label_value, label.name) for label in found.labels] == [
        (0, 7, "spleen"),
        (0, 9, "Label 9"),
    ]
    cut = early_result([plane], whole((4, 5, 6)), (4, 5, 6), Box(3, 9, 0, 5, 0, 6), names, is_coarse=False)
    assert (cut.layers[0] == np.where(np.arange(4)[:, None, None] >= 3, plane.T, 0)).all()


def test_too_many_layers_are_left_out_and_too_large_ones_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    planes = [np.full((2, 2, 2), value, np.uint8) for value in range(1, 9)]
    found = early_result(planes, whole((2, 2, 2)), (2, 2, 2), None, {}, is_coarse=True)
    assert len(found.layers) == MOST_LAYERS
    assert {label.layer for label in found.labels} == set(range(MOST_LAYERS))
    monkeypatch.setattr(early_labels, "HELD_AT_ONCE", 1 << 50)
    with pytest.raises(MemoryError):
        early_result(planes, whole((2, 2, 2)), (2, 2, 2), None, {}, is_coarse=True)


GRID = Geometry((20, 24, 28), np.array([[-0.9, 0, 0, 5], [0, 1.1, 0, -3], [0, 0, 2.0, 8], [0, 0, 0, 1.0]]))
SIDE: dict[str, Any] = {
    "name": "Bright things",
    "version": "3",
    "channels": [{"name": "CT", "modality": "CT"}],
    "labels": [{"value": 7, "name": "spleen"}],
    "spacing_mm": [1.3, 1.7, 1.1],
    "window": {"roi": [8, 8, 8], "overlap": 0.5},
    "head": "softmax",
}


class Threshold(torch.nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.full_like(image, 90.0), image], 1)


@pytest.mark.parametrize("region", [None, (2, 9, 5, 24, 0, 28)])
def test_a_models_early_results_lie_on_the_images_grid(
    tmp_path: Path, region: tuple[int, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(early, "MOST_EXTRA", 1.0)  # the image is so small that windows side by side are many
    torch.jit.script(Threshold()).save(str(tmp_path / "net.ts"))
    (tmp_path / "limner-model-side.json").write_text(json.dumps(SIDE))
    voxels = np.zeros(GRID.shape, np.int16)
    voxels[4:19, 3:21, 2:26] = 180
    seen: list[EarlyResult] = []
    shares: list[float] = []
    model = PackagedModel(tmp_path)
    model.early = seen.append
    wanted: dict[str, Any] = {"backend": "torch", "device": "cpu"} | ({"roi": list(region)} if region else {})
    result = model.run(voxels, GRID, wanted, lambda share, _: shares.append(share), lambda: False)
    assert [(label.layer, label.label_value, label.name) for label in seen[-1].labels] == [(0, 7, "spleen")]
    np.testing.assert_array_equal(seen[-1].layers[0], result.layers[0])  # a threshold is the same in all windows
    assert seen[-1].is_coarse
    assert result.seconds["coarse preview"] > 0
    assert min(result.seconds.values()) >= 0
    assert shares[-1] <= 1
    model.early = None
    assert "coarse preview" not in model.run(voxels, GRID, wanted, lambda *_: None, lambda: False).seconds
