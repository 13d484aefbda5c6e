"""Faces: gone from a head's slices, the brain untouched, and refused in words where no head is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_series import SeriesMaker
from pydicom import dcmread

from imaging.face_planes import MARGIN_MM, face_planes
from imaging.geometry import Geometry
from imaging.opening import list_series, open_series
from imaging.phantom.series import write_dicom_series
from imaging.skull_interior import skull_interior
from imaging.volume import Quantity, SourceSeries, Volume
from sync.deidentification.engine import Deidentifier
from sync.deidentification.faces import find_faces
from sync.deidentification.key import HospitalKey
from sync.deidentification.pixels import PixelWishes
from sync.deidentification.register import Register
from sync.deidentification.run import Outcome, deidentify_files

SPACING_MM = 3.5


def egg_head(has_skull: bool = True) -> tuple[Volume, np.ndarray]:
    """A skull around a brain, a face of tissue with jaws of bone in front of and below it; and where the brain is."""
    shape = (30, 66, 52)
    affine = np.diag([SPACING_MM, SPACING_MM, 2 * SPACING_MM, 1.0])
    affine[:3, 3] = -90, -115, -110
    geometry = Geometry(shape, affine)
    k, j, i = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    x, y, z = np.moveaxis(geometry.to_world(np.stack([i, j, k], axis=-1)), -1, 0)
    from_middle = np.sqrt((x / 68) ** 2 + (y / 85) ** 2 + ((z - 20) / 65) ** 2)
    voxels = np.full(shape, -1000, np.int16)
    face = (abs(x) < 50) & (y > -105) & (y < 40) & (z < 0) & (z > -100)
    voxels[face | (from_middle < 1.2)] = 40
    if has_skull:
        voxels[(from_middle > 1) & (from_middle < 1.12)] = 900
        voxels[face & (abs(z + 70) < 8) & (y < -60)] = 900
    return Volume(geometry, voxels, Quantity.HU, SourceSeries(modality="CT", description="made")), from_middle < 1


def run(folder: Path, out: Path) -> Outcome:
    paths = sorted(folder.iterdir())
    with Register(out.parent / "workspace") as register:
        wishes = PixelWishes(faces=find_faces(paths, skull_interior))
        return deidentify_files(paths, out, Deidentifier(HospitalKey(bytes(32))), register, pixels=wishes)


def test_the_face_goes_from_all_slices_and_the_brain_stays(tmp_path) -> None:
    volume, brain = egg_head()
    write_dicom_series(volume, tmp_path / "in")
    done = run(tmp_path / "in", tmp_path / "out")
    assert (len(done.written), done.refused) == (30, [])
    (made,) = open_series(list_series(tmp_path / "out")[0])
    assert np.array_equal(made.voxels[brain], volume.voxels[brain])
    y = volume.geometry.to_world([[0, j, 0] for j in range(66)])[:, 1]
    assert (made.voxels[3:10, y < -70] == -1024).all()  # nose and mouth
    assert np.array_equal(made.voxels[13:, y > 60], volume.voxels[13:, y > 60])  # the back of the head
    first = dcmread(done.written[0])
    assert first.RecognizableVisualFeatures == "NO"
    assert [item.CodeValue for item in first.DeidentificationMethodCodeSequence] == ["113100", "113102"]
    assert any("Ears" in note for note in done.report.notes)


def test_the_skull_is_found_and_nothing_else_is(tmp_path) -> None:
    volume, brain = egg_head()
    points, volume_ml = skull_interior(volume)
    assert volume_ml == pytest.approx(brain.sum() * 2 * SPACING_MM**3 / 1000, rel=0.2)
    assert abs(points.mean(axis=0) - (0, 0, 20)).max() < 6
    assert len(skull_interior(egg_head(has_skull=False)[0])[0]) == 0
    upside_down = replace(volume, voxels=volume.voxels[::-1])
    assert len(skull_interior(upside_down)[0]) > 0


def test_planes_keep_their_distance_whatever_the_grid() -> None:
    points = np.random.default_rng(1).normal(size=(500, 3)) * 30
    planes = face_planes(points)
    oblique = np.eye(4)
    oblique[:3, :3] = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0] * 4
    oblique[:3, 3] = -oblique[:3, :3] @ (20, 20, 20)
    geometry = Geometry((40, 40, 40), oblique)
    mask = np.stack([planes.mask(geometry, k) for k in range(40)])
    gone = geometry.to_world(np.argwhere(mask)[:, ::-1])
    apart = np.linalg.norm(gone[:, None] - points[None], axis=2).min(axis=1)
    assert mask.any()
    assert apart.min() >= MARGIN_MM - 1e-6


@pytest.mark.parametrize("has_skull", [True, False])
def test_what_is_no_head_or_too_short_is_refused_in_words(tmp_path, has_skull) -> None:
    volume, _ = egg_head(has_skull=has_skull)
    if has_skull:
        geometry = Geometry((6, *volume.geometry.shape[1:]), volume.geometry.affine)
        volume = replace(volume, geometry=geometry, voxels=volume.voxels[:6])
    for path in write_dicom_series(volume, tmp_path / "in"):
        ds = dcmread(path)
        ds.BodyPartExamined = "HEAD"
        ds.save_as(path, enforce_file_format=True)
    done = run(tmp_path / "in", tmp_path / "out")
    assert done.written == []
    assert {reason.split(":")[0] for _, reason in done.refused} == {"The face cannot be taken away"}


def test_a_part_below_the_neck_is_left_as_it_is_and_that_is_said(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    SeriesMaker(tmp_path / "in")(4, lambda _k, ds: setattr(ds, "BodyPartExamined", "KNEE"))
    done = run(tmp_path / "in", tmp_path / "out")
    assert (len(done.written), done.refused) == (4, [])
    assert any("below the neck" in note for note in done.report.notes)
    assert "RecognizableVisualFeatures" not in dcmread(done.written[0])


def test_two_patients_with_one_frame_of_reference_do_not_share_a_face(tmp_path) -> None:
    """Machines that are set up anew count from one again; the second head lies where the first one's face was."""
    volume, brain = egg_head()
    moved = volume.geometry.affine.copy()
    moved[1, 3] -= 120
    for patient, affine in (("a", volume.geometry.affine), ("b", moved)):
        placed = replace(volume, geometry=Geometry(volume.geometry.shape, affine))
        for path in write_dicom_series(placed, tmp_path / patient):
            ds = dcmread(path)
            ds.PatientID, ds.FrameOfReferenceUID, ds.StudyInstanceUID = patient, "1.2.3.4", f"1.2.3.{ord(patient)}"
            (tmp_path / "in").mkdir(exist_ok=True)
            ds.save_as(tmp_path / "in" / f"{patient}{path.name}", enforce_file_format=True)
    done = run(tmp_path / "in", tmp_path / "out")
    assert (len(done.written), done.refused) == (60, [])
    for series in list_series(tmp_path / "out"):
        (made,) = open_series(series)
        assert np.array_equal(made.voxels[brain], volume.voxels[brain])
        assert not np.array_equal(made.voxels, volume.voxels)
