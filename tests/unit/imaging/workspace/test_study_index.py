"""The list of studies: what it finds, what a second look costs, and what it must never lose."""

from __future__ import annotations

import os
import shutil
import sqlite3
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from made_series import SeriesMaker

from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.segment import Segment, SegmentState
from imaging.workspace import cases, listing
from imaging.workspace.listing import Filter
from imaging.workspace.looking import FileKind, Looker
from imaging.workspace.study_index import StudyIndex
from session.document import Document


@pytest.fixture
def index(tmp_path):
    with StudyIndex(tmp_path / "workspace" / "index.sqlite") as made:
        yield made


def two_studies(folder: Path) -> None:
    def named(name: str, date: str, part: str):
        def bend(_k: int, ds) -> None:
            ds.PatientName, ds.PatientID, ds.StudyDate, ds.BodyPartExamined = name, name[:3], date, part
            ds.StudyDescription = f"study of {part}"

        return bend

    for name, date, part in (("Abel^Adam", "20200101", "CHEST"), ("Berg^Bea", "20210203", "HEAD")):
        below = folder / name[:4]
        below.mkdir(parents=True)
        SeriesMaker(below)(3, named(name, date, part))


def test_it_lists_studies_series_and_files(index, tmp_path) -> None:
    two_studies(tmp_path / "images")
    (tmp_path / "images" / "readme.txt").write_text("no image")
    index.add_root(tmp_path / "images")
    update = index.update(tmp_path / "images")
    assert (update.looked_at, update.gone) == (7, 0)
    newest, older = listing.studies(index)
    assert (newest.patient_name, newest.modalities, newest.instance_count) == ("Berg^Bea", ("CT",), 3)
    assert older.date == "20200101"
    (series,) = listing.series_of(index, older.id)
    assert (series.instance_count, series.body_part, series.is_image) == (3, "CHEST", True)
    assert [path.name for path, _ in listing.files_of(index, series.id)] == ["s000.dcm", "s001.dcm", "s002.dcm"]


def test_a_second_look_reads_nothing(index, tmp_path, monkeypatch) -> None:
    two_studies(tmp_path / "images")
    index.update(tmp_path / "images")
    monkeypatch.setattr(Looker, "look", lambda *_: pytest.fail("a file was read again"))
    update = index.update(tmp_path / "images")
    assert (update.unchanged, update.is_change) == (6, False)


def test_changed_new_and_removed_files_are_noticed(index, make_series) -> None:
    folder = make_series(4)
    index.update(folder)
    (folder / "s000.dcm").unlink()
    make_series(1, lambda _k, ds: setattr(ds, "PatientName", "Other^One"), prefix="n")
    shutil.copy(folder / "s001.dcm", folder / "s002.dcm")
    os.utime(folder / "s002.dcm", ns=(1, 1))
    update = index.update(folder)
    assert (update.looked_at, update.gone, update.unchanged) == (2, 1, 2)
    assert {s.patient_name: s.instance_count for s in listing.studies(index)} == {"Nobody^Made": 2, "Other^One": 1}
    first = next(s for s in listing.studies(index) if s.patient_name == "Nobody^Made")
    (series,) = listing.series_of(index, first.id)
    assert (series.instance_count, series.duplicates, series.frame_count) == (2, 1, 2)
    assert len(listing.files_of(index, series.id)) == 2


def test_a_study_whose_last_file_went_is_listed_no_more(index, make_series) -> None:
    folder = make_series(2)
    index.update(folder)
    for file in folder.iterdir():
        file.unlink()
    index.update(folder)
    assert listing.studies(index) == []


def test_a_disk_that_is_unplugged_loses_nothing(index, make_series, tmp_path) -> None:
    folder = make_series(2)
    index.add_root(folder)
    index.update(folder)
    folder.rename(tmp_path / "away")
    assert not index.update(folder).is_change
    assert index.roots()[0].is_missing
    assert len(listing.studies(index)) == 1
    (tmp_path / "away").rename(folder)
    index.update(folder)
    assert not index.roots()[0].is_missing


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_loses_nothing(index, tmp_path) -> None:
    two_studies(tmp_path / "images")
    index.update(tmp_path / "images")
    (tmp_path / "images" / "Abel").chmod(0)
    update = index.update(tmp_path / "images")
    (tmp_path / "images" / "Abel").chmod(0o700)
    assert len(update.unreadable_folders) == 1
    assert len(listing.studies(index)) == 2


