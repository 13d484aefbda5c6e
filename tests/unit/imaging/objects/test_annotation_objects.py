"""Reports, presentation states and maps as others write them, damaged ones, and sources that lack something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry
from imaging.measurement import Measurement, MeasurementKind
from imaging.objects import elements
from imaging.objects.foreign_shapes import measurement_of
from imaging.objects.map_read import read_map
from imaging.objects.map_write import PROBABILITY, WantedMap, write_map
from imaging.objects.presentation_read import read_presentation
from imaging.objects.presentation_write import Drawn, Shown, write_presentation
from imaging.objects.report_read import read_report
from imaging.objects.report_write import Measured, slice_counts, write_report
from imaging.objects.source_series import ObjectSource, SourceImage, source_without_dicom

SHAPE = (5, 10, 12)
CT = "1.2.840.10008.5.1.4.1.1.2"


def tilted() -> Geometry:
    """Slices that are shifted against each other, rows that are turned."""
    affine = np.eye(4)
    turn = np.radians(20)
    affine[:3, 0] = 0.7 * np.array([np.cos(turn), np.sin(turn), 0])
    affine[:3, 1] = 0.9 * np.array([-np.sin(turn), np.cos(turn), 0])
    affine[:3, 2] = (0.3, 0.8, 2.5)
    affine[:3, 3] = (-12.25, 3.5, -100.125)
    return Geometry(SHAPE, affine)


def source(geometry: Geometry | None = None) -> ObjectSource:
    """A series whose slices are these images."""
    geometry = geometry or tilted()
    images = []
    for k in range(SHAPE[0]):
        x, y, z = (float(v) for v in geometry.to_world([0, 0, k]))
        orientation = tuple(map(float, geometry.direction[:, :2].T.reshape(-1)))
        images.append(
            SourceImage(CT, f"1.2.3.{k + 1}", None, (x, y, z), orientation, (0.9, 0.7), *SHAPE[1:], (1.0, -1024.0))
        )
    return replace(source_without_dicom(geometry, "x"), images=tuple(images), modality="CT")


def labels(geometry: Geometry) -> LabelFile:
    layer = np.zeros(SHAPE, np.uint8)
    layer[1:4, 2:6, 3:7] = 5
    return LabelFile(geometry, [layer], [LabelSegment("Liver", None, 5, number=1)])


def on_slice(kind: MeasurementKind, k: int = 2) -> Measurement:
    """Drawn on a slice, at voxels."""
    geometry = tilted()
    corners = geometry.to_world([[2, 3, k], [8, 3, k], [2, 7, k]])
    points = corners[:2] if kind is MeasurementKind.LENGTH else corners
    return Measurement(1, kind, tuple(tuple(map(float, p)) for p in points), (0.0, 0.0, 1.0), "It")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    write_report(labels(tilted()), source(), tmp_path / "sr.dcm", [Measured(on_slice(MeasurementKind.LENGTH))])
    return tmp_path / "sr.dcm"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    drawn = [Drawn(on_slice(kind), "It: 3 mm") for kind in list(MeasurementKind)[:3]]
    write_presentation(Shown((40.0, 400.0), True, drawn), source(), tmp_path / "ps.dcm")
    return tmp_path / "ps.dcm"


@pytest.fixture
def probability(tmp_path: Path) -> Path:
    values = np.random.default_rng(1).integers(0, 256, SHAPE).astype(np.uint8)
    write_map(WantedMap("probability", "Model", PROBABILITY, values, tilted(), 1 / 255), source(), tmp_path / "pm.dcm")
    return tmp_path / "pm.dcm"


def changed(path: Path, how: Callable[[Dataset], object]) -> Path:
    data_set = dcmread(path)
    how(data_set)
    data_set.save_as(path)
    return path


# ------------------------------------------------------------------------------------------------ reports


def _points_of(data_set: Dataset) -> Dataset:
    """The coordinates below the last group's number."""
    number = data_set.ContentSequence[-1].ContentSequence[-1].ContentSequence[-1]
    return number.ContentSequence[0]


