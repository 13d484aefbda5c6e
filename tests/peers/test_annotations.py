"""Reports, presentation states, maps, pictures and documents that Limner writes, read and judged by other programs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from readers import entity_complaints, iod_complaints, tool

from imaging.dicom.secondary_capture import write_secondary_capture
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.measurement import Measurement, MeasurementKind, as_point
from imaging.objects.document_write import write_document
from imaging.objects.map_write import PROBABILITY, UNCERTAINTY, WantedMap, write_map
from imaging.objects.presentation_write import Drawn, Shown, write_presentation
from imaging.objects.report_read import read_report
from imaging.objects.report_write import Measured, slice_counts, write_report
from imaging.objects.segmentation_write import write_segmentation
from imaging.objects.source_series import ObjectSource, source_of, source_without_dicom
from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso
from imaging.region_statistics import ellipse_statistics
from imaging.volume import Quantity, SourceSeries, Volume

# The report's own study says the same; dcentvfy takes the attribute for one of the series in one file only.
NO_DISAGREEMENT = (r"Warning - .*Element=<AccessionNumber> IE <Study> versus <Series>.*",)


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LabelFile, Volume]:
    """The torso as a series of DICOM files, some of its truth, and its image."""
    made = make_torso(scale=0.25)
    folder = tmp_path_factory.mktemp("phantom")
    write_dicom_series(made.volume, folder)
    segments = [LabelSegment(name, None, value, number=value) for value, name in made.names.items() if value % 9 == 1]
    return folder, LabelFile(source_of(folder).geometry, [made.truth], segments), made.volume


def measured(volume: Volume) -> list[Measured]:
    """One of each kind, on a slice."""
    i, j, k = (n // 3 for n in reversed(volume.geometry.shape))
    corners = volume.geometry.to_world([[i, j, k], [i + 20, j, k], [i, j + 25, k], [i, j, k + 2]])
    length, angle = corners[:2], corners[:3]
    kinds = zip(MeasurementKind, (length, angle, angle, corners), strict=True)
    made = [
        Measurement(n, kind, tuple(map(as_point, points)), (0.0, 0.0, 1.0), f"Größe {n}")
        for n, (kind, points) in enumerate(kinds, 1)
    ]
    return [Measured(m, ellipse_statistics(volume, m) if m.kind is MeasurementKind.ELLIPSE else None) for m in made]


def ran(*command: object) -> str:
    """Standard output of a program that must succeed."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_report_with_a_segmentation_is_read_by_dcmqi(phantom: tuple[Path, LabelFile, Volume], tmp_path: Path) -> None:
    reader = tool("tid1500reader")
    folder, labels, volume = phantom
    source = source_of(folder)
    written = write_segmentation(labels, source, tmp_path / "seg.dcm")
    write_report(labels, source, tmp_path / "sr.dcm", measured(volume), Quantity.HU, tmp_path / "seg.dcm")
    ran(reader, "--inputDICOM", tmp_path / "sr.dcm", "--outputMetadata", tmp_path / "sr.json")
    groups = json.loads((tmp_path / "sr.json").read_text())["Measurements"]
    volumes = slice_counts(labels) @ labels.geometry.slice_voxel_volumes_ml()
    ours = {group.name: group for group in read_report(tmp_path / "sr.dcm", source)}
    found = {group["TrackingIdentifier"]: group for group in groups}
    for segment, volume_ml in zip(labels.segments, volumes, strict=True):
        group = found[segment.name]
        (item,) = group["measurementItems"]
        assert float(item["value"]) == pytest.approx(volume_ml, rel=1e-6)
        assert (item["quantity"]["CodeValue"], item["units"]["CodeValue"]) == ("118565006", "ml")
        assert group["segmentationSOPInstanceUID"] == written.sop_instance_uid
        assert group["TrackingUniqueIdentifier"] == ours[segment.name].tracking_uid
        assert group["Finding"]["CodeMeaning"] == ours[segment.name].finding
        assert group.get("FindingSite", {}).get("CodeMeaning", "") == ours[segment.name].site
    assert sum("FindingSite" in group for group in groups) > 5
    for name in ("Größe 1", "Größe 2", "Größe 3", "Größe 4"):
        items = [(float(one["value"]), one["units"]["CodeValue"]) for one in found[name]["measurementItems"]]
        assert items == [(pytest.approx(value.value, rel=1e-6), value.unit) for value in ours[name].values]


@pytest.mark.parametrize("is_dicom", [True, False], ids=["DICOM", "never DICOM"])
def test_reports_are_valid(phantom: tuple[Path, LabelFile, Volume], tmp_path: Path, is_dicom: bool) -> None:
    folder, labels, volume = phantom
    source = source_of(folder) if is_dicom else source_without_dicom(labels.geometry)
    write_report(labels, source, tmp_path / "sr.dcm", measured(volume), Quantity.HU)
    assert iod_complaints(tmp_path / "sr.dcm") == []
    if is_dicom:
        assert entity_complaints(tmp_path / "sr.dcm", sorted(folder.iterdir()), NO_DISAGREEMENT) == []


