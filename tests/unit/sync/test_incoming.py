"""What arrives is kept whole, once, under names that nobody outside can choose."""

from __future__ import annotations

import os
import shutil
import threading
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from imaging.errors import UserError
from sync.incoming import Arrival, Incoming, Limits, NoSpace

UIDS = {"study_uid": "1.2.3", "series_uid": "1.2.3.4", "sop_uid": "1.2.3.4.5"}


@pytest.fixture
def incoming(tmp_path):
    with Incoming(tmp_path / "workspace") as made:
        yield made


def test_an_object_is_kept_as_it_came(incoming) -> None:
    received = incoming.store(b"bytes", **UIDS, sender="CT1")
    assert received.arrival is Arrival.NEW
    assert received.path.read_bytes() == b"bytes"
    assert incoming.used_bytes() == 5
    assert "1.2.3" not in str(received.path.relative_to(incoming.folder))


def test_the_same_object_is_kept_once_and_another_of_its_name_beside_it(incoming) -> None:
    first = incoming.store(b"bytes", **UIDS, sender="CT1")
    again = incoming.store(b"bytes", **UIDS, sender="CT2")
    other = incoming.store(b"other", **UIDS, sender="CT1")
    assert (again.arrival, again.path) == (Arrival.SAME, first.path)
    assert other.arrival is Arrival.DIFFERENT
    assert first.path.read_bytes() == b"bytes"
    assert other.path.read_bytes() == b"other"


def test_an_object_whose_file_was_removed_is_taken_in_again(incoming) -> None:
    incoming.store(b"bytes", **UIDS, sender="CT1").path.unlink()
    assert incoming.store(b"bytes", **UIDS, sender="CT1").arrival is Arrival.NEW


@pytest.mark.parametrize("wild", ["../../x", "/etc/passwd", "a\0b", "C:\\x", "." * 300, "", "con"])
def test_identifiers_never_become_paths(incoming, wild) -> None:
    received = incoming.store(b"bytes", study_uid=wild, series_uid=wild, sop_uid=wild, sender=wild)
    assert received.path.resolve().is_relative_to(incoming.folder.resolve())
    assert incoming.store(b"bytes", study_uid=wild, series_uid=wild, sop_uid=wild, sender="").arrival is Arrival.SAME


def test_objects_of_a_series_stand_together(incoming) -> None:
    paths = [
        incoming.store(b"x", study_uid="1", series_uid=series, sop_uid=f"{series}.{n}", sender="").path
        for series in ("1.1", "1.2")
        for n in range(3)
    ]
    assert len({p.parent for p in paths}) == 2
    assert len({p.parent for p in paths[:3]}) == 1


def test_limits_refuse_before_anything_is_written(tmp_path) -> None:
    with Incoming(tmp_path / "w", Limits(free_bytes=0, quota_bytes=8, object_bytes=6)) as incoming:
        incoming.store(b"12345", **UIDS, sender="")
        with pytest.raises(NoSpace, match="larger"):
            incoming.store(b"1234567", **UIDS, sender="")
        with pytest.raises(NoSpace, match="used up"):
            incoming.store(b"54321", **UIDS, sender="")
        assert len(list(incoming.folder.glob("*/*"))) == 1


def test_a_disk_that_is_nearly_full_takes_no_more(incoming, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 99, 1))
    with pytest.raises(NoSpace, match="nearly full"):
        incoming.store(b"1", **UIDS, sender="")


def test_a_disk_that_fails_leaves_nothing_half_written(incoming, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpace):
        incoming.store(b"bytes", **UIDS, sender="")
    assert list(incoming.folder.glob("*/*")) == []
    assert incoming.unsettled() == []


def test_after_a_crash_what_was_begun_is_removed_and_what_was_whole_is_found(incoming) -> None:
    received = incoming.store(b"bytes", **UIDS, sender="")
    received.path.with_name("begun.part").write_bytes(b"half")
    orphan = received.path.with_name("whole.dcm")
    orphan.write_bytes(b"whole, but not in the journal")
    begun, whole = incoming.tidy()
    assert (begun, whole) == (1, [orphan])
    incoming.adopt(orphan, study_uid="1", series_uid="2", sop_uid="3")
    assert incoming.tidy() == (0, [])
    assert len(incoming.unsettled()) == 2


