"""Files without a patient: by folders, narrowed, and matched with their cases by the place they lie at."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment
from imaging.errors import UserError
from imaging.formats import write_volume
from imaging.geometry import Geometry
from imaging.segment import Segment
from imaging.volume import Quantity, Volume
from imaging.workspace import thumbnails
from imaging.workspace.cases import cases_of, update_cases
from imaging.workspace.listing import Filter
from imaging.workspace.research import all_research_files, by_folder, kind_of
from imaging.workspace.study_index import StudyIndex
from imaging.workspace.thumbnails import file_thumbnail
from session.document import Document


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "images"
    for name in ("a/brain.nii.gz", "b/brain.nii.gz", "b/Lung.NRRD", "b/x.mha"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(b"no image")
    return made


@pytest.fixture
def index(tmp_path: Path, folder: Path):
    with StudyIndex(tmp_path / "index.sqlite") as one:
        one.update(folder)
        yield one


def names(index: StudyIndex, **wanted) -> list[list[str]]:
    return [[file.path.name for file in one.files] for one in by_folder(all_research_files(index), Filter(**wanted))]


def test_files_stand_by_their_folders_with_kinds_and_dates(index, folder) -> None:
    os.utime(folder / "b" / "x.mha", (1_000_000_000, 1_000_000_000))
    index.update(folder)
    a, b = by_folder(all_research_files(index), Filter())
    assert [file.path.name for file in b.files] == ["Lung.NRRD", "brain.nii.gz", "x.mha"]
    assert b.kinds == ("MetaImage", "NIfTI", "NRRD")
    assert b.files[2].changed.startswith("200109")
    assert b.changed > "2020"
    assert (a.id, a.files[0].size) == (str(folder / "a"), 8)
    assert kind_of(Path("x.dcm")) == ""


def test_filters_narrow_them(index, folder) -> None:
    assert names(index, text="LUNG") == [["Lung.NRRD"]]
    assert names(index, text=f"{folder.name}/b x") == [["x.mha"]]
    assert names(index, modalities=frozenset({"NIfTI"})) == [["brain.nii.gz"], ["brain.nii.gz"]]
    assert names(index, modalities=frozenset({"CT"})) == []
    assert names(index, body_part="CHEST") == []
    assert names(index, date_to="20000101") == []
    assert names(index, folder=folder / "a") == [["brain.nii.gz"]]
    assert names(index, has_case=True) == []


@pytest.mark.parametrize("is_opened_by_folder", [True, False])
def test_a_case_belongs_to_the_file_at_its_place_and_not_to_its_namesake(
    index, folder, tmp_path, is_opened_by_folder
) -> None:
    path = folder / "b" / "brain.nii.gz"
    image = ImageReference(str(path), path.name)
    if is_opened_by_folder:
        image = ImageReference(str(folder), "b/brain.nii.gz")
    home = tmp_path / "cases"
    home.mkdir()
    document = Document([], Case.create(home / "one.limner", Geometry((2, 3, 4), np.eye(4)), [image]), author="me")
    document.apply(AddSegment(Segment(1, "one")), title="add", tool="t")
    document.close()
    assert update_cases(index, home)
    assert [file.path for file in all_research_files(index) if file.has_case] == [path]
    assert names(index, has_case=True) == [["brain.nii.gz"]]
    assert [case.path.name for case in cases_of(index, [str(path)])] == ["one.limner"]
    assert cases_of(index, [str(folder / "a" / "brain.nii.gz")]) == []


def test_pictures_are_made_of_what_is_small_enough(tmp_path, monkeypatch) -> None:
    voxels = np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6)
    path = tmp_path / "x.nrrd"
    write_volume(Volume(Geometry((4, 5, 6), np.eye(4)), voxels, Quantity.SIGNAL), path)
    assert file_thumbnail(path).pixels.shape == (80, 96)
    monkeypatch.setattr(thumbnails, "MOST_FILE_VOXELS", 119)
    with pytest.raises(UserError, match="too large"):
        file_thumbnail(path)
