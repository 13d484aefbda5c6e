"""Originals on their way: looked at, let through or refused before anything leaves, cut and gone on with, asked for."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from made_series import SeriesMaker
from pydicom import dcmread
from pydicom.uid import RTStructureSetStorage

from imaging.dicom.wholeness import require_whole
from imaging.errors import UserError
from imaging.workspace.listing import series_of, studies
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from session import archives, delivery
from session.image_sending import make_folder_on_the_way, send_images, send_rest
from session.images_to_send import look_at_files, look_at_listed, way_to
from sync.destination import Destination, ObjectKind
from sync.dimse.association import ConnectionFailed
from sync.dimse.send import Outgoing, Sent
from sync.outbox import ItemState, Outbox
from sync.privacy import NotAllowed
from sync.query import Answers, Level, Query

HERE = Destination("archive", host="127.0.0.1", port=104, ae_title="ORTHANC", is_inside=True)


class FakeArchive:
    """Takes what it is sent, and may be cut, refuse objects, or know no searches."""

    def __init__(self) -> None:
        self.held: list[Outgoing] = []
        self.asked: list[Query] = []
        self.cut_after = -1
        self.refused: set[str] = set()
        self.search_error: UserError | None = None
        self.forgets: set[str] = set()

    def send(self, _there, files, on_progress, is_cancelled, done: Sent) -> Sent:
        for number, one in enumerate(files):
            if is_cancelled():
                done.is_cancelled = True
                return done
            if len(done.stored) == self.cut_after:
                self.cut_after = -1
                raise ConnectionFailed("answer", "The connection was lost.")
            if one.sop_uid in self.refused:
                done.failed.append((one, "It does not allow this."))
            else:
                done.stored.append(one)
                self.held.append(one)
            on_progress(number + 1, len(files))
        return done

    def find(self, _there, query: Query, *_: object) -> Answers:
        self.asked.append(query)
        if self.search_error is not None:
            raise self.search_error
        uids = {one.sop_uid for one in self.held if one.series_uid == query.matches["SeriesInstanceUID"]}
        records = tuple({"SOPInstanceUID": uid} for uid in uids - self.forgets)
        return Answers(query.level, records)


@pytest.fixture
def archive(monkeypatch) -> FakeArchive:
    made = FakeArchive()
    monkeypatch.setattr(archives, "send", made.send)
    monkeypatch.setattr(archives, "find", made.find)
    return made


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A CT of four slices and another of three in one study, and a structure set."""
    folder = tmp_path / "images"
    folder.mkdir()
    make = SeriesMaker(folder)
    make(4)
    make(3, prefix="t")

    def structures(_k: int, ds) -> None:
        ds.Modality = "RTSTRUCT"
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = RTStructureSetStorage
        del ds.PixelData, ds.Rows, ds.Columns

    return make(1, structures, prefix="r")


@pytest.fixture
def found(images: Path):
    return look_at_files(sorted(images.iterdir()))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def items(home: Path) -> list:
    with Outbox(home) as outbox:
        return outbox.items()


def without_identity(folder: Path) -> None:
    for path in folder.iterdir():
        ds = dcmread(path)
        ds.PatientIdentityRemoved, ds.PatientName = "YES", ds.PatientID
        ds.save_as(path)


def test_everything_is_sent_asked_for_by_series_and_leaves_the_outbox(archive, images, found, home) -> None:
    way = way_to(found, HERE)
    assert (len(way.files), way.left_out, way.refusal) == (8, {}, None)
    sending = send_images(way.files, HERE, home)
    assert sending.is_complete
    assert len(archive.held) == 8
    assert [query.level for query in archive.asked] == [Level.IMAGE] * 3
    assert all(query.is_identified for query in archive.asked)
    assert items(home) == []
    assert [path.name for path in (home / "outbox").glob("*.dcm")] == []
    assert len(list(images.iterdir())) == 8  # links were removed, not the originals


def test_the_outbox_takes_no_second_space_and_no_change_of_names(archive, images, found, home, monkeypatch) -> None:
    archive.cut_after = 0
    sending = send_images(found.series[1].files, HERE, home)
    assert all(item.path.stat().st_nlink == 2 for item in sending.items)
    monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(OSError("another disk")))
    archive.cut_after = 0
    again = send_images(found.series[1].files, HERE, home)
    assert all(item.path.stat().st_nlink == 1 for item in again.items)
    assert len(items(home)) == len(found.series[1].files)  # what waited before was replaced, not doubled


