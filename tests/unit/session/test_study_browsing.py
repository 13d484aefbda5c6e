"""The list of studies as the window asks for it: found, narrowed, opened, pictured, without waiting for anybody."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest
from made_series import SeriesMaker

from imaging import opening
from imaging.errors import UserError
from imaging.workspace.listing import Filter
from session.session import Session
from session.settings import Settings
from session.study_browsing import Found, StudyBrowsing, StudyContent

WAIT_S = 300.0


class Heard:
    """Waits for signals that come on another thread."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._condition = threading.Condition()

    def __call__(self, *values: object) -> None:
        with self._condition:
            self.values.append(values[0] if len(values) == 1 else values)
            self._condition.notify_all()

    def until(self, test) -> object:
        with self._condition:
            assert self._condition.wait_for(lambda: any(test(v) for v in self.values), WAIT_S), self.values
            return next(v for v in reversed(self.values) if test(v))


@pytest.fixture
def browsing(tmp_path, monkeypatch):
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    made = StudyBrowsing(Session(Settings(tmp_path / "settings.json")))
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path):
    for name in ("Abel^Adam", "Berg^Bea"):
        below = tmp_path / "images" / name[:4]
        below.mkdir(parents=True)

        def bend(_k: int, ds, name: str = name) -> None:
            ds.PatientName, ds.PatientID = name, name[:2]

        SeriesMaker(below)(3, bend)
    return tmp_path / "images"


def test_a_folder_is_listed_narrowed_opened_and_pictured(browsing, folder) -> None:
    found, content, pictures = Heard(), Heard(), Heard()
    browsing.found.connect(found)
    browsing.content.connect(content)
    browsing.thumbnail.connect(pictures)
    browsing.add_folder(folder)
    both = found.until(lambda f: isinstance(f, Found) and len(f.studies) == 2)
    assert isinstance(both, Found)
    assert [root.path for root in both.roots] == [folder.resolve()]
    browsing.set_filter(Filter(text="bea"))
    one = found.until(lambda f: isinstance(f, Found) and len(f.studies) == 1)
    assert isinstance(one, Found)
    browsing.ask_content(one.studies[0])
    inside = content.until(lambda c: isinstance(c, StudyContent))
    assert isinstance(inside, StudyContent)
    assert inside.study.patient_name == "Berg^Bea"
    browsing.ask_thumbnails(inside.series)
    number, picture = pictures.until(lambda _: True)
    assert number == inside.series[0].id
    assert max(picture.pixels.shape) == 96
    assert picture.pixels.dtype == np.uint8
    assert len(np.unique(picture.pixels)) > 10
    browsing.ask_thumbnails(inside.series)
    again = pictures.until(lambda v: v[1] is not picture)
    assert np.array_equal(again[1].pixels, picture.pixels)
    browsing.forget_folder(folder)
    found.until(lambda f: isinstance(f, Found) and not f.studies and not f.roots)


def test_a_folder_that_went_is_told_as_missing(browsing, folder) -> None:
    found = Heard()
    browsing.found.connect(found)
    browsing.add_folder(folder)
    found.until(lambda f: isinstance(f, Found) and len(f.studies) == 2)
    folder.rename(folder.with_name("away"))
    browsing.update()
    missing = found.until(lambda f: isinstance(f, Found) and any(root.is_missing for root in f.roots))
    assert isinstance(missing, Found)
    assert len(missing.studies) == 2


def test_a_file_that_goes_away_meanwhile_ends_nothing(browsing, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", lambda _path: True)
    with pytest.raises(UserError, match="cannot be read"):
        opening.find_series(tmp_path / "gone.dcm")
    monkeypatch.undo()

    failed, heard = Heard(), Heard()
    browsing.failed.connect(failed)
    browsing.found.connect(heard)

    def lost(_index: object) -> None:
        raise OSError(5, "Input/output error")

    browsing._ask("content", lost)
    assert "Input/output error" in str(failed.until(lambda error: isinstance(error, UserError)).hint)
    browsing.refresh()  # the thread that answers is still there
    heard.until(lambda found: isinstance(found, Found))


def test_a_folder_that_may_not_be_read_is_named(browsing, folder, monkeypatch) -> None:
    scandir = os.scandir

    def guarded(place: str) -> object:
        if Path(place).name == "Berg":
            raise PermissionError(13, "Permission denied")
        return scandir(place)

    found = Heard()
    browsing.found.connect(found)
    monkeypatch.setattr(os, "scandir", guarded)
    browsing.add_folder(folder)
    closed = found.until(lambda f: isinstance(f, Found) and bool(f.closed_folders))
    assert closed.closed_folders == ("Berg",)
    monkeypatch.undo()
    browsing.update()
    found.until(lambda f: isinstance(f, Found) and len(f.studies) == 2 and not f.closed_folders)
