"""A DICOMDIR on the command line: it stands for its disc, and what the disc lacks goes to stderr."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_disc import make_disc

from app.cli import main


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = make_disc(tmp_path / "cd", (3, 4))
    (made.parent / "DICOM" / "SER00002" / "IM00003").unlink()
    return made


def test_info_lists_the_disc_and_says_what_it_lacks(directory, capsys) -> None:
    assert main(["info", str(directory), "--json"]) == 0
    out, err = capsys.readouterr()
    listed = json.loads(out)
    assert [series["shape"][0] for series in listed["series"]] == [3, 3]
    assert [series["warnings"] for series in listed["series"]] == [[], ["absent-files"]]
    assert len(listed["remarks"]) == 1
    assert "warning: Files that the directory" in err
    assert "hint: Missing: SER00002/IM00003." in err


def test_one_series_is_read_by_the_directory(directory, tmp_path, capsys) -> None:
    main(["info", str(directory), "--json"])
    series = json.loads(capsys.readouterr().out)["series"][0]["id"]
    for file in (directory.parent / "DICOM" / "SER00002").iterdir():
        file.unlink()  # what is not wanted is not missed
    assert main(["convert", str(directory), str(tmp_path / "out.nii.gz"), "--series", series]) == 0
    assert (tmp_path / "out.nii.gz").stat().st_size > 0
    assert "warning" not in capsys.readouterr().err