def test_dcmtk_prints_a_report(phantom: tuple[Path, LabelFile, Volume], tmp_path: Path) -> None:
    html, text = tool("dsr2html"), tool("dsrdump")
    folder, labels, volume = phantom
    source = source_of(folder)
    write_report(labels, source, tmp_path / "sr.dcm", measured(volume), Quantity.HU)
    assert "Größe 1" in ran(html, tmp_path / "sr.dcm")
    said = ran(text, "+Pl", tmp_path / "sr.dcm")
    assert "SCOORD3D" in said
    assert "CT image" in said  # a reference to an image
    assert "Größe 2" in ran(text, tmp_path / "sr.dcm")


def test_presentation_states_pass_dcmpschk(phantom: tuple[Path, LabelFile, Volume], tmp_path: Path) -> None:
    checker = tool("dcmpschk")
    folder, _, volume = phantom
    drawn = [Drawn(one.measurement, f"Size {n}: 12 mm") for n, one in enumerate(measured(volume))]  # it knows no UTF-8
    write_presentation(Shown((40.0, 400.0), False, drawn), source_of(folder), tmp_path / "ps.dcm")
    assert "Test passed" in ran(checker, tmp_path / "ps.dcm")
    assert iod_complaints(tmp_path / "ps.dcm") == []
    assert entity_complaints(tmp_path / "ps.dcm", sorted(folder.iterdir())) == []


@pytest.mark.parametrize("quantity", [PROBABILITY, UNCERTAINTY], ids=["probability", "uncertainty"])
def test_maps_are_read_by_dcmqi(phantom: tuple[Path, LabelFile, Volume], tmp_path: Path, quantity) -> None:
    import SimpleITK as sitk

    reader = tool("paramap2itkimage")
    folder, labels, _ = phantom
    values = np.random.default_rng(5).integers(0, 256, labels.geometry.shape).astype(np.uint8)
    wanted = WantedMap("probability", "Model", quantity, values, labels.geometry, 1 / 255)
    write_map(wanted, source_of(folder), tmp_path / "pm.dcm")
    assert iod_complaints(tmp_path / "pm.dcm") == []
    assert entity_complaints(tmp_path / "pm.dcm", sorted(folder.iterdir())) == []
    ran(reader, "--inputDICOM", tmp_path / "pm.dcm", "--outputDirectory", tmp_path, "--outputType", "nrrd")
    image = sitk.ReadImage(str(tmp_path / "pmap.nrrd"))
    assert np.array_equal(np.rint(255 * sitk.GetArrayFromImage(image)), values)
    assert np.allclose(image.GetOrigin(), labels.geometry.origin_mm, atol=1e-3)
    assert np.allclose(image.GetSpacing(), labels.geometry.spacing_mm, atol=1e-3)
    meta = json.loads((tmp_path / "meta.json").read_text())
    assert meta["QuantityValueCode"]["CodeValue"] == quantity.value
    assert meta["MeasurementUnitsCode"]["CodeValue"] == "1"


def test_pictures_and_documents_are_valid(phantom: tuple[Path, LabelFile, Volume], tmp_path: Path) -> None:
    folder, _, volume = phantom
    source: ObjectSource = source_of(folder)
    series = SourceSeries(
        modality="CT", study_instance_uid=source.study_instance_uid, patient_name="A^B", patient_id="1"
    )
    write_secondary_capture(np.zeros((20, 30, 3), np.uint8), tmp_path / "sc.dcm", series)
    write_document(b"%PDF-1.4\n%%EOF\n", "Report", source, tmp_path / "pdf.dcm")
    for name in ("sc.dcm", "pdf.dcm"):
        assert iod_complaints(tmp_path / name) == []
    assert entity_complaints(tmp_path / "pdf.dcm", sorted(folder.iterdir())) == []
    assert volume.geometry.shape[0] == len(source.images)


def test_reports_of_others_become_measurements(shared_data: Path) -> None:
    folder = shared_data / "11_seg_sr_rt"
    groups = read_report(folder / "sr_document_with_multiple_groups.dcm", source_of(folder / "ct_image.dcm"))
    found = {group.name: group for group in groups}
    (nodule,) = found["LungNodule0001"].shapes
    assert nodule.kind is MeasurementKind.ELLIPSE
    assert str(found["LungNodule0001"]) == "LungNodule0001, Nodule, Lung: Diameter: 10 mm"
    assert found["Aorta0001"].shapes == ()
    assert len(found["Aorta0001"].unplaced) == 1
    (tumour, *_) = read_report(folder / "sr-example" / "sr.dcm")
    assert tumour.finding == "Neoplasm, Primary"
    assert len(tumour.values) == 22
