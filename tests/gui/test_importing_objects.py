"""DICOM objects come into the window: imported, dropped, chosen from a study; asked about, taken back, refused."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_series import COLUMNS, ROWS, SeriesMaker
from pydicom import dcmread
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import app.importing
from app.object_formats import add_picture_formats
from app.opening import open_path, open_paths
from app.window import MainWindow
from app.window_services import Services
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, Batch, PaintEdit
from imaging.geometry import Box
from imaging.measurement import Measurement, MeasurementKind
from imaging.measurements import AddMeasurements
from imaging.segment import Segment
from imaging.workspace.listing import SeriesRow
from session.case_content import frozen_content
from session.document import Document
from session.exporting import frozen_labels
from session.model_maps import ModelMap, ModelMaps
from session.object_export import source_of_case, write_object_of
from session.object_kinds import LookedAt
from session.presentation import PresentationState, Windowing
from session.reading import image_series, read_volumes_of
from session.session import Session
from widgets.dialogs.objects import ObjectsDialog, ReportContent, ReportText
from widgets.study_window.window import StudyWindow

COUNT = 5
LINE = Measurement(1, MeasurementKind.LENGTH, ((-2.0, -4.0, 4.0), (0.0, -1.0, 4.0)), (0.0, 0.0, 1.0), "Node")
WINDOW = Windowing(-500, 1400)
MAP = np.random.default_rng(1).integers(0, 256, (COUNT, ROWS, COLUMNS)).astype(np.uint8)
Wait = Callable[[Callable[[], bool]], None]


@pytest.fixture
def wait(qtbot) -> Wait:
    return lambda condition: qtbot.waitUntil(condition, timeout=60_000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Path:
    """Images, and one object of each kind about them."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "images").mkdir()
    images = SeriesMaker(folder / "images")(COUNT)
    (series,) = image_series(images)
    assert series.geometry is not None
    case = Case.create(folder / "made.limner", series.geometry, [ImageReference(str(images), series.id, "CT")])
    document = Document(read_volumes_of(series), case, author="tester")
    box = Box(1, 4, 2, 8, 3, 7)
    paint = PaintEdit(1, box, np.ones(box.shape, bool))
    document.apply(Batch((AddSegment(Segment(1, "Liver")), paint)), title="Made", tool="test")
    document.apply(AddMeasurements((LINE,)), title="Measured", tool="test")
    document.model_maps = ModelMaps("Net 2", (ModelMap("uncertainty", MAP),))
    labels = frozen_labels(document)()
    case_content = frozen_content(document, PresentationState(windowing=WINDOW))(labels.layers)
    content = replace(source_of_case(case.images[0], labels), case=case_content)
    add_picture_formats()
    (folder / "objects").mkdir()
    for kind in ("seg", "sr", "gsps", "pm", "pdf"):
        write_object_of(content, folder / "objects" / f"{kind}.dcm", kind, stack=True)
    document.close()
    return folder


@pytest.fixture
def images(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "images", tmp_path / "images"))


@pytest.fixture
def objects(made: Path, tmp_path: Path) -> dict[str, Path]:
    """Copies that a test may bend."""
    folder = Path(shutil.copytree(made / "objects", tmp_path / "objects"))
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture
def opened(window: MainWindow, wait: Wait, images: Path) -> Session:
    """The images, with nothing done yet."""
    show(window.session, wait, images)
    return window.session


def show(session: Session, wait: Wait, folder: Path) -> None:
    open_path(session, folder)
    wait(lambda: session.document is not None and not session.document.is_loading)
    quiet(session, wait)


def quiet(session: Session, wait: Wait) -> None:
    wait(lambda: all(job.is_finished for job in session.jobs.jobs))


def said(session: Session) -> list[str]:
    """Everything that the message bar is told from now on."""
    texts: list[str] = []
    session.messages.shown.connect(lambda message: texts.append(f"{message.text} {message.hint}".strip()))
    return texts


