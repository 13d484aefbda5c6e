"""Structures of a result that overlap: which of them enclose others, and that nothing of any is lost on the way."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.actions import declare_all
from imaging.case.case import Case
from imaging.edit import AddSegment, Batch, Edit, PaintEdit, PaintRule
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.formats.masks import read_labels
from imaging.geometry import Box, Geometry
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, Volume
from inference.engine.deciding import merged_layers
from inference.result import InferenceResult, check_layers
from render.slice_scene import segment_styles
from session.acceptance import AcceptanceRule, Merge, accept
from session.document import Document
from session.exporting import export_masks, labels_of, labels_of_preview, stacked
from session.preview import Preview
from session.segmenting import preview_of
from session.session import Session
from session.settings import Settings

SHAPE = (12, 20, 24)
GEOMETRY = Geometry(SHAPE, np.diag([1.0, 1.0, 2.0, 1.0]))
LIVER = Box(2, 9, 3, 14, 3, 14)
OTHERS = {
    "contained": Box(4, 6, 5, 8, 5, 9),
    "partly": Box(7, 11, 10, 18, 3, 14),
    "disjoint": Box(2, 9, 15, 19, 15, 23),
    "identical": LIVER,
}
Masks = dict[str, np.ndarray]


def mask(box: Box) -> np.ndarray:
    found = np.zeros(SHAPE, bool)
    found[box.slices] = True
    return found


def preview_with(masks: Masks) -> Preview:
    """As the worker's answer is taken: planes of a sigmoid head on as few layers as hold them."""
    planes = [np.where(one, value, 0).astype(np.uint8) for value, one in enumerate(masks.values(), 1)]
    layers = tuple(merged_layers(planes))
    declared = [(value, name, "") for value, name in enumerate(masks, 1)]
    labels = check_layers(layers, SHAPE, declared, {value: True for value, _, _ in declared})
    result = InferenceResult("net", "Net", "1", "", layers, labels, (), {"run": 1.0}, 10.0, {}, ())
    return preview_of(result, GEOMETRY)


def pair(kind: str) -> Masks:
    return {"liver": mask(LIVER), "other": mask(OTHERS[kind])}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    volume = Volume(GEOMETRY, np.zeros(SHAPE, np.int16), Quantity.HU)
    made = Session(Settings(tmp_path / "settings.json"))
    declare_all(made)
    made.set_document(Document([volume], Case.create(tmp_path / "a.limner", GEOMETRY, []), author="me"))
    yield made
    made.set_document(None)


def voxels_of(segmentation: Segmentation) -> Masks:
    return {s.name: segmentation.mask(s.number) for s in segmentation.segments}


def paint(document: Document, name: str, one: np.ndarray, rule: PaintRule | None = None) -> int:
    number = document.segmentation.next_number
    edits: list[Edit] = [AddSegment(Segment(number, name, label_value=number))]
    edits.append(PaintEdit(number, Box.whole(SHAPE), one, rule=rule or PaintRule()))
    document.apply(Batch(tuple(edits)), title="Paint", tool="t")
    return number


@pytest.mark.parametrize("kind", OTHERS)
def test_only_what_contains_another_is_outlined_and_hidden(kind: str, session: Session) -> None:
    document = session.open_document
    document.set_preview(preview_with(pair(kind)))
    session.actions["preview.accept_all"].run(session)
    encloses = {s.name: s.encloses for s in document.segmentation.segments}
    assert encloses == {"liver": kind == "contained", "other": False}
    visible = session.presentation.is_visible
    assert {s.name: visible(s.number) for s in document.segmentation.segments} == {
        "liver": kind != "contained",
        "other": True,
    }
    styles = segment_styles(document, session.presentation.state)
    assert all(style.fill_opacity for style in styles)
    assert sum(len(style.colors) for style in styles) == (1 if kind == "contained" else 2)


@pytest.mark.parametrize("merge", Merge)
@pytest.mark.parametrize("kind", OTHERS)
def test_acceptance_takes_nothing_from_any_structure(kind: str, merge: Merge, session: Session, tmp_path: Path) -> None:
    document, masks = session.open_document, pair(kind)
    vein = mask(Box(0, 12, 6, 8, 6, 8))
    paint(document, "vein", vein)
    document.set_preview(preview_with(masks))
    accept(document, rule=AcceptanceRule(merge))
    expected = {name: one & ~vein if merge is Merge.EMPTY else one for name, one in masks.items()}
    if merge is Merge.EMPTY and kind == "contained":
        expected["liver"] = masks["liver"]  # what encloses others shares its voxels with all of them
    check(voxels_of(document.segmentation), expected | {"vein": vein})
    session.set_document(None)
    case = Case.open(tmp_path / "a.limner")
    check(voxels_of(case.segmentation), expected | {"vein": vein})
    case.close()


