"""What cannot be shown says why, in the words of the file that was opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from made_series import SeriesMaker, ct_slice
from pydicom import Dataset

from app.cli import main
from imaging.errors import UserError
from session.reading import image_series


def written(folder: Path, name: str, change: Callable[[Dataset], object]) -> Path:
    ds = ct_slice(0, f"1.2.3.{name}", "1.2.3")
    change(ds)
    ds.save_as(folder / f"{name}.dcm", enforce_file_format=True)
    return folder / f"{name}.dcm"


def without_pixels(ds: Dataset) -> None:
    del ds.PixelData


def report(ds: Dataset) -> None:
    del ds.PixelData, ds.Rows
    ds.Modality = "SR"


def segmentation(ds: Dataset) -> None:
    ds.Modality = "SEG"


def of_twelve_bits(ds: Dataset) -> None:
    ds.BitsAllocated = 12
    ds.PixelData = bytes(12 * 10 * 3 // 2)


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        (without_pixels, "an image header without pixels", "Ask for the file again"),
        (report, "This is a structured report, not an image", "Open the folder with the image series"),
        (segmentation, "This is a DICOM segmentation, not an image", "It holds masks of an image"),
        (of_twelve_bits, "packs its pixels into 12 bits", "8 or 16 bits for each pixel"),
    ],
)
def test_the_reason_is_the_file_s_own(
    tmp_path: Path, change: Callable[[Dataset], object], message: str, hint: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        image_series(written(tmp_path, "1", change))
    assert hint in caught.value.hint


def test_a_file_that_is_left_out_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last slice of a series: without it there is no gap."""
    folder = SeriesMaker(tmp_path)(4)
    whole = (folder / "s003.dcm").read_bytes()
    (folder / "s003.dcm").write_bytes(whole[:300])
    remarks: list[UserError] = []
    (series,) = image_series(folder, remarked=remarks.append)
    assert series.geometry is not None
    assert series.geometry.shape[0] == 3
    (remark,) = remarks
    assert remark.message == "1 file cannot be read and is left out: s003.dcm."
    assert remark.hint
    assert main(["info", str(folder)]) == 0
    assert "1 file cannot be read" in capsys.readouterr().err


def test_the_list_says_why_something_is_no_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "1", without_pixels)
    assert main(["info", str(path)]) == 0
    assert "an image header without pixels" in capsys.readouterr().out


def test_several_reasons_are_told_as_what_was_found(tmp_path: Path) -> None:
    written(tmp_path, "1", report)
    written(tmp_path, "2", segmentation)
    with pytest.raises(UserError, match=r"Found: SEG, SR\."):
        image_series(tmp_path)
