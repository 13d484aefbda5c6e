"""A result that waits for acceptance has classes of its own in volumes; strokes beside it cost what they did."""

from __future__ import annotations

import numpy as np

from imaging.edit import AddSegment, PaintEdit
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Volume
from render.cinematic.scene import ClassMap
from render.volume_content import ContentKeeper, ContentLog, DrawnContent
from session.change import DocumentChange
from session.look.look import Look
from session.preview import Preview, ProposedSegment

SHAPE = (12, 20, 16)
CORNER = Box(1, 4, 1, 5, 1, 6)


class Case:
    """An image with a painted segment."""

    def __init__(self) -> None:
        geometry = Geometry(SHAPE, np.diag([0.5, 0.5, 0.5, 1.0]))
        self.volume = Volume(geometry, np.random.default_rng(1).integers(-100, 900, SHAPE, np.int16))
        self.segmentation = Segmentation(geometry)
        self.segmentation.apply(AddSegment(Segment(1, "liver", (50, 0, 0))))
        self.log, self.keeper = ContentLog(), ContentKeeper(1 << 30)
        self.paint(CORNER)

    def paint(self, box: Box) -> None:
        mask = np.ones(box.shape, bool)
        self.segmentation.apply(PaintEdit(1, box, mask))
        self.log.note(DocumentChange(segment_numbers=frozenset({1}), boxes={0: box}))

    def drawn(self, preview: Preview | None) -> DrawnContent:
        content = self.log.content(self.volume, self.segmentation, preview)
        found = self.keeper.drawn(content, Look(), lambda: True)
        assert found is not None
        return found

    def classes(self, preview: Preview | None) -> ClassMap:
        found = self.drawn(preview).classes
        assert found is not None
        return found


def result(box: Box) -> Preview:
    labels = np.zeros(SHAPE, np.uint8)
    labels[box.slices] = 7
    proposed = ProposedSegment(0, 7, "spleen", (0, 90, 0), int((labels > 0).sum()))
    return Preview("model", "model m@1", "segment.run", {}, [labels], [proposed])


def test_it_is_a_class_with_its_own_colour_and_no_number_of_the_case() -> None:
    case = Case()
    drawn = case.drawn(result(Box(6, 10, 6, 10, 6, 10)))
    assert drawn.classes is not None
    assert drawn.classes.numbers == (1, -1)
    assert [(r.number, r.color) for r in drawn.records] == [(1, (50, 0, 0)), (-1, (0, 90, 0))]
    assert drawn.classes.classes[8, 8, 8] == 2
    assert drawn.classes.classes[2, 3, 3] == 1
    assert [s.number for s in case.segmentation.segments] == [1]


def test_it_goes_when_it_is_rejected_and_another_takes_its_place() -> None:
    case = Case()
    assert case.classes(result(Box(6, 10, 6, 10, 6, 10))).classes[8, 8, 8] == 2
    other = case.classes(result(Box(1, 10, 12, 18, 8, 14)))
    assert other.classes[8, 8, 8] == 0
    assert other.classes[5, 15, 11] == 2
    gone = case.classes(None)
    assert gone.numbers == (1,)
    assert set(np.unique(gone.classes)) == {0, 1}


def test_a_stroke_beside_it_makes_only_its_own_region_again() -> None:
    case, preview = Case(), result(Box(6, 10, 6, 10, 6, 10))
    first = case.log.content(case.volume, case.segmentation, preview)
    assert case.log.content(case.volume, case.segmentation, preview) is first
    case.drawn(preview)
    stroke = Box(1, 3, 14, 17, 10, 13)
    case.paint(stroke)
    content = case.log.content(case.volume, case.segmentation, preview)
    assert content.changed_since(first.label_revision) == {0: stroke}
    found = case.classes(preview)
    assert case.keeper._built is not None
    assert case.keeper._built.changed is not None
    assert found.classes[2, 15, 11] == 1
    assert found.classes[8, 8, 8] == 2


def test_a_first_result_needs_no_segment_in_the_case() -> None:
    geometry = Geometry(SHAPE, np.diag([0.5, 0.5, 0.5, 1.0]))
    empty = Segmentation(geometry)
    volume = Volume(geometry, np.zeros(SHAPE, np.int16))
    preview = result(Box(6, 10, 6, 10, 6, 10))
    content = ContentLog().content(volume, empty, preview)
    found = ContentKeeper(1 << 30).drawn(content, Look(), lambda: True)
    assert found is not None
    assert found.classes is not None
    assert found.classes.numbers == (-1,)
