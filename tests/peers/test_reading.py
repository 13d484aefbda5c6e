"""Series as Limner, dcm2niix and highdicom read them: the same values at the same places.

Each has a habit of its own for the direction of axes, which is brought to ours. Where another refuses a series, or is
known to read it wrongly, Limner's own tests (tests/unit/imaging/dicom/test_traps.py) say what must come out.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from made_series import SeriesMaker
from numpy.typing import NDArray
from readers import PEERS, on_grid, tool

from imaging.opening import list_series, open_series
from imaging.volume import Volume

pytestmark = pytest.mark.slow
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
ORDER = np.random.default_rng(1).permutation(20)
Read = Callable[[Path, Path], tuple[NDArray[Any], NDArray[np.float64]] | None]


def by_dcm2niix(folder: Path, out: Path) -> tuple[NDArray[Any], NDArray[np.float64]] | None:
    """(array [k, j, i], affine to LPS); None where it writes no or several volumes."""
    command = [tool("dcm2niix"), "-b", "n", "-z", "n", "-f", "read", "-o", str(out), str(folder)]
    subprocess.run(command, capture_output=True, timeout=300, check=True)
    files = list(out.glob("*.nii"))
    if len(files) != 1:
        return None
    image = nibabel.load(files[0])  # type: ignore[attr-defined]
    return np.asanyarray(image.dataobj).T, RAS_TO_LPS @ image.affine


def by_highdicom(folder: Path, out: Path) -> tuple[NDArray[Any], NDArray[np.float64]] | None:
    """(array [k, j, i], affine to LPS); None where it refuses."""
    if not list(PEERS.parent.glob("lib/python*/site-packages/highdicom")):
        pytest.skip("highdicom is not installed (python3 dev.py test --peers)")
    script = Path(__file__).with_name("volume_of_series.py")
    command = [str(PEERS / "python"), str(script), str(folder), str(out / "volume.npz")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (0, 3), done.stderr
    if done.returncode == 3:
        return None
    found = np.load(out / "volume.npz")
    # its first index is the slice, then row and column: turned into (i, j, k)
    return found["array"], found["affine"][:, [2, 1, 0, 3]]


READERS = pytest.mark.parametrize("read", [by_dcm2niix, by_highdicom], ids=["dcm2niix", "highdicom"])


def plain(_k: int, _ds: Any) -> None:
    """As made."""


def shuffled(k: int, ds: Any) -> None:
    ds.InstanceNumber = int(ORDER[k]) + 1


def flipped(k: int, ds: Any) -> None:
    ds.ImageOrientationPatient = [1, 0, 0, 0, -1, 0]


def from_above(k: int, ds: Any) -> None:
    ds.ImagePositionPatient = [-4.0, -6.0, 100 - 2.0 * k]


def oblique(k: int, ds: Any) -> None:
    row, column = np.array([0.8, 0.6, 0.0]), np.array([-0.36, 0.48, 0.8])
    ds.ImageOrientationPatient = [*row.tolist(), *column.tolist()]
    ds.ImagePositionPatient = (np.array([5.0, -7.0, 11.0]) + 2.0 * k * np.cross(row, column)).round(6).tolist()


def scaled_by_slice(k: int, ds: Any) -> None:
    ds.Modality, ds.SOPClassUID = "PT", "1.2.840.10008.5.1.4.1.1.128"
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.RescaleSlope, ds.RescaleIntercept = 0.5 + 0.125 * k, 0
    ds.Units = "CNTS"
    del ds.RescaleType


def must_be_read_alike(volume: Volume, found: tuple[NDArray[Any], NDArray[np.float64]]) -> None:
    array, affine = found
    assert array.shape == volume.voxels.shape
    theirs = on_grid(array, affine, volume.geometry)
    assert np.allclose(theirs, volume.voxels, atol=1e-3)


@READERS
@pytest.mark.parametrize("bend", [plain, shuffled, flipped, from_above, oblique, scaled_by_slice])
def test_made_series(tmp_path: Path, read: Read, bend: Callable[[int, Any], None]) -> None:
    folder, out = tmp_path / "series", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    SeriesMaker(folder)(20, bend)
    (series,) = list_series(folder)
    (volume,) = open_series(series)
    found = read(folder, out)
    assert found is not None
    must_be_read_alike(volume, found)


def one_missing(k: int, ds: Any) -> None:
    ds.ImagePositionPatient = [-4.0, -6.0, 2.0 * (k + (k > 7))]


def tilted(k: int, ds: Any) -> None:
    ds.ImagePositionPatient = [-4.0, -6.0 + 0.7 * k, 2.0 * k]


@pytest.mark.parametrize("bend", [one_missing, tilted])
def test_what_highdicom_refuses_is_named_here(tmp_path: Path, bend: Callable[[int, Any], None]) -> None:
    folder, out = tmp_path / "series", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    SeriesMaker(folder)(20, bend)
    assert by_highdicom(folder, out) is None
    (series,) = list_series(folder)
    assert series.warnings


@READERS
@pytest.mark.parametrize(
    "images", ["04_ct_lung_gtv_rtstruct/pat_3/DCM_IMG*", "06_mr_brain_tumour_dicom/11-T1post-80644/**/*.dcm"]
)
def test_real_series(shared_data: Path, tmp_path: Path, read: Read, images: str) -> None:
    folder, out = tmp_path / "series", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    for number, file in enumerate(sorted(shared_data.glob(images))):
        (folder / f"{number:04}.dcm").symlink_to(file.resolve())
    (series,) = list_series(folder)
    (volume,) = open_series(series)
    found = read(folder, out)
    assert found is not None
    must_be_read_alike(volume, found)
