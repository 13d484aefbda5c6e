"""The demo study: a computed torso CT, written once into the workspace as a DICOM series with its truth beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.formats.masks import read_labels, write_labels
from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso

SERIES = "series"
TRUTH = "truth.nrrd"


def demo_study(workspace: Path, report: Callable[[float], None] | None = None) -> Path:
    """The folder of the demo series; made when it is missing (it appears only when it is complete).

    Raises:
        UserError: the workspace cannot be written.
    """
    folder = workspace / "images" / "demo torso"
    if (folder / SERIES).is_dir() and (folder / TRUTH).is_file():
        return folder / SERIES
    partial = folder.with_name("demo torso.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        (partial / SERIES).mkdir(parents=True)
        phantom = make_torso(report=report)
        write_dicom_series(phantom.volume, partial / SERIES)
        segments = [LabelSegment(name, None, value) for value, name in phantom.names.items()]
        write_labels(LabelFile(phantom.volume.geometry, [phantom.truth], segments), partial / TRUTH)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    except OSError as error:
        raise UserError(f"The demo study cannot be written to {workspace}.", str(error)) from error
    return folder / SERIES


def demo_truth(series_folder: Path) -> LabelFile:
    """What every voxel of the demo study really is."""
    return read_labels(series_folder.parent / TRUTH)
