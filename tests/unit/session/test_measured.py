"""What measurements say, and what is kept of which are shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.edit import AddSegment, Batch, PaintEdit
from imaging.extent import Extent
from imaging.geometry import Box, Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.measurements import AddMeasurement
from imaging.region_statistics import RegionStatistics
from imaging.segment import Segment
from imaging.segmentation import Segmentation
from imaging.volume import Quantity, SeriesWarning, Volume
from session.change import DocumentChange
from session.document import Document
from session.measured import MeasuredRegions, extent_text, extent_texts, number_text, value_lines
from session.measurement_table import csv_text, table
from session.presentation import PresentationState

SHAPE = (4, 20, 20)
REGION = Measurement(
    1, MeasurementKind.ELLIPSE, ((10.0, 10.0, 2.0), (14.0, 10.0, 2.0), (10.0, 13.0, 2.0)), (0.0, 0.0, 1.0), "Region 1"
)


def volume(quantity: Quantity = Quantity.HU, value: float = 5) -> Volume:
    return Volume(Geometry(SHAPE, np.eye(4)), np.full(SHAPE, value, np.float32), quantity)


@pytest.mark.parametrize(
    ("found", "quantity", "said"),
    [
        (RegionStatistics(9, -0.04, 12.26, -30.0, 41.0), Quantity.HU, ["0.0 ± 12.3 HU", "−30 … 41 HU"]),
        (RegionStatistics(9, 2.345, 0.5, 1.25, 4.5), Quantity.SUVBW, ["2.35 ± 0.50 SUVbw", "1.25 … 4.50 SUVbw"]),
        (RegionStatistics(9, 0.00123, 0.0001, 0.0011, 0.0014), Quantity.SIGNAL, ["0.0012 ± 0.0001", "0.0011 … 0.0014"]),
    ],
)  # fmt: skip
def test_values_have_their_unit_and_as_many_figures_as_mean_something(
    found: RegionStatistics, quantity: Quantity, said: list[str]
) -> None:
    assert value_lines(REGION, volume(quantity), found) == [*said, "37.7 mm²"]


def flat(extent_mm: float = 0.5) -> Volume:
    """One slice of which nobody says how thick it is."""
    geometry = Geometry((1, 20, 20), np.diag([extent_mm, extent_mm, 1.0, 1.0]), has_thickness=False)
    return Volume(geometry, np.zeros((1, 20, 20), np.int16), Quantity.HU, warnings=(SeriesWarning.NO_THICKNESS,))


def test_a_slice_of_unknown_thickness_is_measured_in_its_plane_alone() -> None:
    within = Measurement(1, MeasurementKind.LENGTH, ((0.0, 0.0, 0.0), (3.0, 4.0, 0.0)), (0.0, 0.0, 1.0), "In")
    through = within.changed(points_mm=((0.0, 0.0, -0.4), (3.0, 4.0, 0.4)))
    assert value_lines(within, flat(), None) == ["5.0 mm"]
    assert value_lines(through, flat(), None) == ["–"]
    assert value_lines(through, volume(), None) == ["5.1 mm"]


@pytest.mark.parametrize(("extent_mm", "said"), [(0.5, "10.0 mm²"), (10.0, "40.0 cm²")])
def test_a_segment_there_has_an_area(extent_mm: float, said: str) -> None:
    segmentation = Segmentation(flat(extent_mm).geometry)
    box = Box(0, 1, 0, 4, 0, 10)
    segmentation.apply(Batch((AddSegment(Segment(1, "Lesion")), PaintEdit(1, box, np.ones(box.shape, bool)))))
    assert extent_text(segmentation.extent(1)) == said


def test_sizes_that_are_compared_have_one_unit() -> None:
    areas = Extent(1020.0, is_area=True), Extent(20.0, is_area=True)
    assert extent_texts(*areas) == ["10.2 cm²", "0.2 cm²"]
    assert extent_texts(Extent(1020.0), Extent(0.04)) == ["1020.0 ml", "0.0 ml"]


def test_numbers_have_a_true_minus_and_no_minus_zero() -> None:
    assert [number_text(x, 1) for x in (-12.34, -0.04, 0.0, 3.0)] == ["\N{MINUS SIGN}12.3", "0.0", "0.0", "3.0"]


def test_statistics_are_kept_until_voxels_come_and_large_regions_wait(tmp_path: Path) -> None:
    document = Document([volume()], Case.create(tmp_path / "a.limner", Geometry(SHAPE, np.eye(4)), []))
    first = document.regions.of(document.volume, REGION)
    assert document.regions.of(document.volume, REGION) is first
    document.notify(DocumentChange(has_image=True))
    assert document.regions.of(document.volume, REGION) is not first
    fresh = MeasuredRegions()
    assert fresh.of(document.volume, REGION, most_voxels=10) is None
    assert fresh.of(document.volume, REGION, most_voxels=1000) == first
    assert fresh.of(document.volume, REGION, most_voxels=10) == first  # known already
    document.close()


def test_the_table_has_a_row_for_each_and_numbers_that_programs_read(tmp_path: Path) -> None:
    document = Document([volume()], Case.create(tmp_path / "a.limner", Geometry(SHAPE, np.eye(4)), []))
    document.apply(AddMeasurement(REGION.changed(name='a, "b"')), title="m", tool="t")
    head, row = table(document, document.volume)
    found = dict(zip(head, row, strict=True))
    assert (found["Mean"], found["Standard deviation"], found["Value unit"], found["Unit"]) == ("5", "0", "HU", "mm2")
    assert float(found["Value"]) == pytest.approx(REGION.area_mm2, abs=1e-3)
    assert csv_text([head, row]).splitlines()[1].startswith('"a, ""b""",ellipse,37.699,mm2,5,0,5,5,HU,')
    document.close()


def test_which_are_hidden_is_kept_and_older_cases_hide_none() -> None:
    state = PresentationState(hidden_measurements=frozenset({3, 1}))
    assert PresentationState.from_text(state.to_text()) == state
    older = json.loads(state.to_text())
    del older["hidden_measurements"]
    assert PresentationState.from_text(json.dumps(older)).hidden_measurements == frozenset()