def test_words_find_studies_whatever_their_case_and_place(index, tmp_path) -> None:
    two_studies(tmp_path / "images")
    index.update(tmp_path / "images")

    def names(**wanted) -> list[str]:
        return [s.patient_name for s in listing.studies(index, Filter(**wanted))]

    assert names(text="bea berg") == ["Berg^Bea"]
    assert names(text="CHEST abel") == ["Abel^Adam"]
    assert names(text="made by a test 2021") == ["Berg^Bea"]
    assert names(text="2021-02-03") == names(text="03.02.2021 berg") == names(text="2021-02") == ["Berg^Bea"]
    assert names(text="b_rg") == names(text="%") == []
    assert names(date_from="20200102") == ["Berg^Bea"]
    assert names(date_to="20200101") == ["Abel^Adam"]
    assert names(modalities=frozenset({"MR"})) == []
    assert names(body_part="HEAD") == ["Berg^Bea"]
    assert names(folder=tmp_path / "images" / "Abel") == ["Abel^Adam"]


def test_prior_studies_need_more_than_a_name(index, tmp_path) -> None:
    def visit(date: str, identity: str, name: str, born: str):
        def bend(_k: int, ds) -> None:
            ds.PatientName, ds.PatientID, ds.StudyDate, ds.PatientBirthDate = name, identity, date, born

        return bend

    for n, who in enumerate(
        (
            visit("20210101", "7", "Abel^Adam", "19500101"),
            visit("20200101", "7", "ABEL^A^Adam", ""),
            visit("20190101", "7", "Abel^Adam", "19600101"),  # another birth date: another patient
            visit("20180101", "7", "Cord^Carl", "19500101"),  # another name
            visit("20170101", "8", "Abel^Adam", "19500101"),  # another ID
        )
    ):
        (tmp_path / f"v{n}").mkdir()
        SeriesMaker(tmp_path / f"v{n}")(1, who)
        index.update(tmp_path / f"v{n}")
    newest = listing.studies(index)[0]
    assert [s.date for s in listing.prior_studies(index, newest)] == ["20200101"]


@pytest.mark.parametrize(
    ("one", "other", "searched"),
    [
        ("Müller^Jörg", "MUELLER^JOERG", ["muller", "müller", "mueller jorg", "mu\u0308ller"]),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田^太郎", ["tarou", "太郎"]),
        ("Ångström^Åsa", "Angstrom^Asa", ["angstrom", "ÅNGSTRÖM"]),
    ],
)
def test_names_are_the_same_in_other_scripts_and_spellings(index, tmp_path, one, other, searched) -> None:
    for n, (name, identity) in enumerate(((one, "7"), (other, " 7  "))):

        def bend(_k: int, ds, name: str = name, identity: str = identity, n: int = n) -> None:
            ds.SpecificCharacterSet = "ISO_IR 192"
            ds.PatientName, ds.PatientID, ds.StudyDate = name, identity, f"2020010{n + 1}"

        (tmp_path / f"v{n}").mkdir()
        SeriesMaker(tmp_path / f"v{n}")(1, bend)
        index.update(tmp_path / f"v{n}")
    newest, older = listing.studies(index)
    assert [s.id for s in listing.prior_studies(index, newest)] == [older.id]
    for text in searched:
        assert older in listing.studies(index, Filter(text=text)), text


def test_names_of_files_need_not_be_text_nor_short(index, make_series, tmp_path) -> None:
    folder = make_series(1)
    deep = tmp_path / "Bilder ä漢" / ("x" * 120) / ("y" * 120)
    deep.mkdir(parents=True)
    shutil.move(folder / "s000.dcm", os.path.join(os.fsencode(deep), b"odd\xff.dcm"))
    index.update(tmp_path / "Bilder ä漢")
    (study,) = listing.studies(index)
    (series,) = listing.series_of(index, study.id)
    ((path, member),) = listing.files_of(index, series.id)
    assert path.exists()
    assert member == ""
    assert not index.update(tmp_path / "Bilder ä漢").is_change