def drop(window: MainWindow, *paths: Path) -> None:
    content = QMimeData()
    content.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    window.dropEvent(QDropEvent(QPointF(500, 400), Qt.DropAction.CopyAction, content, left, none))


def answer(monkeypatch: pytest.MonkeyPatch, key: str | None) -> list[str]:
    """Choose this answer whenever there is a choice; the questions that were asked."""
    asked: list[str] = []

    def ask(_services: Services, _title: str, question: str, _options: object) -> str | None:
        asked.append(question)
        return key

    monkeypatch.setattr(Services, "ask_choice", ask)
    return asked


def close_later(kind: type) -> None:
    """Close the windows of a kind, and let them go."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, kind):
            widget.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def test_files_of_all_kinds_are_imported_one_after_the_other(
    window: MainWindow, opened: Session, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [objects[kind] for kind in ("seg", "sr", "gsps", "pm")]
    monkeypatch.setattr(Services, "ask_open_paths", lambda _: files)
    texts, document = said(opened), opened.open_document
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    wait(lambda: any("a map" in text for text in texts))
    quiet(opened, wait)
    assert [s.name for s in document.segmentation.segments] == ["Liver"]
    assert [(m.kind, m.name) for m in document.measurements.all] == [(LINE.kind, "Node")]  # two files hold the same one
    assert np.allclose(document.measurements.all[0].points_mm, LINE.points_mm, atol=1e-3)
    assert [entry.title for entry in document.entries[-3:]] == [
        "Import 1 measurement",
        "Import gsps.dcm",
        "Import pm.dcm",
    ]
    state = opened.presentation.state
    assert (state.windowing, state.shown_map) == (WINDOW, "uncertainty")
    assert opened.selection.state.measurement_number == document.measurements.all[0].number
    assert document.model_maps is not None
    assert np.array_equal(document.model_maps.maps[0].values, MAP)
    wait(lambda: document.case.journal.read_state("doubt") is not None)
    assert any("what was measured here already and the window" in text for text in texts)
    (report,) = window.findChildren(ReportContent)
    assert [line[1:3] for line in report.table.shown_rows()] == [("Liver", "Volume"), ("Node", "Length")]
    close_later(ReportContent)

    window.activateWindow()
    wait(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert document.measurements.all == ()
    redo = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_Z, redo)
    assert len(document.measurements.all) == 1


def test_measurements_that_are_drawn_while_a_report_is_read_keep_their_numbers(
    window: MainWindow, opened: Session, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on, read = threading.Event(), threading.Event(), app.importing.read_annotations

    def slow(*arguments, **options):
        found = read(*arguments, **options)
        reading.set()
        assert go_on.wait(60)
        return found

    monkeypatch.setattr(app.importing, "read_annotations", slow)
    drop(window, objects["gsps"])
    wait(reading.is_set)
    document = opened.open_document
    number = document.measurements.next_number
    document.apply(AddMeasurements((LINE.changed(number=number, name="Mine"),)), title="Measured", tool="test")
    go_on.set()
    wait(lambda: len(document.measurements.all) == 2)
    assert [m.name for m in document.measurements.all] == ["Mine", "Node"]


def test_an_import_that_is_cancelled_leaves_nothing(
    window: MainWindow, opened: Session, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def slow(*_arguments: object, **_options: object) -> None:
        reading.set()
        assert go_on.wait(60)

    monkeypatch.setattr(app.importing, "read_annotations", slow)
    count = len(opened.open_document.entries)
    drop(window, objects["gsps"], objects["seg"])
    wait(reading.is_set)
    opened.jobs.jobs[-1].cancel()
    go_on.set()
    quiet(opened, wait)
    assert len(opened.open_document.entries) == count


def test_a_state_of_other_images_is_refused(window: MainWindow, opened: Session, objects, wait: Wait) -> None:
    state = dcmread(objects["gsps"])
    for one in state.ReferencedSeriesSequence[0].ReferencedImageSequence:
        one.ReferencedSOPInstanceUID = f"{one.ReferencedSOPInstanceUID[:60]}.1"
    state.save_as(objects["gsps"])
    texts, before = said(opened), opened.presentation.state.windowing
    drop(window, objects["gsps"])
    wait(lambda: any("belongs to other images" in text for text in texts))
    assert opened.presentation.state.windowing == before


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_report_of_other_images_is_asked_about(
    window: MainWindow, opened: Session, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch, is_wanted: bool
) -> None:
    report = dcmread(objects["sr"])
    for item in report.iterall():
        if item.keyword in ("SeriesInstanceUID", "ReferencedFrameOfReferenceUID"):
            item.value = "1.2.3.4"
    report.save_as(objects["sr"])
    asked: list[str] = []
    monkeypatch.setattr(Services, "confirm", lambda _, question, hint: asked.append(question + hint) or is_wanted)
    count = len(opened.open_document.entries)
    drop(window, objects["sr"])
    wait(lambda: bool(asked))
    quiet(opened, wait)
    assert "about other images" in asked[0]
    assert "this patient" in asked[0]
    assert len(opened.open_document.entries) == count + is_wanted
    assert opened.open_document.measurements.all == ()
    close_later(ReportContent)


@pytest.mark.parametrize(("kind", "said_so"), [("seg", "Edges may move"), ("pm", "nearest one of the map")])
def test_what_lies_on_another_grid_is_asked_about(
    window: MainWindow, opened: Session, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch, kind: str, said_so: str
) -> None:
    bent = dcmread(objects[kind])
    for item in bent.iterall():
        if item.keyword == "ImagePositionPatient":
            item.value = [item.value[0] + 0.3, item.value[1], item.value[2]]
    bent.save_as(objects[kind])
    asked: list[str] = []
    monkeypatch.setattr(Services, "confirm", lambda _, question, hint: asked.append(question + hint) or True)
    document, count = opened.open_document, len(opened.open_document.entries)
    window.bridge.run("file.import_masks", path=str(objects[kind]))
    wait(lambda: len(document.entries) == count + 1)
    quiet(opened, wait)
    assert len(asked) == 1
    assert said_so in asked[0]


def test_an_object_that_nothing_reads_is_refused(window: MainWindow, opened: Session, images, wait: Wait) -> None:
    texts = said(opened)
    window.bridge.run("file.import_masks", path=str(next(images.iterdir())))
    wait(lambda: any("holds no masks" in text for text in texts))


@pytest.mark.parametrize("answered", ["over", "image"])
def test_a_map_lies_over_the_images_or_is_one(
    window: MainWindow, opened: Session, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch, answered: str
) -> None:
    asked, document = answer(monkeypatch, answered), opened.open_document
    drop(window, objects["pm"])
    wait(lambda: bool(asked))
    if answered == "over":
        wait(lambda: document.model_maps is not None)
    else:
        wait(lambda: opened.document is not None and opened.document is not document)
        wait(lambda: not opened.open_document.is_loading)
    quiet(opened, wait)
    assert (opened.document is document) == (answered != "image")


def test_the_document_of_an_object_is_saved_or_shown_by_another_program(
    window: MainWindow, opened: Session, objects, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = dcmread(objects["pdf"])
    pdf = bytes(inside.EncapsulatedDocument)[: inside.EncapsulatedDocumentLength]
    shown: list[Path] = []
    monkeypatch.setattr(Services, "open_outside", lambda _, path: shown.append(path) or True)
    asked = answer(monkeypatch, None)
    drop(window, objects["pdf"])
    wait(lambda: len(asked) == 1)
    quiet(opened, wait)
    assert shown == []
    answer(monkeypatch, "open")
    drop(window, objects["pdf"])
    wait(lambda: bool(shown))
    assert shown[0].read_bytes() == pdf
    assert "pdf.dcm" not in str(shown[0])
    assert shown[0].parent.parent.stat().st_mode & 0o077 == 0
    answer(monkeypatch, "save")
    monkeypatch.setattr(Services, "ask_save_path", lambda *_: tmp_path / "report")
    drop(window, objects["pdf"])
    wait((tmp_path / "report.pdf").exists)
    assert (tmp_path / "report.pdf").read_bytes() == pdf


@pytest.mark.parametrize("way", ["dropped on nothing", "imported"])
def test_a_report_without_measurements_is_shown_as_text(
    window: MainWindow, images, objects, wait: Wait, way: str
) -> None:
    report = dcmread(objects["sr"])
    for item in report.iterall():
        if item.keyword == "CodeValue" and item.value == "125007":
            item.value = "121070"  # findings
    report.save_as(objects["sr"])
    if way == "imported":
        show(window.session, wait, images)
        window.bridge.run("file.import_masks", path=str(objects["sr"]))
    else:
        drop(window, objects["sr"])
    wait(lambda: bool(window.findChildren(ReportText)))
    (shown,) = window.findChildren(ReportText)
    assert "Volume: " in shown.text.toPlainText()
    quiet(window.session, wait)
    assert window.session.document is None or not window.session.document.entries
    close_later(ReportText)


# ------------------------------------------------------------------------------ objects find their images


@pytest.fixture
def studies(window: MainWindow, objects, images, wait: Wait):
    """The window of the studies with the images and objects listed, and nothing open in the main window."""
    window.bridge.run("studies.show")
    made = window.findChild(StudyWindow)
    made.add_folder(images.parent)
    wait(lambda: len(made.table.rows_model.rows) == 1)
    wait(lambda: len([row for row in made.content.rows() if isinstance(row, SeriesRow)]) == 6)
    quiet(window.session, wait)
    yield made
    made.close()
    made.browsing.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def choose(studies: StudyWindow, modality: str) -> None:
    for n in range(studies.content.count()):
        studies.content.setCurrentRow(n)
        row = studies.content.chosen()
        if isinstance(row, SeriesRow) and row.modality == modality and row.sop_class.endswith(".66.4"):
            return
    raise AssertionError(modality)


def has_liver(session: Session) -> bool:
    return session.document is not None and session.document.segmentation.find("Liver") is not None


def test_a_segmentation_of_the_list_opens_on_its_images(window: MainWindow, studies, objects, wait: Wait) -> None:
    choose(studies, "SEG")
    QTest.keyClick(studies.content, Qt.Key.Key_Return)
    wait(lambda: has_liver(window.session))
    found = str(dcmread(objects["seg"]).ReferencedSeriesSequence[0].SeriesInstanceUID)
    assert window.session.open_document.case.images[0].series_id == found


def test_a_dropped_object_opens_the_images_that_the_list_knows(
    window: MainWindow, studies, objects, wait: Wait
) -> None:
    drop(window, objects["gsps"])
    wait(lambda: window.session.document is not None and bool(window.session.document.measurements.all))
    assert window.session.presentation.state.windowing == WINDOW


def test_a_dropped_object_without_images_says_what_to_do(window: MainWindow, objects, wait: Wait) -> None:
    texts = said(window.session)
    drop(window, objects["seg"])
    wait(lambda: any("Open the images, then drop the object again" in text for text in texts))


@pytest.mark.parametrize("answered", ["there", "here"])
def test_an_object_of_other_images_asks_where_it_shall_go(
    window: MainWindow, studies, objects, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answered
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    show(window.session, wait, SeriesMaker(other)(COUNT))
    document, asked = window.session.open_document, answer(monkeypatch, answered)
    sure: list[str] = []  # another frame of reference is a question of its own
    monkeypatch.setattr(Services, "confirm", lambda _, question, hint: sure.append(question + hint) or True)
    drop(window, objects["seg"])
    wait(lambda: bool(asked))
    wait(lambda: has_liver(window.session))
    quiet(window.session, wait)
    assert (window.session.document is document) == (answered != "there")
    assert [("another frame of reference" in one, "this patient" in one) for one in sure] == (
        [(True, True)] if answered == "here" else []
    )


def came_in(session: Session, kind: str) -> bool:
    document = session.document
    if document is None or document.is_loading:
        return False
    match kind:
        case "seg":
            return document.segmentation.find("Liver") is not None
        case "pm":
            return document.model_maps is not None
    return [m.name for m in document.measurements.all] == ["Node"]


@pytest.mark.parametrize(
    ("way", "kind"), [("dropped", "seg"), ("opened", "seg"), ("opened", "sr"), ("opened", "gsps"), ("opened", "pm")]
)
def test_an_object_brings_the_images_that_lie_beside_it(
    window: MainWindow, images, objects, wait: Wait, way: str, kind: str
) -> None:
    """The list of studies knows nothing of them."""
    if way == "dropped":
        drop(window, objects[kind])
    else:
        open_paths(window.session, [objects[kind]])  # as the command line does
    wait(lambda: came_in(window.session, kind))
    quiet(window.session, wait)
    document = window.session.open_document
    assert document.case.images[0].path == str(images)
    assert document.volume.geometry.shape == (COUNT, ROWS, COLUMNS)
    assert str(objects[kind]) not in window.session.settings["recent"]
    assert str(images) in window.session.settings["recent"]
    close_later(ReportContent)


def test_an_object_among_its_images_brings_them(window: MainWindow, images, objects, wait: Wait) -> None:
    objects["seg"].rename(images / "seg.dcm")
    window.bridge.run("file.open", path=str(images / "seg.dcm"))
    wait(lambda: came_in(window.session, "seg"))
    assert window.session.open_document.case.images[0].path == str(images)


@pytest.mark.parametrize("answered", ["once", "again", None])
def test_masks_that_a_case_took_in_before_are_not_doubled_unasked(
    window: MainWindow, images, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch, answered: str | None
) -> None:
    session, asked = window.session, answer(monkeypatch, answered)
    open_path(session, objects["seg"])
    wait(lambda: came_in(session, "seg"))
    quiet(session, wait)
    session.set_document(None)
    open_path(session, objects["seg"])
    wait(lambda: came_in(session, "seg") and bool(asked))
    quiet(session, wait)
    wait(lambda: len(session.open_document.segmentation.segments) == (2 if answered == "again" else 1))
    assert "before" in asked[0]


def test_images_that_are_not_found_are_named_with_the_places_and_leave_no_trace_in_a_log(
    window: MainWindow, objects, wait: Wait, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    seg = dcmread(objects["seg"])
    seg.StudyDate, seg.StudyDescription = "20260203", "CT Thorax"
    seg.save_as(objects["seg"])
    texts = said(window.session)
    open_path(window.session, objects["seg"])
    wait(lambda: bool(texts))
    uid = str(seg.ReferencedSeriesSequence[0].SeriesInstanceUID)
    for part in ("study of 2026-02-03 “CT Thorax”", uid, "list of studies", "“objects”", "beside it"):
        assert part in texts[0]
    assert window.session.document is None
    assert uid not in "".join(capfd.readouterr()) + caplog.text
    assert all(uid not in job.title + job.message for job in window.session.jobs.jobs)


@pytest.mark.parametrize("way", ["dropped", "opened"])
def test_a_folder_of_objects_brings_the_images_that_lie_beside_it(
    window: MainWindow, images, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    folder = objects["seg"].parent
    objects["pdf"].unlink()  # documents are offered to another program
    asked: list[list[LookedAt]] = []

    def choose_as_it_is(objects_there: list[LookedAt], parent: object, *, all_chosen: bool) -> object:
        dialog = ObjectsDialog(objects_there, parent, all_chosen=all_chosen)
        QTimer.singleShot(0, lambda: QTest.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton))
        asked.append(objects_there)
        return dialog

    monkeypatch.setattr("widgets.dialogs.objects.ObjectsDialog", choose_as_it_is)
    if way == "dropped":
        drop(window, folder)
    else:
        open_paths(window.session, [folder])  # as the command line does
    for kind in ("seg", "sr", "pm"):
        wait(lambda kind=kind: came_in(window.session, kind))
    quiet(window.session, wait)
    assert [len(one) for one in asked] == [4]
    assert window.session.open_document.case.images[0].path == str(images)
    assert str(folder) not in window.session.settings["recent"]
    close_later(ReportContent)


def test_a_folder_of_one_object_asks_nothing_and_goes_into_the_open_images(
    window: MainWindow, opened: Session, objects, wait: Wait, tmp_path: Path
) -> None:
    document = opened.open_document
    (tmp_path / "dropped" / "below").mkdir(parents=True)
    objects["seg"].rename(tmp_path / "dropped" / "below" / "seg.dcm")
    drop(window, tmp_path / "dropped")
    wait(lambda: has_liver(opened))
    assert opened.open_document is document


def test_damaged_images_of_a_folder_of_objects_are_named(
    window: MainWindow, images, objects, wait: Wait, tmp_path: Path
) -> None:
    (tmp_path / "dropped").mkdir()
    objects["seg"].rename(tmp_path / "dropped" / "seg.dcm")
    whole = next(images.iterdir()).read_bytes()
    (tmp_path / "dropped" / "cut.dcm").write_bytes(whole[:400])
    texts = said(window.session)
    drop(window, tmp_path / "dropped")
    wait(lambda: came_in(window.session, "seg"))
    assert any("cut.dcm" in text for text in texts)


def test_images_beside_the_dropped_folder_are_found_for_what_lies_below_it(
    window: MainWindow, images, objects, wait: Wait, tmp_path: Path
) -> None:
    (tmp_path / "dropped" / "below").mkdir(parents=True)
    objects["seg"].rename(tmp_path / "dropped" / "below" / "seg.dcm")
    drop(window, tmp_path / "dropped")
    wait(lambda: came_in(window.session, "seg"))
    assert window.session.open_document.case.images[0].path == str(images)


def test_images_on_the_shelf_are_those_of_a_dropped_folder(
    window: MainWindow, images, objects, wait: Wait, tmp_path: Path
) -> None:
    far, other = tmp_path / "far" / "away", tmp_path / "other"
    far.parent.mkdir()
    images.rename(far)
    other.mkdir()
    show(window.session, wait, far)
    show(window.session, wait, SeriesMaker(other)(COUNT))
    (tmp_path / "dropped").mkdir()
    objects["seg"].rename(tmp_path / "dropped" / "seg.dcm")
    asked: list[str] = []
    window.session.window.ask_choice = lambda _title, question, _options: asked.append(question) or "there"
    drop(window, tmp_path / "dropped")
    wait(lambda: has_liver(window.session))
    assert window.session.open_document.case.images[0].path == str(far)
    assert "other images" in asked[0]


def test_a_folder_of_objects_about_different_images_says_what_it_leaves(
    window: MainWindow, images, objects, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dropped").mkdir()
    seg = dcmread(objects["seg"])
    objects["seg"].rename(tmp_path / "dropped" / "a.dcm")
    for item in seg.iterall():
        if item.keyword == "SeriesInstanceUID" and item.value != seg.SeriesInstanceUID:
            item.value = "1.2.3.4"
    seg.SOPInstanceUID = seg.file_meta.MediaStorageSOPInstanceUID = "1.2.3.5"
    seg.save_as(tmp_path / "dropped" / "b.dcm")
    monkeypatch.setattr(Services, "ask_objects", lambda _, found, **__: found)
    texts = said(window.session)
    drop(window, tmp_path / "dropped")
    wait(lambda: came_in(window.session, "seg"))
    assert any("1 object is about other images" in text for text in texts)


def test_that_not_all_files_were_looked_at_is_said(
    window: MainWindow, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "dropped").mkdir()
    objects["seg"].rename(tmp_path / "dropped" / "seg.dcm")
    monkeypatch.setattr("session.images_nearby.MOST_FILES", 2)
    texts = said(window.session)
    drop(window, tmp_path / "dropped")
    wait(lambda: bool(texts))
    for part in ("were not found", "“dropped”", "Only the first 2 files were"):
        assert part in texts[0]


@pytest.mark.parametrize("others", [[], ["seg"], ["second"]])
def test_a_folder_of_maps_without_their_images_opens_them_as_images(
    window: MainWindow, objects, wait: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: list[str]
) -> None:
    (tmp_path / "dropped").mkdir()
    moved = objects["pm"].rename(tmp_path / "dropped" / "pm.dcm")
    if "seg" in others:
        objects["seg"].rename(tmp_path / "dropped" / "a.dcm")
    if "second" in others:
        second = dcmread(moved)
        second.SOPInstanceUID = second.file_meta.MediaStorageSOPInstanceUID = "1.2.3.5"
        second.SeriesInstanceUID = "1.2.3.4"
        second.save_as(tmp_path / "dropped" / "second.dcm")
    monkeypatch.setattr(Services, "ask_objects", lambda _, found, **__: found)
    texts = said(window.session)
    drop(window, tmp_path / "dropped")
    wait(lambda: window.session.document is not None and not window.session.document.is_loading)
    assert any("as an image of its own" in text for text in texts)
    place = moved.parent if "second" in others else moved
    assert window.session.open_document.case.images[0].path == str(place)
    assert len(window.session.shelf) == (2 if "second" in others else 1)


def test_an_object_that_names_no_images_says_so(window: MainWindow, images, objects, wait: Wait) -> None:
    seg = dcmread(objects["seg"])
    del seg.ReferencedSeriesSequence
    for item in seg.iterall():
        if item.keyword == "SeriesInstanceUID" and item.value != seg.SeriesInstanceUID:
            item.value = ""
    seg.save_as(objects["seg"])
    texts = said(window.session)
    drop(window, objects["seg"])
    wait(lambda: any("does not say which images" in text for text in texts))


def test_a_map_without_its_images_is_opened_as_one(window: MainWindow, objects, wait: Wait) -> None:
    texts = said(window.session)
    open_path(window.session, objects["pm"])
    wait(lambda: window.session.document is not None and not window.session.document.is_loading)
    quiet(window.session, wait)
    assert any("as an image of its own" in text for text in texts)
    assert window.session.open_document.case.images[0].path == str(objects["pm"])


def test_a_document_that_is_opened_is_offered(
    window: MainWindow, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answer(monkeypatch, None)
    open_path(window.session, objects["pdf"])
    wait(lambda: bool(asked))
    assert "PDF" in asked[0]


def test_images_that_the_list_knows_but_that_are_gone_are_looked_for_nearby(
    window: MainWindow, studies, images, objects, wait: Wait
) -> None:
    images.rename(images.with_name("moved"))
    drop(window, objects["seg"])
    wait(lambda: came_in(window.session, "seg"))
    assert window.session.open_document.case.images[0].path == str(images.with_name("moved"))


@pytest.mark.parametrize("are_listed", [True, False])
def test_objects_of_the_open_study_are_offered(
    window: MainWindow, images, objects, wait: Wait, monkeypatch: pytest.MonkeyPatch, request, are_listed: bool
) -> None:
    wanted = ["DOC", "OT", "PR", "SEG", "SR"]
    if are_listed:
        request.getfixturevalue("studies")
    else:
        for path in objects.values():
            path.rename(images / path.name)
        wanted.remove("DOC")  # it does not name the images
    show(window.session, wait, images)
    offered: list[list[str]] = []

    def exec_(dialog: ObjectsDialog) -> int:
        dialog.show()
        offered.append(sorted(one.modality for one in dialog.table.rows_model.rows))
        dialog.table.select_where(lambda one: one.modality == "SEG")
        QTest.mouseClick(dialog.go_on, Qt.MouseButton.LeftButton)
        return dialog.result()

    monkeypatch.setattr(ObjectsDialog, "exec", exec_)
    window.bridge.run("file.import_of_study")
    wait(lambda: has_liver(window.session))
    assert offered == [wanted]
