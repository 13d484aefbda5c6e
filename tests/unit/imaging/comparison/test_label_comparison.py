"""Pairs of segments, grids that differ, progress and stopping."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.comparison.common_grid import on_one_grid
from imaging.comparison.difference import BOTH, ONLY_A, ONLY_B, difference_labels
from imaging.comparison.label_comparison import compare_labels
from imaging.comparison.pairing import pair_segments
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Box, Geometry

GRID = Geometry((10, 20, 30), np.diag([1.0, 1.0, 2.0, 1.0]))


def named(*names: str, values: tuple[int, ...] = ()) -> list[LabelSegment]:
    return [LabelSegment(name, None, value) for value, name in zip(values or range(1, 99), names, strict=False)]


def masks(segments: list[LabelSegment], geometry: Geometry = GRID, shift: int = 0) -> LabelFile:
    """A block for each segment, one beside the other."""
    layer = np.zeros(GRID.shape, np.uint8)
    for n, segment in enumerate(segments):
        layer[2:8, 4:14, 1 + 5 * n + shift : 5 + 5 * n + shift] = segment.label_value
    return LabelFile(geometry, [layer[: geometry.shape[0]]], segments)


def pairs(a: list[LabelSegment], b: list[LabelSegment], names: list[str] | None = None) -> list[tuple[str, str]]:
    return [(one.name, other.name) for one, other in pair_segments(a, b, names).pairs]


def test_segments_are_paired_by_name_whatever_case_and_number() -> None:
    found = pair_segments(named("Liver", "Spleen", "Colon"), named("spleen", "LIVER ", "Aorta"))
    assert [(one.name, other.name) for one, other in found.pairs] == [("Liver", "LIVER "), ("Spleen", "spleen")]
    assert [s.name for s in found.only_in_a] == ["Colon"]
    assert [s.name for s in found.only_in_b] == ["Aorta"]


def test_label_values_pair_what_has_no_names() -> None:
    assert pairs(named("Liver", "Spleen"), named("Label 2", "Label 1", values=(2, 1))) == [
        ("Liver", "Label 1"),
        ("Spleen", "Label 2"),
    ]


def test_label_values_do_not_pair_different_names() -> None:
    assert pairs(named("Liver"), named("Spleen")) == []


def test_the_second_of_a_name_belongs_to_the_second() -> None:
    found = pair_segments(named("Node", "Node", "Node"), named("Node", "Node"))
    assert [(one.label_value, other.label_value) for one, other in found.pairs] == [(1, 1), (2, 2)]
    assert [s.label_value for s in found.only_in_a] == [3]


def test_names_and_values_choose_segments() -> None:
    a, b = named("Liver", "Spleen", "Colon"), named("Liver", "Spleen", "Colon")
    assert pairs(a, b, ["spleen", "3"]) == [("Spleen", "Spleen"), ("Colon", "Colon")]
    with pytest.raises(UserError, match="Kidney") as caught:
        pair_segments(a, b, ["Kidney"])
    assert "Liver, Spleen, Colon" in caught.value.hint


def test_each_pair_is_compared_in_its_own_box() -> None:
    segments = named("Liver", "Spleen", "Colon")
    result = compare_labels(masks(segments), masks(segments, shift=1))
    assert [s.name for s in result.segments] == ["Liver", "Spleen", "Colon"]
    assert [s.agreement.dice for s in result.segments] == pytest.approx([0.75] * 3)
    assert [s.agreement.hausdorff_mm for s in result.segments] == pytest.approx([1] * 3)
    assert result.mean_dice == pytest.approx(0.75)


def test_empty_pairs_count_in_no_mean_and_lonely_segments_are_listed() -> None:
    a = masks(named("Liver", "Spleen"))
    b = LabelFile(GRID, a.layers, named("Liver", "Aorta", "Vein", values=(1, 2, 9)))
    result = compare_labels(LabelFile(GRID, a.layers, [*a.segments, LabelSegment("Vein", None, 7)]), b)
    assert [(s.name, s.agreement.is_measured) for s in result.segments] == [("Liver", True), ("Vein", False)]
    assert result.mean_dice == 1
    (spleen, size), (aorta, _) = result.only_in_a[0], result.only_in_b[0]
    assert (spleen.name, aorta.name) == ("Spleen", "Aorta")
    assert size.volume_ml == pytest.approx(6 * 10 * 4 * 2 / 1000)


def test_nothing_to_compare_gives_no_mean() -> None:
    result = compare_labels(masks(named("Liver")), masks(named("Spleen")))
    assert (result.segments, result.mean_dice) == ([], None)


def test_segments_may_overlap_on_layers() -> None:
    whole = np.ones(GRID.shape, np.uint8)
    segments = [LabelSegment("Body", None, 1, 1), LabelSegment("Liver", None, 1, 0)]
    liver = masks(named("Liver")).layers[0]
    result = compare_labels(LabelFile(GRID, [liver, whole], segments), LabelFile(GRID, [liver, whole], segments))
    assert [s.agreement.voxels_common for s in result.segments] == [whole.size, np.count_nonzero(liver)]


def test_progress_grows_to_one_and_names_the_segment() -> None:
    told: list[tuple[float, str]] = []
    segments = named("Liver", "Spleen")
    compare_labels(masks(segments), masks(segments, shift=1), report=lambda done, text: told.append((done, text)))
    fractions = [done for done, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert {text for _, text in told} >= {"Liver", "Spleen"}


def test_what_the_report_raises_ends_the_work() -> None:
    class Stop(Exception):
        pass

    def stop(done: float, text: str) -> None:
        if text == "Spleen":
            raise Stop

    segments = named("Liver", "Spleen")
    with pytest.raises(Stop):
        compare_labels(masks(segments), masks(segments), report=stop)


def test_a_crop_is_laid_on_the_larger_grid_whichever_it_is() -> None:
    full = masks(named("Liver"))
    box = Box(1, 9, 3, 15, 0, 8)
    crop = LabelFile(GRID.cropped(box), [full.layers[0][box.slices]], full.segments)
    for a, b in ((full, crop), (crop, full)):
        found = on_one_grid(a, b)
        assert found.resampled is None
        assert compare_labels(found.a, found.b).mean_dice == 1


def test_other_grids_need_consent() -> None:
    a = masks(named("Liver"))
    affine = GRID.affine.copy()
    affine[0, 3] = 0.4
    b = LabelFile(Geometry(GRID.shape, affine), a.layers, a.segments)
    with pytest.raises(UserError, match="different grids") as caught:
        on_one_grid(a, b)
    assert "--resample" in caught.value.hint
    found = on_one_grid(a, b, consent_to_resample=True)
    assert [size.volume_ml for size in found.resampled] == pytest.approx([0.48, 0.48])
    assert compare_labels(found.a, found.b).mean_dice == 1


def test_uneven_grids_are_refused() -> None:
    origins = np.zeros((10, 3))
    origins[:, 2] = np.arange(10) ** 1.5
    uneven = masks(named("Liver"), Geometry(GRID.shape, GRID.affine, slice_origins_mm=origins))
    with pytest.raises(UserError, match="unevenly spaced"):
        on_one_grid(masks(named("Liver")), uneven)


def test_masks_on_two_grids_are_our_mistake() -> None:
    with pytest.raises(ValueError):
        compare_labels(masks(named("Liver")), masks(named("Liver"), Geometry((9, 20, 30), GRID.affine)))


def test_the_difference_says_who_has_each_voxel() -> None:
    a, b = masks(named("Liver")), masks(named("Liver"), shift=1)
    found = difference_labels(a, a.segments[0], b, b.segments[0])
    one, other = a.mask(a.segments[0]), b.mask(b.segments[0])
    assert np.array_equal(found == ONLY_A, one & ~other)
    assert np.array_equal(found == ONLY_B, other & ~one)
    assert np.array_equal(found == BOTH, one & other)
    assert set(np.unique(found)) == {0, ONLY_A, ONLY_B, BOTH}


def test_two_empty_segments_do_not_differ() -> None:
    a = masks(named("Liver"))
    empty = LabelSegment("Vein", None, 7)
    assert not difference_labels(a, empty, a, empty).any()
    assert np.array_equal(difference_labels(a, empty, a, a.segments[0]) == ONLY_B, a.mask(a.segments[0]))
