"""Programs that nobody here wrote, as second readers of what Limner writes: dcmqi, dicom3tools."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.uid import (
    UID,
    Comprehensive3DSRStorage,
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    ParametricMapStorage,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from imaging.geometry import Geometry

PEERS = Path(__file__).parents[2] / ".venv-peers" / "bin"

# What dciodvfy (of 2022) says that is no fault of the object; a line that is not here fails the test.
OF_EVERY_KIND = (
    r"Warning - Missing attribute or value that would be needed to build DICOMDIR - (Study (Date|Time|ID)|Patient ID)",
    r"Warning - .*Retired Person Name form",
)
NO_PAIRED_PART = r"Error - Missing attribute Type 2C Conditional Element=<Laterality> Module=<GeneralSeries>"
OWN_CODE = r"Warning - Unrecognized defined term <99LIMNER> for value 1 of attribute <Coding Scheme Designator>"
# By the object's class: the first is what the validator calls it.
LABEL_MAP = UID("1.2.840.10008.5.1.4.1.1.66.7")  # pydicom has no name for it yet
REVIEWED: dict[UID, tuple[str, ...]] = {
    SegmentationStorage: ("Segmentation",),
    LABEL_MAP: ("Error - Information Object Not found",),  # newer than the validator
    RTStructureSetStorage: ("RTStructureSet",),
    Comprehensive3DSRStorage: ("Comprehensive3DSR",),
    GrayscaleSoftcopyPresentationStateStorage: ("GrayscaleSoftcopyPresentationState", NO_PAIRED_PART),
    ParametricMapStorage: ("ParametricMap", OWN_CODE),
    SecondaryCaptureImageStorage: ("SCImage", NO_PAIRED_PART),
    EncapsulatedPDFStorage: ("EncapsulatedPDF", NO_PAIRED_PART),
}


def tool(name: str) -> str:
    """A peer's program; the test is skipped where it is not installed."""
    found = shutil.which(name) or shutil.which(name, path=str(PEERS))
    if found is None:
        pytest.skip(f"{name} is not installed (python3 dev.py test --peers)")
    return found


@dataclass(frozen=True, eq=False)
class PeerMask:
    """What dcmqi says of one segment: mask and grid."""

    name: str
    mask: NDArray[np.bool_]
    affine: NDArray[np.float64]

    def on(self, geometry: Geometry) -> NDArray[np.bool_]:
        """The mask in the array of a grid of which it may hold only some slices; both must share their voxels."""
        return on_grid(self.mask, self.affine, geometry)


def on_grid(array: NDArray[Any], affine: NDArray[np.float64], geometry: Geometry) -> NDArray[Any]:
    """An array of another program in the array of a grid, of which it may hold only some slices; 0 elsewhere.

    Axes may run the other way, as each program has its own habit; voxels and places must be the same.

    Args:
        array: [k, j, i].
        affine: (4, 4) from (i, j, k) to LPS millimetres.
    """
    step = np.linalg.inv(geometry.affine) @ affine
    assert np.allclose(np.abs(step[:3, :3]), np.eye(3), atol=1e-4), "another orientation or spacing"
    start = np.rint(step[:3, 3]).astype(int)
    assert np.allclose(step[:3, 3], start, atol=1e-3), "another origin"
    whole = np.zeros(geometry.shape, array.dtype)
    signs = np.sign(np.diag(step)[:3]).astype(int)
    i, j, k = (begin + sign * np.arange(n) for begin, sign, n in zip(start, signs, array.shape[::-1], strict=True))
    assert all(n.min() >= 0 for n in (i, j, k))
    whole[np.ix_(k, j, i)] = array
    return whole


def dcmqi_masks(path: Path, folder: Path) -> list[PeerMask]:
    """The segments of a file as dcmqi reads them, in their order."""
    import SimpleITK as sitk

    program = tool("segimage2itkimage")
    folder.mkdir()
    command = [program, "--inputDICOM", str(path), "--outputDirectory", str(folder), "--outputType", "nrrd"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    described = json.loads((folder / "meta.json").read_text())["segmentAttributes"]
    found = []
    for number, segments in enumerate(described, 1):
        image = sitk.ReadImage(str(folder / f"{number}.nrrd"))
        array, affine = sitk.GetArrayFromImage(image), np.eye(4)
        affine[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) @ np.diag(image.GetSpacing())
        affine[:3, 3] = image.GetOrigin()
        found += [PeerMask(s["SegmentLabel"], array == s["labelID"], affine) for s in segments]
    return found


def iod_complaints(path: Path, *also_reviewed: str) -> list[str]:
    """Lines of dciodvfy that nobody has looked at yet for objects of this kind."""
    kind = dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"]).SOPClassUID
    return _unknown_lines([tool("dciodvfy"), str(path)], (*OF_EVERY_KIND, *REVIEWED[kind], *also_reviewed))


def entity_complaints(path: Path, sources: Iterable[Path], reviewed: Iterable[str] = ()) -> list[str]:
    """Lines of dcentvfy: where an object and its source images disagree about patient, study or frame of reference."""
    return _unknown_lines([tool("dcentvfy"), str(path), *map(str, sources)], reviewed)


def _unknown_lines(command: list[str], reviewed: Iterable[str]) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    assert done.returncode >= 0, "the validator crashed"
    lines = filter(None, map(str.strip, (done.stdout + done.stderr).splitlines()))
    return [line for line in lines if not any(re.fullmatch(known, line) for known in reviewed)]
