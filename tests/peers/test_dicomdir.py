"""Discs whose directory dcmtk made: read as dcmtk wrote them, opened, listed and brought in by it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from made_disc import make_disc
from made_series import ct_slice
from pydicom import dcmread
from pydicom.uid import generate_uid
from readers import tool

from imaging.dicom import tags
from imaging.dicom.directory import file_records
from imaging.dicom.disc import read_disc
from imaging.opening import find_series
from imaging.workspace import listing
from imaging.workspace.looking import Looker
from imaging.workspace.study_index import StudyIndex
from session.study_opening import bring_in

STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"


def dcmmkdir(folder: Path, *options: str) -> Path:
    """Have dcmtk write the DICOMDIR of a folder."""
    directory = folder / "DICOMDIR"
    directory.unlink(missing_ok=True)
    command = [tool("dcmmkdir"), "+r", "+I", "-Nxc", "+id", str(folder), "+D", str(directory), *options, "DICOM"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """Two series of CT and a structure set of one study; returns the DICOMDIR that dcmtk made."""
    folder = tmp_path / "cd"
    make_disc(folder, (4, 5), "Müller^Zoë")
    image = dcmread(folder / "DICOM" / "SER00001" / "IM00000", stop_before_pixels=True)
    ds = ct_slice(0, generate_uid()[:50], image.StudyInstanceUID)
    ds.PatientName, ds.PatientID, ds.StudyDate = image.PatientName, image.PatientID, image.StudyDate
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = STRUCTURE_SET
    ds.Modality, ds.StructureSetLabel, ds.SeriesNumber = "RTSTRUCT", "made", 9
    ds.StructureSetDate, ds.StructureSetTime = "20240506", "101010"
    for keyword in ("PixelData", "Rows", "Columns"):
        delattr(ds, keyword)
    (folder / "DICOM" / "RT").mkdir()
    ds.save_as(folder / "DICOM" / "RT" / "RS", enforce_file_format=True)
    return dcmmkdir(folder)


def test_the_records_are_those_that_dcmtk_wrote(disc) -> None:
    records = file_records(disc)
    assert sorted(record.name for record in records) == sorted(
        path.relative_to(disc.parent).as_posix() for path in (disc.parent / "DICOM").rglob("*") if path.is_file()
    )
    for record in records:
        file = dcmread(disc.parent / record.name, stop_before_pixels=True)
        assert record.study_uid == file.StudyInstanceUID
        assert record.series_uid == file.SeriesInstanceUID
        assert record.header.text(tags.FILE_INSTANCE) == file.SOPInstanceUID
        assert record.patient is not None
        assert record.patient.human_text(tags.PATIENT_NAME) == "Müller^Zoë"


def test_records_with_small_pictures_are_read_alike(disc) -> None:
    names = [record.name for record in file_records(disc)]
    size = disc.stat().st_size
    dcmmkdir(disc.parent, "+X")  # icon images: sequences within the records
    assert disc.stat().st_size > 2 * size
    assert [record.name for record in file_records(disc)] == names


def test_it_opens_what_the_folder_opens(disc) -> None:
    by_directory = find_series(disc)
    assert [(s.id, s.modality) for s in by_directory.series] == [
        (s.id, s.modality) for s in find_series(disc.parent).series
    ]
    assert by_directory.remarks == []
    assert [s.modality for s in by_directory.series] == ["CT", "CT", "RTSTRUCT"]


def test_it_is_listed_by_one_file_of_each_series(disc, tmp_path, monkeypatch) -> None:
    looked: list[str] = []
    look = Looker.look
    monkeypatch.setattr(Looker, "look", lambda self, path: looked.append(path) or look(self, path))
    with StudyIndex(tmp_path / "index.sqlite") as index:
        index.update(disc.parent)
        (study,) = listing.studies(index)
        assert (study.patient_name, study.birth_date, study.instance_count) == ("Müller^Zoë", "19601231", 10)
        assert [row.instance_count for row in listing.series_of(index, study.id)] == [4, 5, 1]
    assert len(looked) == 3


def test_it_is_brought_in_and_what_is_missing_is_named(disc, tmp_path) -> None:
    (disc.parent / "DICOM" / "SER00002" / "IM00004").unlink()
    done = bring_in(disc.parent, tmp_path / "workspace")
    assert (done.new, done.failed, done.others) == (9, 0, 1)
    assert [remark.hint for remark in done.remarks] == ["Missing: SER00002/IM00004."]


def test_dcmtk_names_nothing_that_we_do_not_find_when_linux_shows_small_letters(disc) -> None:
    folder = disc.parent
    for path in sorted((folder / "DICOM").rglob("*"), reverse=True):
        path.rename(path.with_name(path.name.lower()))
    (folder / "DICOM").rename(folder / "dicom")
    found = read_disc(disc)
    assert (len(found.named), found.absent, found.unnamed) == (10, (), ())