def _on_image(kind: str, points: list[float]) -> Callable[[Dataset], None]:
    """Coordinates in pixels of the fourth image instead."""

    def change(data_set: Dataset) -> None:
        item, image, reference = _points_of(data_set), Dataset(), Dataset()
        item.ValueType, item.GraphicType, item.GraphicData = "SCOORD", kind, points
        del item.ReferencedFrameOfReferenceUID
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CT, "1.2.3.4"
        image.RelationshipType, image.ValueType = "SELECTED FROM", "IMAGE"
        image.ReferencedSOPSequence = Sequence([reference])
        item.ContentSequence = Sequence([image])

    return change


def test_pixels_of_an_image_have_a_place(report: Path) -> None:
    changed(report, _on_image("POLYLINE", [2.5, 3.5, 8.5, 3.5]))
    (shape,) = read_report(report, source())[1].shapes
    assert np.allclose(shape.points_mm, tilted().to_world([[2, 3, 3], [8, 3, 3]]), atol=1e-4)
    (sentence,) = read_report(report)[1].unplaced
    assert "not at hand" in sentence


def test_a_circle_is_an_ellipse_with_equal_axes(report: Path) -> None:
    changed(report, _on_image("CIRCLE", [6.5, 5.5, 8.5, 5.5]))
    (shape,) = read_report(report, source())[1].shapes
    assert shape.kind is MeasurementKind.ELLIPSE
    assert shape.half_axes_mm == pytest.approx((1.4, 1.4), abs=1e-4)
    assert np.allclose(shape.center_mm, tilted().to_world([6, 5, 3]), atol=1e-4)


def test_another_frame_of_reference_is_not_taken_for_ours(report: Path) -> None:
    changed(report, lambda ds: setattr(_points_of(ds), "ReferencedFrameOfReferenceUID", "1.2.9"))
    group = read_report(report, source())[1]
    assert group.shapes == ()
    assert "another frame of reference" in group.unplaced[0]
    assert [value.concept for value in group.values] == ["Length"]  # the value is listed all the same


def test_volumes_count_each_slice() -> None:
    assert slice_counts(labels(tilted())).tolist() == [[0, 16, 16, 16, 0]]


def test_a_slice_of_unknown_thickness_gives_areas(tmp_path: Path) -> None:
    grid = Geometry((1, *SHAPE[1:]), tilted().affine, None, None, has_thickness=False)
    layer = np.zeros(grid.shape, np.uint8)
    layer[0, 2:6, 3:7] = 5
    one = LabelFile(grid, [layer], [LabelSegment("Liver", None, 5, number=1)])
    write_report(one, replace(source(), geometry=grid, images=source().images[:1]), tmp_path / "sr.dcm")
    (group,) = read_report(tmp_path / "sr.dcm")
    (value,) = group.values
    assert (value.concept, value.unit) == ("Area", "mm2")
    assert value.value == pytest.approx(16 * 0.7 * 0.9)


def test_images_without_a_pixel_size_give_no_millimetres(tmp_path: Path) -> None:
    unknown = replace(source(), images=tuple(replace(one, spacing_mm=None) for one in source().images))
    with pytest.raises(UserError, match="how large their pixels"):
        write_report(labels(tilted()), unknown, tmp_path / "sr.dcm")


def test_a_source_with_empty_numbers_gives_an_object(tmp_path: Path) -> None:
    light = source()
    light.attributes["PatientWeight"] = ""
    write_report(labels(tilted()), light, tmp_path / "sr.dcm")
    assert dcmread(tmp_path / "sr.dcm").PatientWeight is None


@pytest.mark.parametrize(
    ("shape", "points", "word"),
    [
        ("POLYGON", [[0, 0, 0], [1, 0, 0], [1, 1, 0]], "no measurement like a polygon of 3"),
        ("ELLIPSE", [[-2, 0, 0], [2, 0, 0], [-1, -1, 0], [1, 1, 0]], "right angles"),
        ("MULTIPOINT", [[n, n * n, 0] for n in range(8)], "no box"),
    ],
)
def test_shapes_that_are_no_measurement_say_why(shape: str, points: list[list[float]], word: str) -> None:
    found = measurement_of(shape, np.array(points, float), "")
    assert isinstance(found, str)
    assert word in found


# ------------------------------------------------------------------------------------------------ presentation states


def test_drawings_come_back_to_their_place_on_tilted_slices(state: Path) -> None:
    found = read_presentation(state, source())
    assert (found.window, found.is_inverted, found.notes) == ((40.0, 400.0), True, ())
    for one, kind in zip(found.measurements, MeasurementKind, strict=False):
        assert (one.kind, one.name) == (kind, "It")
        assert np.allclose(one.center_mm, on_slice(kind).center_mm, atol=1e-3)
    assert len(found.measurements) == 3


