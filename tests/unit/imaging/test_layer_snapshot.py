"""A snapshot of the layers is what they were when it was taken, whoever writes them meanwhile."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

from imaging import layer_snapshot
from imaging.edit import AddSegment, Batch, LabelsEdit, PaintEdit, RemoveSegment
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation

SHAPE = (40, 24, 24)


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Segmentation:
    """Two layers of noise; a snapshot copies three slices at a time."""
    monkeypatch.setattr(layer_snapshot, "COPIED_BYTES", 3 * SHAPE[1] * SHAPE[2])
    segmentation = Segmentation(Geometry(SHAPE, np.diag([1.0, 1, 2, 1])))
    segmentation.apply(Batch((AddSegment(Segment(1, "one")), AddSegment(Segment(2, "two", layer=1)))))
    noise = np.random.default_rng(1)
    for number in (1, 2):
        labels = noise.integers(0, 2, SHAPE).astype(np.uint8)
        segmentation.apply(LabelsEdit(Box.whole(SHAPE), labels, {1: number}))
    assert len(segmentation.layers) == 2
    return segmentation


def paint(segmentation: Segmentation, number: int, box: Box, *, erase: bool = False):
    return segmentation.apply(PaintEdit(number, box, np.ones(box.shape, bool), erase=erase))


def must_be(found: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    assert len(found) == len(wanted)
    assert all(np.array_equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_strokes_undo_and_new_layers_after_it_are_not_in_it(two) -> None:
    wanted = [layer.copy() for layer in two.layers]
    snapshot = two.snapshot()
    change = paint(two, 1, Box(5, 9, 2, 20, 2, 20))
    paint(two, 2, Box(30, 40, 0, 24, 0, 24), erase=True)
    two.replay(change.inverted())
    two.apply(RemoveSegment(2))
    two.apply(AddSegment(Segment(3, "three", layer=2)))
    paint(two, 3, Box(0, 40, 0, 24, 0, 24))
    must_be(snapshot.layers(), wanted)
    assert not np.array_equal(two.layers[1], wanted[1])


def test_two_snapshots_are_each_of_their_own_moment(two) -> None:
    first, wanted_first = two.snapshot(), [layer.copy() for layer in two.layers]
    paint(two, 1, Box(0, 20, 0, 24, 0, 24), erase=True)
    second, wanted_second = two.snapshot(), [layer.copy() for layer in two.layers]
    paint(two, 1, Box(10, 40, 0, 24, 0, 24), erase=True)
    must_be(second.layers(), wanted_second)
    must_be(first.layers(), wanted_first)


def test_what_is_copied_does_not_change_later(two) -> None:
    snapshot, wanted = two.snapshot(), [layer.copy() for layer in two.layers]
    copies = snapshot.layers()
    paint(two, 1, Box.whole(SHAPE), erase=True)
    must_be(copies, wanted)
    must_be(snapshot.layers(), wanted)


def test_painting_while_it_is_copied_on_another_thread(two) -> None:
    noise = np.random.default_rng(2)
    for _ in range(60):
        wanted = [layer.copy() for layer in two.layers]
        snapshot, found = two.snapshot(), []
        copying = threading.Thread(target=lambda s=snapshot, f=found: f.extend(s.layers()))
        copying.start()
        for _ in range(8):
            k, j, i = (int(noise.integers(0, n - 6)) for n in SHAPE)
            paint(two, int(noise.integers(1, 3)), Box(k, k + 6, j, j + 6, i, i + 6), erase=bool(noise.integers(2)))
        copying.join()
        must_be(found, wanted)


def test_a_snapshot_that_nobody_wants_any_more_costs_nothing(two) -> None:
    snapshot = two.snapshot()
    assert [one() for one in two._snapshots] == [snapshot]
    del snapshot
    gc.collect()
    paint(two, 1, Box(0, 2, 0, 2, 0, 2), erase=True)
    two.snapshot()
    assert len(two._snapshots) == 1
