"""Structure sets that Limner writes, read by plastimatch and judged by dicom3tools; and real ones, read by both."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from readers import entity_complaints, iod_complaints, tool

from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.formats.masks import read_labels
from imaging.formats.registry import write_arrays
from imaging.geometry import Geometry
from imaging.objects.source_series import source_of, source_without_dicom
from imaging.objects.structure_set_masks import read_structures
from imaging.objects.structure_set_write import write_structure_set
from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso

Read = Callable[[Path, Geometry], Path]


@pytest.fixture
def plastimatch(tmp_path: Path) -> Read:
    """A reader: a file's structures on a grid, as the files of a folder."""
    program = tool("plastimatch")

    def read(path: Path, geometry: Geometry) -> Path:
        folder = tmp_path / "plastimatch"
        folder.mkdir()
        write_arrays(geometry, [np.zeros(geometry.shape, np.uint8)], folder / "grid.mha")
        command = [
            program,
            "convert",
            "--input",
            str(path),
            "--fixed",
            str(folder / "grid.mha"),
            "--prefix-format",
            "nrrd",
        ]
        done = subprocess.run(
            [*command, "--output-prefix", str(folder / "masks")],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return folder / "masks"

    return read


def dice(one: np.ndarray, two: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & two) / max(1, np.count_nonzero(one) + np.count_nonzero(two))


def must_be_read_alike(labels: LabelFile, found: Path, least: float = 1.0) -> None:
    """plastimatch finds the same voxels, holes included; parts that touch at corners do not trouble it either."""
    for segment in labels.segments:
        mask = labels.mask(segment)
        if mask.any():
            read = sitk.GetArrayFromImage(sitk.ReadImage(str(found / f"{segment.name}.nrrd"))) > 0
            assert dice(read, mask) >= least, segment.name


def test_the_phantom(plastimatch: Read, tmp_path: Path) -> None:
    made = make_torso(scale=0.25)
    write_dicom_series(made.volume, tmp_path / "series")
    source = source_of(tmp_path / "series")
    segments = [LabelSegment(name, None, value, number=value) for value, name in made.names.items()]
    labels = LabelFile(source.geometry, [made.truth], segments)
    path = tmp_path / "rt.dcm"
    assert not write_structure_set(labels, source, path).filled_in
    must_be_read_alike(labels, plastimatch(path, labels.geometry))
    assert iod_complaints(path) == []
    assert entity_complaints(path, sorted((tmp_path / "series").iterdir())) == []


def test_sixty_structures_of_an_image_that_never_was_dicom(
    plastimatch: Read, shared_data: Path, tmp_path: Path
) -> None:
    labels = read_labels(shared_data / "01_ct_torso_multiorgan" / "example_seg_fast_force_split.nii.gz")
    path = tmp_path / "rt.dcm"
    write_structure_set(labels, source_without_dicom(labels.geometry), path)
    must_be_read_alike(labels, plastimatch(path, labels.geometry))
    assert iod_complaints(path) == []


def shell_and_ball(geometry: Geometry) -> LabelFile:
    """A thick shell around a small ball, and a ball that overlaps it."""
    k, j, i = np.indices(geometry.shape)
    size = geometry.shape
    radius = np.sqrt(sum(((n - s / 2) / (0.45 * s)) ** 2 for n, s in zip((k, j, i), size, strict=True)))
    shell = ((radius < 1) & (radius > 0.6)) | (radius < 0.2)
    segments = [LabelSegment("Shell", (255, 128, 0), 1, 0, number=1), LabelSegment("Core", None, 1, 1, number=2)]
    return LabelFile(geometry, [shell.astype(np.uint8), (radius < 0.7).astype(np.uint8)], segments)


@pytest.mark.parametrize("patient", ["pat_1", "pat_3"])
def test_holes_and_islands_on_a_real_series(plastimatch: Read, shared_data: Path, tmp_path: Path, patient: str) -> None:
    folder = shared_data / "04_ct_lung_gtv_rtstruct" / patient
    source = source_of(folder)
    labels, path = shell_and_ball(source.geometry), tmp_path / "rt.dcm"
    write_structure_set(labels, source, path)
    must_be_read_alike(labels, plastimatch(path, labels.geometry))
    assert iod_complaints(path) == []
    assert entity_complaints(path, sorted(folder.glob("DCM_IMG*"))) == []


@pytest.mark.parametrize("name", ["05_ct_head_tilt_variable_spacing/GE", "06_mr_brain_tumour_dicom/11-T1post-80644"])
def test_tilted_uneven_and_oblique_series_are_valid(shared_data: Path, tmp_path: Path, name: str) -> None:
    source = source_of(shared_data / name)
    path = tmp_path / "rt.dcm"
    write_structure_set(shell_and_ball(source.geometry), source, path)
    assert iod_complaints(path) == []
    added = [rf".*Element=<{one.keyword}> IE=<Patient>.*" for one in source.filled_in]
    assert entity_complaints(path, sorted((shared_data / name).rglob("*.dcm")), added) == []


@pytest.mark.parametrize("patient", ["pat_1", "pat_3"])
def test_real_contours_give_what_plastimatch_gives(plastimatch: Read, shared_data: Path, patient: str) -> None:
    folder = shared_data / "04_ct_lung_gtv_rtstruct" / patient
    path, geometry = next(folder.glob("DCM_RS*")), source_of(folder).geometry
    labels = read_structures(path, geometry).labels
    must_be_read_alike(labels, plastimatch(path, geometry), least=0.999)