def test_inverted_images_are_written_inverted(tmp_path: Path) -> None:
    white = replace(source(), images=tuple(replace(one, is_inverted=True) for one in source().images))
    write_presentation(Shown((40.0, 400.0), False), white, tmp_path / "ps.dcm")
    assert dcmread(tmp_path / "ps.dcm").PresentationLUTShape == "INVERSE"
    assert not read_presentation(tmp_path / "ps.dcm", white).is_inverted


def test_slices_with_their_own_scaling_have_no_common_window(tmp_path: Path) -> None:
    first, *others = source().images
    uneven = replace(source(), images=(replace(first, rescale=(2.0, 0.0)), *others))
    with pytest.raises(UserError, match="scaled each in its own way"):
        write_presentation(Shown((40.0, 400.0)), uneven, tmp_path / "ps.dcm")
    write_presentation(Shown(None), uneven, tmp_path / "ps.dcm")


def test_drawings_between_slices_are_named(tmp_path: Path) -> None:
    across = Measurement(1, MeasurementKind.LENGTH, ((0.0, 0.0, -100.0), (0.0, 0.0, -90.0)), (1.0, 0.0, 0.0), "Deep")
    written = write_presentation(Shown((1.0, 2.0), False, [Drawn(across, "x")]), source(), tmp_path / "ps.dcm")
    assert "Deep" in written.notes[0]


def test_what_stands_on_the_screen_is_told(state: Path) -> None:
    def change(data_set: Dataset) -> None:
        for one in data_set.GraphicAnnotationSequence:
            one.GraphicObjectSequence[0].GraphicAnnotationUnits = "DISPLAY"

    found = read_presentation(changed(state, change), source())
    assert found.measurements == ()
    assert found.notes == ("A drawing stands on the screen, not on the image.",)


# ------------------------------------------------------------------------------------------------ maps


def test_integer_maps_are_scaled_as_they_say(probability: Path) -> None:
    wanted = np.arange(np.prod(SHAPE), dtype="<u2").reshape(SHAPE)

    def change(data_set: Dataset) -> None:
        del data_set.FloatPixelData
        data_set.BitsAllocated = data_set.BitsStored = 16
        data_set.HighBit, data_set.PixelRepresentation = 15, 0
        data_set.PixelData = wanted.tobytes()
        data_set["PixelData"].VR = "OW"
        meaning = data_set.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
        meaning.RealWorldValueSlope, meaning.RealWorldValueIntercept = 0.5, 3.0

    found = read_map(changed(probability, change))
    assert np.allclose(found.values, wanted * 0.5 + 3)
    assert found.geometry.same_space(tilted(), 0.01)


def test_a_map_without_a_meaning_is_refused(probability: Path) -> None:
    changed(probability, lambda ds: ds.SharedFunctionalGroupsSequence[0].pop("RealWorldValueMappingSequence"))
    with pytest.raises(UserError, match="what its numbers mean"):
        read_map(probability)


# ------------------------------------------------------------------------------------------------ damage


@pytest.mark.parametrize(("kind", "count"), [("report", 100), ("state", 100), ("probability", 8)])
def test_mutants_never_crash(
    kind: str, count: int, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What our own parser cannot follow goes to pydicom in a child process; here only the parser is tried.

    Frames of maps are always described by a child process, which takes its time: fewer of them.
    """

    def refuse(_source: object) -> NoReturn:
        raise UserError("odd")

    whole = Path(request.getfixturevalue(kind)).read_bytes()
    monkeypatch.setattr(elements, "_rewritten", refuse)
    random = np.random.default_rng(7)
    readers = {
        "report": lambda path: read_report(path, source()),
        "state": lambda path: read_presentation(path, source()),
        "probability": read_map,
    }
    refused = 0
    for n in range(count):
        data = bytearray(whole)
        for place in random.integers(132, len(data), 1 + n % 8):
            data[place] = random.integers(0, 256)
        if n % 7 == 0:
            del data[random.integers(132, len(data)) :]
        (tmp_path / "mutant.dcm").write_bytes(data)
        try:
            readers[kind](tmp_path / "mutant.dcm")
        except UserError:
            refused += 1
    assert 0 < refused < count