def test_what_was_dealt_with_is_told_no_more(incoming) -> None:
    received = [incoming.store(b"x", study_uid="1", series_uid="2", sop_uid=str(n), sender="") for n in range(3)]
    incoming.settle([r.path for r in received[:2]])
    assert [r.sop_uid for r in incoming.unsettled()] == ["2"]
    incoming.forget([received[2].path])
    assert incoming.unsettled() == []
    assert not received[2].path.exists()


def test_several_threads_may_store(incoming) -> None:
    def store(n: int) -> Arrival:
        one = incoming.store(b"%d" % n, study_uid="1", series_uid=str(n % 3), sop_uid=str(n), sender="")
        return one.arrival

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(store, range(60))) == {Arrival.NEW}
    assert len(incoming.unsettled()) == 60
    assert len(list(incoming.folder.iterdir())) == 3


def test_a_workspace_that_cannot_be_written_is_said(tmp_path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError):
        Incoming(tmp_path / "file")


@pytest.mark.skipif(os.name != "posix", reason="POSIX file modes")
def test_received_images_belong_to_their_user_alone(incoming) -> None:
    assert incoming.folder.stat().st_mode & 0o077 == 0


def test_the_same_object_on_two_connections_at_once_is_kept_once(incoming, monkeypatch) -> None:
    both_looked = threading.Barrier(2)
    write = Incoming._write

    def write_together(self: Incoming, *file: Any) -> None:
        both_looked.wait(30)
        write(self, *file)

    monkeypatch.setattr(Incoming, "_write", write_together)
    with Incoming(incoming.folder.parent) as other, ThreadPoolExecutor(2) as pool:
        stored = [pool.submit(one.store, b"bytes", **UIDS, sender="CT1") for one in (incoming, other)]
        received = [one.result(60) for one in stored]
    assert sorted(one.arrival for one in received) == [Arrival.NEW, Arrival.SAME]
    assert [one.path for one in received] == [received[0].path] * 2
    assert [path.read_bytes() for path in incoming.folder.glob("*/*")] == [b"bytes"]
    assert len(incoming.unsettled()) == 1


@pytest.mark.parametrize("is_journaled", [True, False])
def test_a_power_cut_may_undo_the_naming_but_loses_nothing(incoming, monkeypatch, is_journaled) -> None:
    flushed: list[int] = []
    flush = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (flush(descriptor), flushed.append(descriptor)))
    monkeypatch.setattr(os, "replace", lambda *_: None)  # what the disk has seen of it
    received = incoming.store(b"bytes", **UIDS, sender="CT1")
    monkeypatch.undo()
    assert flushed
    (part,) = incoming.folder.glob("*/*")
    assert part.suffix == ".part"
    if not is_journaled:
        incoming.forget([received.path])
    (part.with_name(f"{part.name.split('.')[0]}.torn.part")).write_bytes(b"byt")
    begun, whole = incoming.tidy()
    assert begun == 1
    assert whole == ([] if is_journaled else [received.path])
    assert [path.read_bytes() for path in incoming.folder.glob("*/*")] == [b"bytes"]


def test_a_file_that_another_program_found_and_noted_first_stays(incoming, monkeypatch) -> None:
    write = Incoming._write

    def found_by_another(self: Incoming, *file: Any) -> None:
        write(self, *file)
        with Incoming(self.folder.parent) as other:
            (path,) = other.tidy()[1]
            other.adopt(path, **UIDS)
            other.adopt(path, **UIDS)

    monkeypatch.setattr(Incoming, "_write", found_by_another)
    received = incoming.store(b"bytes", **UIDS, sender="CT1")
    assert received.arrival is Arrival.NEW
    assert received.path.read_bytes() == b"bytes"
    assert len(incoming.unsettled()) == 1


def test_a_journal_that_cannot_be_written_is_no_space_and_nothing_is_kept(incoming, monkeypatch) -> None:
    kept = incoming.store(b"bytes", **UIDS, sender="CT1")
    full = f"PRAGMA max_page_count = {incoming._connection.execute('PRAGMA page_count').fetchone()[0]}"
    incoming._connection.execute(full)

    def store_many() -> None:
        for number in range(2000):  # there is room on the last pages
            incoming.store(b"%d" % number, study_uid="1", series_uid="1.2", sop_uid=f"1.2.{number}", sender="")

    with pytest.raises(NoSpace):
        store_many()
    assert len(list(incoming.folder.glob("*/*"))) == len(incoming.unsettled())
    incoming._connection.execute("PRAGMA max_page_count = 100000")
    incoming.settle([kept.path])
    assert kept.path not in {one.path for one in incoming.unsettled()}