def test_what_a_cut_left_goes_on_and_nothing_is_sent_twice(archive, found, home) -> None:
    archive.cut_after = 5
    way = way_to(found, HERE)
    sending = send_images(way.files, HERE, home)
    assert sending.states[ItemState.WAITING] == 3
    assert sending.reasons["The connection was lost."] == 3
    assert not sending.is_complete
    done = send_rest(home, HERE, [item.id for item in sending.items])
    assert done.states == {ItemState.CONFIRMED: 3}
    assert len({one.sop_uid for one in archive.held}) == len(archive.held) == 8
    assert items(home) == []


def test_a_stop_leaves_the_rest_waiting(archive, found, home) -> None:
    stopped: list[int] = []
    sending = send_images(
        way_to(found, HERE).files,
        HERE,
        home,
        on_progress=lambda done, _total: stopped.append(done),
        is_cancelled=lambda: len(stopped) >= 2,
    )
    assert (sending.states[ItemState.STORED], sending.states[ItemState.WAITING]) == (2, 6)
    assert archive.asked == []
    assert send_rest(home, HERE).is_complete
    assert len(archive.held) == 8


def test_how_far_it_is_stands_on_the_disk_while_it_goes(archive, found, home, monkeypatch) -> None:
    monkeypatch.setattr(delivery, "NOTE_EVERY", 3)
    seen: list[int] = []

    def look(_done: int, _total: int) -> None:
        seen.append(sum(item.state is ItemState.STORED for item in items(home)))

    send_images(way_to(found, HERE).files, HERE, home, on_progress=look)
    assert max(seen) >= 3
    assert all(done - noted <= 3 for done, noted in enumerate(seen, start=1))


def test_a_refused_object_stops_no_other_and_stays_named(archive, found, home) -> None:
    files = found.series[1].files
    archive.refused = {files[1].sop_uid}
    sending = send_images(files, HERE, home)
    assert sending.states == {ItemState.CONFIRMED: len(files) - 1, ItemState.REFUSED: 1}
    assert [item.reason for item in items(home)] == ["It does not allow this."]


def test_what_is_not_found_there_is_asked_for_again_later(archive, found, home) -> None:
    files = found.series[1].files
    archive.forgets = {files[0].sop_uid}
    sending = send_images(files, HERE, home)
    assert sending.states[ItemState.STORED] == 1
    archive.forgets = set()
    assert send_rest(home, HERE).is_complete
    assert len(archive.held) == len(files)


def test_a_machine_without_searches_keeps_no_originals_in_the_outbox(archive, found, home) -> None:
    archive.search_error = UserError("It does not know this kind of object or query.")
    sending = send_images(found.series[1].files, HERE, home)
    assert set(sending.states) == {ItemState.ACCEPTED}
    assert items(home) == []


def test_a_cut_while_it_is_asked_keeps_the_question(archive, found, home) -> None:
    archive.search_error = ConnectionFailed("tcp", "It does not answer.")
    send_images(found.series[1].files, HERE, home)
    assert {item.state for item in items(home)} == {ItemState.STORED}


def test_the_gate_shuts_before_anything_is_taken_into_the_outbox(archive, found, home) -> None:
    outside = Destination("study", host="10.0.0.7", ae_title="A", is_inside=False)
    plain = Destination("plain", host="10.0.0.7", ae_title="A", is_inside=True)
    for there, word in ((outside, "inside the hospital"), (plain, "without TLS")):
        way = way_to(found, there)
        assert isinstance(way.refusal, NotAllowed)
        assert word in way.refusal.message
        with pytest.raises(NotAllowed):
            send_images(way.files, there, home)
    assert archive.held == []
    assert not (home / "outbox").exists()


def test_without_identifiers_it_may_go_outside_and_be_asked_for_there(archive, images, home) -> None:
    without_identity(images)
    clean = look_at_files(sorted(images.iterdir()))
    outside = Destination("study", host="10.0.0.7", ae_title="A", is_inside=False)
    assert not clean.is_identified
    way = way_to(clean, outside)
    assert way.refusal is None
    assert send_images(way.files, outside, home).is_complete
    assert not any(query.is_identified for query in archive.asked)