def test_archives_are_looked_into(index, make_series, tmp_path) -> None:
    folder = make_series(3)
    with zipfile.ZipFile(tmp_path / "cd.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"DICOM/{file.name}")
    target = tmp_path / "in"
    target.mkdir()
    shutil.move(tmp_path / "cd.zip", target)
    index.update(target)
    (study,) = listing.studies(index)
    (series,) = listing.series_of(index, study.id)
    assert [member for _, member in listing.files_of(index, series.id)] == [f"DICOM/s00{k}.dcm" for k in range(3)]


def test_a_broken_entry_of_an_archive_hides_no_other(index, make_series, tmp_path) -> None:
    folder = make_series(3)
    whole = (folder / "s001.dcm").read_bytes()
    nested = b"\x08\x00\x11\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    (folder / "s001.dcm").write_bytes(whole[:132] + _meta_of(whole) + nested * 200)
    target = tmp_path / "in"
    target.mkdir()
    with zipfile.ZipFile(target / "cd.zip", "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    with zipfile.ZipFile(target / "broken.zip", "w") as archive:
        archive.write(folder / "s001.dcm", "s001.dcm")
    index.update(target)
    (study,) = listing.studies(index)
    (series,) = listing.series_of(index, study.id)
    assert [member for _, member in listing.files_of(index, series.id)] == ["s000.dcm", "s002.dcm"]
    assert [row.path.name for row in listing.unreadable_files(index)] == ["broken.zip"]


def test_what_cannot_be_read_is_listed_with_its_reason(index, make_series) -> None:
    folder = make_series(1)
    whole = (folder / "s000.dcm").read_bytes()
    nested = b"\x08\x00\x11\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    (folder / "deep.dcm").write_bytes(whole[:132] + _meta_of(whole) + nested * 200)
    index.update(folder)
    assert [(f.path.name, bool(f.reason)) for f in listing.unreadable_files(index)] == [("deep.dcm", True)]


def _meta_of(whole: bytes) -> bytes:
    """The file meta group of a file, without its preamble."""
    length = int.from_bytes(whole[140:144], "little")
    return whole[132 : 144 + length]


def test_stopping_keeps_what_was_done_and_the_next_look_goes_on(index, make_series) -> None:
    folder = make_series(6)
    asked = iter([False, False, False, True])
    update = index.update(folder, is_cancelled=lambda: next(asked))
    assert update.is_cancelled
    assert update.looked_at == 3
    assert index.update(folder).looked_at == 3


def test_two_programs_may_write_at_once(index, tmp_path) -> None:
    for n in range(2):
        (tmp_path / f"f{n}").mkdir()
        SeriesMaker(tmp_path / f"f{n}")(20)

    def other() -> None:
        with StudyIndex(index.path) as mine:
            mine.update(tmp_path / "f1")

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(other)
        index.update(tmp_path / "f0")
        done.result()
    assert sum(s.instance_count for s in listing.studies(index)) == 40


def test_forgetting_a_folder_touches_no_file_and_spares_what_others_list(index, tmp_path) -> None:
    two_studies(tmp_path / "images")
    index.add_root(tmp_path / "images")
    index.add_root(tmp_path / "images" / "Abel")
    index.update(tmp_path / "images")
    index.forget_root(tmp_path / "images")
    assert [s.patient_name for s in listing.studies(index)] == ["Abel^Adam"]
    assert len(list((tmp_path / "images" / "Berg").iterdir())) == 3


def test_something_that_is_no_index_is_refused(tmp_path) -> None:
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("PRAGMA application_id=5")
    with pytest.raises(UserError):
        StudyIndex(tmp_path / "other.sqlite")
    (tmp_path / "text.sqlite").write_text("no database at all, but long enough to be looked at" * 50)
    with pytest.raises(UserError):
        StudyIndex(tmp_path / "text.sqlite")


@pytest.mark.skipif(os.name != "posix", reason="POSIX file modes")
def test_the_index_belongs_to_its_user_alone(index) -> None:
    assert index.path.stat().st_mode & 0o077 == 0


def test_cases_are_listed_with_their_state_and_found_by_their_series(index, make_series, tmp_path) -> None:
    folder, home = make_series(2), tmp_path / "cases"
    index.update(folder)
    (study,) = listing.studies(index)
    (series,) = listing.series_of(index, study.id)
    case = Case.create(home / "a.limner", Geometry((2, 12, 10), np.eye(4)), [ImageReference(str(folder), series.uid)])
    document = Document([], case, author="me")
    document.apply(AddSegment(Segment(1, "one", state=SegmentState.DONE)), title="add", tool="t")
    document.close()
    (home / "broken.limner").write_bytes(b"no case")
    assert cases.update_cases(index, home)
    (row,) = cases.cases_of(index, [series.uid])
    assert (row.path.name, row.entries, row.segments) == ("a.limner", 1, {"done": 1})
    assert len(cases.all_cases(index)) == 2
    assert listing.studies(index, Filter(has_case=True))[0].case_count == 1
    assert not cases.update_cases(index, home)
    (home / "a.limner").unlink()
    assert cases.update_cases(index, home)
    assert listing.studies(index, Filter(has_case=True)) == []


def test_files_can_be_taken_in_at_once(index, make_series) -> None:
    folder = make_series(1)
    (look,) = index.note_files([folder / "s000.dcm", folder / "gone.dcm"])
    assert look.kind is FileKind.DICOM
    assert len(listing.studies(index)) == 1


def test_several_may_make_the_index_at_once(tmp_path) -> None:
    def one(path: Path) -> int:
        with StudyIndex(path) as mine:
            return len(mine.roots())

    for n in range(10):
        with ThreadPoolExecutor(6) as pool:
            assert list(pool.map(one, [tmp_path / f"{n}.sqlite"] * 6)) == [0] * 6
