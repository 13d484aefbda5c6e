"""A study leaves without its patient: chosen in the list, looked at, text covered by mouse, written, reported."""

from __future__ import annotations

import csv
import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from made_series import SeriesMaker
from pydicom import dcmread
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from imaging import text_finding
from sync.deidentification.options import Dates, Options
from widgets.deidentify.dialog import DeidentifyDialog
from widgets.deidentify.picture import RectanglePicture
from widgets.deidentify.report import DeidentificationReport
from widgets.study_window.window import StudyWindow

LEFT = Qt.MouseButton.LeftButton
SECRETS = (b"weizenkeim", b"adalbert", b"pat-90210")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One study: a CT, and ultrasound pictures with text in them."""
    made = tmp_path / "images"
    made.mkdir()

    def name(_k: int, ds) -> None:
        ds.PatientName, ds.PatientID, ds.StudyDate = "Weizenkeim^Adalbert", "PAT-90210", "20200304"

    def text(k: int, ds) -> None:
        name(k, ds)
        ds.Modality, ds.BurnedInAnnotation = "US", "YES"

    make = SeriesMaker(made)
    make(3, name)
    return make(2, text, prefix="u")


@pytest.fixture
def studies(window, qtbot, folder):
    """The list of studies with the one study chosen."""
    window.session.actions.run_with_texts("studies.show", window.session, {})
    made = window.findChild(StudyWindow)
    qtbot.waitExposed(made)
    made.add_folder(folder)
    qtbot.waitUntil(lambda: made.table.current_row() is not None, timeout=30_000)
    yield made
    for dialog in found_dialogs(DeidentifyDialog) + found_dialogs(DeidentificationReport):
        dialog.close()
    made.close()
    made.browsing.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def found_dialogs(kind: type) -> list:
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, kind) and one.isVisible()]


def asked(qtbot, studies: StudyWindow) -> DeidentifyDialog:
    QTest.mouseClick(studies.deidentify, LEFT)
    qtbot.waitUntil(lambda: bool(found_dialogs(DeidentifyDialog)), timeout=30_000)
    (dialog,) = found_dialogs(DeidentifyDialog)
    qtbot.waitUntil(lambda: not dialog.pixels.picture.place().isEmpty(), timeout=30_000)
    return dialog


def drag(picture: RectanglePicture, box: tuple[int, int, int, int]) -> None:
    """Draw around these pixels of the picture."""
    place = picture.on_screen(box).toRect()
    QTest.mousePress(picture, LEFT, pos=place.topLeft())
    QTest.mouseMove(picture, place.center())
    QTest.mouseRelease(picture, LEFT, pos=place.bottomRight() + QPoint(1, 1))


def reported(qtbot) -> DeidentificationReport:
    qtbot.waitUntil(lambda: bool(found_dialogs(DeidentificationReport)), timeout=60_000)
    return found_dialogs(DeidentificationReport)[0]


def test_text_is_covered_by_mouse_and_the_report_says_what_went(qtbot, studies, tmp_path) -> None:
    dialog = asked(qtbot, studies)
    assert not dialog.go_on.isEnabled()
    assert "US" in dialog.pixels.choice.currentText()  # what is to be looked at comes first
    assert dialog.pixels.unseen() == 1
    drag(dialog.pixels.picture, (2, 1, 7, 4))
    assert dialog.pixels.picture.rectangles == [(2, 1, 7, 4)]
    assert dialog.pixels.unseen() == 1  # there may be more on other images
    QTest.mouseClick(dialog.pixels.is_seen, LEFT, pos=QPoint(8, 8))
    assert dialog.pixels.unseen() == 0
    QTest.keyClicks(dialog.folder, str(tmp_path / "out"))
    QTest.mouseClick(dialog.options.switches["retain_patient_characteristics"], LEFT, pos=QPoint(8, 8))
    QTest.mouseClick(dialog.go_on, LEFT)
    report = reported(qtbot)
    written = sorted((tmp_path / "out").glob("*.dcm"))
    assert len(written) == 5
    assert not any(secret in path.read_bytes().lower() for path in written for secret in SECRETS)
    pictures = [ds for ds in map(dcmread, written) if ds.Modality == "US"]
    assert all((ds.pixel_array[1:4, 2:7] == 0).all() and ds.BurnedInAnnotation == "NO" for ds in pictures)
    assert all(np.count_nonzero(ds.pixel_array) == ds.pixel_array.size - 15 for ds in pictures)
    rows = {row[0]: row for row in report.table.rows_model.rows}
    assert rows["PatientBirthDate" if "PatientBirthDate" in rows else "StudyDate"][1] == "emptied"
    assert rows["PixelData (blacked out)"][2] == 2
    report.write(tmp_path / "report.json")
    report.write(tmp_path / "report.csv")
    assert json.loads((tmp_path / "report.json").read_text())["written"] == 5
    assert ["StudyDate", "emptied", "5"] in list(csv.reader((tmp_path / "report.csv").read_text().splitlines()))
    both = (tmp_path / "report.json").read_bytes() + (tmp_path / "report.csv").read_bytes()
    assert not any(secret in both.lower() for secret in SECRETS)


def test_every_choice_reaches_the_engine(qtbot, studies) -> None:
    page = asked(qtbot, studies).options
    assert page.options() == Options()
    page.dates.setFocus()
    for wanted in (Dates.SHIFT, Dates.KEEP):
        QTest.keyClick(page.dates, Qt.Key.Key_Down)
        assert page.options().dates is wanted
    for box in page.switches.values():
        QTest.mouseClick(box, LEFT, pos=QPoint(8, 8))
    assert page.options() == Options(Dates.KEEP, **{f.name: True for f in fields(Options) if f.name != "dates"})


def test_what_nobody_looked_at_is_left_out_and_named(qtbot, studies, tmp_path) -> None:
    dialog = asked(qtbot, studies)
    drag(dialog.pixels.picture, (2, 1, 7, 4))
    assert len(dialog.pixels.picture.rectangles) == 1
    QTest.keyClick(dialog.pixels.picture, Qt.Key.Key_Delete)
    assert dialog.pixels.picture.rectangles == []
    QTest.keyClicks(dialog.folder, str(tmp_path / "out"))
    QTest.mouseClick(dialog.go_on, LEFT)
    report = reported(qtbot)
    assert len(list((tmp_path / "out").glob("*.dcm"))) == 3
    assert "2 refused" in report.details.text()
    assert "Basic Application Confidentiality Profile" in report.details.text()


def test_a_tick_answers_for_the_pixels_of_its_series(qtbot, studies, tmp_path) -> None:
    dialog = asked(qtbot, studies)
    QTest.mouseClick(dialog.pixels.is_seen, LEFT, pos=QPoint(8, 8))
    assert dialog.pixels.unseen() == 0
    QTest.keyClick(dialog.pixels.choice, Qt.Key.Key_Down)
    assert not dialog.pixels.is_seen.isVisible()
    QTest.keyClicks(dialog.folder, str(tmp_path / "out"))
    QTest.mouseClick(dialog.go_on, LEFT)
    reported(qtbot)
    assert len(list((tmp_path / "out").glob("*.dcm"))) == 5


def test_what_a_detector_finds_is_suggested_and_taken_by_a_click(qtbot, studies, tmp_path, monkeypatch) -> None:
    detector = tmp_path / "site" / "rapidocr"
    (detector / "models").mkdir(parents=True)
    (detector / "models" / "some_det.onnx").write_bytes(b"")
    (detector / "__init__.py").write_text(
        "class RapidOCR:\n"
        "    def __init__(self, params): pass\n"
        "    def __call__(self, picture, use_rec, use_cls):\n"
        "        assert picture.shape == (12, 10, 3)\n"
        "        self.boxes = [[[4, 4], [6, 4], [6, 5], [4, 5]]]\n"
        "        return self\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    assert text_finding.is_there()
    dialog = asked(qtbot, studies)
    qtbot.waitUntil(dialog.pixels.take.isVisible, timeout=60_000)
    assert dialog.pixels.wishes().rectangles == {}
    QTest.mouseClick(dialog.pixels.take, LEFT)
    assert list(dialog.pixels.wishes().rectangles.values()) == [((1, 1, 9, 8),)]
    assert not dialog.pixels.take.isVisible()


def test_originals_are_not_written_over(qtbot, window, studies, folder) -> None:
    dialog, said = asked(qtbot, studies), []
    window.session.messages.shown.connect(said.append)
    QTest.keyClicks(dialog.folder, str(folder))
    QTest.mouseClick(dialog.go_on, LEFT)
    qtbot.waitUntil(lambda: any("originals" in message.text for message in said), timeout=30_000)
    assert len(list(folder.iterdir())) == 5


def test_how_many_images_were_really_shown_is_said(qtbot, studies) -> None:
    dialog = asked(qtbot, studies)
    qtbot.waitUntil(lambda: "Shown so far: 1 of 2" in dialog.pixels.said.text(), timeout=30_000)
    dialog.pixels.slider.setFocus()
    QTest.keyClick(dialog.pixels.slider, Qt.Key.Key_Home)
    QTest.keyClick(dialog.pixels.slider, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: "Shown so far: 2 of 2" in dialog.pixels.said.text(), timeout=30_000)
    dialog.pixels.choice.setCurrentIndex(1)
    qtbot.waitUntil(lambda: "Shown" not in dialog.pixels.said.text(), timeout=30_000)


def test_faint_text_stands_out_when_asked_for(qtbot, studies) -> None:
    page = asked(qtbot, studies).pixels
    faint = np.full((40, 60), 20, np.uint8)
    faint[10:20, 10:50] = 22
    page.picture.show_picture(faint)

    def contrast() -> int:
        image, place = page.picture.grab().toImage(), page.picture.place()
        inside, outside = place.center(), place.topLeft() + QPoint(4, 4)
        inside.setY(place.top() + place.height() * 15 // 40)
        return abs(image.pixelColor(inside).lightness() - image.pixelColor(outside).lightness())

    assert contrast() <= 3
    QTest.mouseClick(page.is_steep, LEFT, pos=QPoint(8, 8))
    assert contrast() > 20
    QTest.mouseClick(page.is_steep, LEFT, pos=QPoint(8, 8))
    assert contrast() <= 3