@pytest.mark.parametrize("merge", [Merge.REPLACE, Merge.ADD])
@pytest.mark.parametrize("kind", OTHERS)
def test_segments_of_the_same_name_that_shared_a_layer_are_parted(kind: str, merge: Merge, session: Session) -> None:
    document, masks = session.open_document, pair(kind)
    before = {"liver": mask(Box(0, 4, 0, 6, 0, 6)), "other": mask(Box(0, 4, 6, 12, 0, 6))}
    for name, one in before.items():
        paint(document, name, one)
    document.set_preview(preview_with(masks))
    accept(document, rule=AcceptanceRule(merge))
    kept = before if merge is Merge.ADD else {}
    check(voxels_of(document.segmentation), {n: one | kept.get(n, False) for n, one in masks.items()})
    document.undo()
    check(voxels_of(document.segmentation), before)


def test_after_acceptance_painting_parts_what_only_overlaps_and_spares_what_is_inside(session: Session) -> None:
    document = session.open_document
    masks = {**pair("contained"), "stomach": mask(OTHERS["partly"])}
    document.set_preview(preview_with(masks))
    accept(document)
    liver = document.segmentation.find("liver")
    assert liver is not None
    document.apply(PaintEdit(liver.number, LIVER, np.ones(LIVER.shape, bool)), title="Paint", tool="t")
    check(voxels_of(document.segmentation), masks)  # the liver encloses, so it takes nothing
    stomach = document.segmentation.find("stomach")
    assert stomach is not None
    document.apply(PaintEdit(stomach.number, LIVER, np.ones(LIVER.shape, bool)), title="Paint", tool="t")
    after = voxels_of(document.segmentation)
    assert after["liver"].sum() == masks["liver"].sum()
    assert not after["other"].any()  # an ordinary segment beside an ordinary one


@pytest.mark.parametrize("order", ["whole core enhancing", "core whole enhancing", "enhancing core whole"])
@pytest.mark.parametrize("of", ["preview", "case"])
def test_a_file_with_one_layer_has_all_of_what_lies_innermost(
    order: str, of: str, session: Session, tmp_path: Path
) -> None:
    boxes = {"whole": Box(1, 11, 1, 19, 1, 23), "core": Box(2, 9, 2, 15, 2, 15), "enhancing": Box(3, 5, 3, 9, 3, 9)}
    preview = preview_with({name: mask(boxes[name]) for name in order.split()})
    document = session.open_document
    document.set_preview(preview)
    labels = labels_of_preview(preview, GEOMETRY)
    if of == "case":
        accept(document)
        labels = labels_of(document.segmentation)
    export_masks(labels, tmp_path / "m.nii.gz", stack=True)
    export_masks(labels, tmp_path / "m.seg.nrrd", stack=True)
    whole = read_labels(tmp_path / "m.seg.nrrd")
    check({s.name: whole.mask(s) for s in whole.segments}, {name: mask(box) for name, box in boxes.items()})
    flat = read_labels(tmp_path / "m.nii.gz")
    sizes = sorted(int((flat.layers[0] == s.label_value).sum()) for s in flat.segments)
    volume = {name: int(mask(box).sum()) for name, box in boxes.items()}
    rings = [volume["enhancing"], volume["core"] - volume["enhancing"], volume["whole"] - volume["core"]]
    assert sizes == sorted(rings)


def check(found: Masks, expected: Masks) -> None:
    assert found.keys() == expected.keys()
    for name, one in expected.items():
        np.testing.assert_array_equal(found[name], one, name)


def test_one_layer_of_many_segments_needs_no_volume_for_each_of_them() -> None:
    shape, count = (32, 64, 64), 60
    even, odd = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    for n in range(count // 2):
        even[:, :, 2 * n : 2 * n + 2] = odd[:, :, 2 * n + 1 : 2 * n + 3] = n + 1
    segments = [LabelSegment(f"{n}", None, n // 2 + 1, n % 2) for n in range(count)]
    labels = LabelFile(Geometry(shape, np.eye(4)), [even, odd], segments)
    tracemalloc.start()
    try:
        flat = stacked(labels)
        assert tracemalloc.get_traced_memory()[1] < 4 * even.size * np.dtype(np.uint16).itemsize
    finally:
        tracemalloc.stop()
    (layer,) = flat.layers
    taken = np.zeros(shape, bool)
    for before, after in zip(segments, flat.segments, strict=True):
        one = labels.mask(before) & ~taken
        taken |= one
        np.testing.assert_array_equal(layer == after.label_value, one)
    assert len({s.label_value for s in flat.segments}) == count
    assert [(s.name, s.layer) for s in flat.segments] == [(s.name, 0) for s in segments]