def test_a_question_that_names_somebody_is_never_without_identifiers() -> None:
    assert Query(Level.IMAGE, {"PatientID": "7"}, names_nobody=True).is_identified
    assert Query(Level.STUDY, {"StudyInstanceUID": "1.2"}, names_nobody=True).is_identified


def test_kinds_that_a_destination_does_not_take_are_left_out_with_the_reason(found) -> None:
    only = Destination("images", host="127.0.0.1", ae_title="A", is_inside=True, kinds=(ObjectKind.ORIGINAL,))
    way = way_to(found, only)
    assert len(way.files) == 7
    assert list(way.left_out.values()) == ["“images” does not take rtstruct."]
    way = way_to(found, Destination("r", host="127.0.0.1", ae_title="A", is_inside=True, kinds=(ObjectKind.SR,)))
    assert way.refusal is not None
    assert len(way.left_out) == 3


def test_results_do_not_slip_past_the_quarantine(found) -> None:
    kinds = (ObjectKind.ORIGINAL, ObjectKind.RTSTRUCT)
    there = Destination("pacs", host="127.0.0.1", ae_title="A", is_inside=True, kinds=kinds, quarantine="wait")
    way = way_to(found, there)
    assert len(way.files) == 7
    assert "quarantine “wait”" in next(iter(way.left_out.values()))


def test_files_that_were_cut_off_or_are_something_else_are_named_and_not_sent(images) -> None:
    cut = images / "s001.dcm"
    cut.write_bytes(cut.read_bytes()[:-20])
    (images / "note.txt").write_text("hello")
    found = look_at_files(sorted(images.iterdir()))
    assert sum(len(one.files) for one in found.series) == 7
    problems = {reason: n for one in found.series for reason, n in one.problems}
    assert problems == {"A file ends within its pixels.": 1, "A file is not a DICOM object that can be sent.": 1}
    (none,) = look_at_files([cut]).series
    there = Destination("pacs", host="127.0.0.1", ae_title="A", is_inside=True)
    assert list(way_to(look_at_files([cut]), there).left_out.values()) == ["A file ends within its pixels."]
    assert none.files == ()


def test_compressed_pixels_must_reach_their_last_delimiter(images) -> None:
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEGBaseline8Bit

    path = images / "s000.dcm"
    ds = dcmread(path)
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    ds.PixelData = encapsulate([b"\1\2" * 50, b"\3\4" * 30])
    ds["PixelData"].is_undefined_length = True
    ds.save_as(path)
    require_whole(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UserError, match="within its pixels"):
        require_whole(path)


def test_studies_and_some_of_their_series_are_found_by_the_list(images, home) -> None:
    with StudyIndex(home / INDEX_NAME) as index:
        index.update(images)
        (study,) = studies(index)
        rows = series_of(index, study.id)
    said: list[str] = []
    every = look_at_listed(home, [study.id], report=lambda _f, text: said.append(text))
    assert (every.study_count, sum(len(one.files) for one in every.series)) == (1, 8)
    assert said[-1] == "7 of 8 objects"
    assert every.series[0].patient == "Nobody^Made"
    one = look_at_listed(home, [study.id], [rows[0].id])
    assert [series.uid for series in one.series] == [rows[0].uid]
    with pytest.raises(UserError, match="not listed"):
        look_at_listed(home, [999])


def test_a_file_that_left_the_outbox_stops_no_other(archive, found, home) -> None:
    archive.cut_after = 0
    sending = send_images(found.series[1].files, HERE, home)
    sending.items[0].path.unlink()
    rest = send_rest(home, HERE)
    assert rest.states == {ItemState.REFUSED: 1, ItemState.CONFIRMED: len(found.series[1].files) - 1}
    assert [item.state for item in items(home)] == [ItemState.REFUSED]


def test_folders_that_a_killed_program_left_are_removed_after_a_day(home, monkeypatch) -> None:
    old, fresh = make_folder_on_the_way(home), make_folder_on_the_way(home)
    tomorrow = time.time() + 90_000
    monkeypatch.setattr("session.image_sending.time", SimpleNamespace(time=lambda: tomorrow))
    newest = make_folder_on_the_way(home)
    assert not old.exists()
    assert not fresh.exists()
    assert newest.is_dir()
