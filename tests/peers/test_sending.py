"""A case's masks reach a real archive: proven before, found there after, through the quarantine, after a cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_series import SeriesMaker
from orthanc import REASON, free_port, is_installed, running

from app.object_formats import add_picture_formats
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, Batch, LabelsEdit, PaintRule
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Box
from imaging.opening import list_series
from imaging.segment import Segment
from session.case_content import content_of_case
from session.delivery import deliver
from session.document import Document
from session.image_sending import send_images, send_rest
from session.images_to_send import look_at_files, way_to
from session.sending import resolved, send_case, written_kinds
from sync.deidentification.engine import Deidentifier
from sync.deidentification.key import read_or_make_key
from sync.deidentification.options import Options
from sync.deidentification.register import Register
from sync.deidentification.run import deidentify_files
from sync.destination import Destination, ObjectKind
from sync.dimse.send import outgoing, send
from sync.outbox import ItemState, Outbox
from sync.privacy import NotAllowed

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not is_installed(), reason=REASON)]
KINDS = [ObjectKind.SEG, ObjectKind.RTSTRUCT]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    with running(tmp_path_factory.mktemp("orthanc"), known={"LIMNER": ("127.0.0.1", 104)}) as one:
        yield one


@pytest.fixture
def there(archive) -> Destination:
    return Destination("archive", host="127.0.0.1", port=archive.dicom_port, ae_title="ORTHANC", is_inside=True)


@pytest.fixture
def case(tmp_path):
    folder = tmp_path / "series"
    folder.mkdir()
    SeriesMaker(folder)(6)
    (series,) = list_series(folder)
    assert series.geometry is not None
    mask = np.zeros(series.geometry.shape, np.uint8)
    mask[1:4, 3:9, 2:7] = 1
    labels = LabelFile(series.geometry, [mask], [LabelSegment("liver", (200, 80, 60), 1, 0)])
    return labels, ImageReference(str(folder), series.id), folder


def test_what_is_sent_is_proven_and_found_in_the_study_of_its_images(case, there, archive, tmp_path) -> None:
    labels, image, folder = case
    images = [outgoing(path) for path in sorted(folder.iterdir())]
    send(there, images)
    steps: list[str] = []
    sending = send_case(resolved([there], "archive", KINDS), labels, image, tmp_path / "w", on_step=steps.append)
    assert sending.is_complete, [one.reason for one in sending.objects]
    assert all(one.proven is not None and min(one.proven.agreement.values()) == 1.0 for one in sending.objects)
    assert len(steps) == 6
    (study,) = [
        s for s in archive.ask("/studies?expand") if s["MainDicomTags"]["StudyInstanceUID"] == images[0].study_uid
    ]
    modalities = {archive.ask(f"/series/{one}")["MainDicomTags"]["Modality"] for one in study["Series"]}
    assert modalities == {"CT", "SEG", "RTSTRUCT"}
    with Outbox(tmp_path / "w") as outbox:
        assert outbox.items() == []
    record = str(sending.to_json())
    assert "Nobody" not in record


def test_the_quarantine_gets_it_in_its_place_and_kinds_that_it_does_not_take_are_refused(case, there, tmp_path) -> None:
    labels, image, _ = case
    production = replace(there, name="production", port=free_port(), quarantine="archive")
    sending = send_case(resolved([there, production], "production", KINDS), labels, image, tmp_path / "w")
    assert (sending.asked_for, sending.destination.name, sending.is_complete) == ("production", "archive", True)
    with pytest.raises(UserError, match="does not take"):
        resolved([replace(there, kinds=(ObjectKind.SECONDARY_CAPTURE,))], "archive", KINDS)
    with pytest.raises(NotAllowed):
        resolved([replace(there, is_inside=False)], "archive", KINDS)


def test_what_could_not_be_sent_waits_and_goes_on_later(case, there, tmp_path) -> None:
    labels, image, _ = case
    away = replace(there, port=free_port(), timeout_s=3)
    sending = send_case(resolved([away], "archive", KINDS), labels, image, tmp_path / "w")
    assert [one.state for one in sending.objects] == [ItemState.WAITING] * 2
    assert "refuses" in sending.objects[0].reason or "answer" in sending.objects[0].reason
    with Outbox(tmp_path / "w") as outbox:
        waiting = outbox.open_items("archive")
        assert len(waiting) == 2
        assert all(item.path.is_file() for item in waiting)
        done = deliver(outbox, there, waiting)
        assert [one.state for one in done] == [ItemState.CONFIRMED] * 2
        assert outbox.items() == []
    assert not list((tmp_path / "w" / "outbox").glob("*.dcm"))


def test_an_object_that_reads_back_differently_is_not_sent(case, there, archive, tmp_path, monkeypatch) -> None:
    from imaging.objects.proof import Proven

    labels, image, _ = case
    wrong = Proven("pydicom", {"liver": 0.5}, ("“liver” reads back differently (0.5000).",))
    monkeypatch.setattr("session.sending.prove", lambda *_: wrong)
    before = len(archive.ask("/instances"))
    with pytest.raises(UserError, match="nothing was sent"):
        send_case(resolved([there], "archive", KINDS), labels, image, tmp_path / "w")
    assert len(archive.ask("/instances")) == before
    with Outbox(tmp_path / "w") as outbox:
        assert outbox.items() == []


def test_every_kind_reaches_the_archive_and_the_report_refers_to_the_segmentation(
    case, there, archive, tmp_path, qapp
) -> None:
    labels, image, _ = case
    add_picture_formats()
    opened = Case.create(tmp_path / "a.limner", labels.geometry, [image])
    document = Document([], opened, author="tester")
    paint = LabelsEdit(Box.whole(labels.geometry.shape), labels.layers[0], {1: 1}, PaintRule())
    document.apply(Batch((AddSegment(Segment(1, "liver")), paint)), title="Made", tool="test")
    assert opened.journal.flush()
    unknown = {ObjectKind.PARAMETRIC_MAP, ObjectKind.SEG_LABELMAP}  # no map is there; this archive is older than these
    kinds = [kind for kind in written_kinds() if kind not in unknown]
    sending = resolved([replace(there, kinds=tuple(kinds))], "archive", kinds)
    try:
        send_case(sending, labels, image, tmp_path / "w", case=content_of_case(opened))
    finally:
        document.close()
    assert sending.is_complete, [one.reason for one in sending.objects]
    by_kind = {one.kind: one.sop_uid for one in sending.objects}
    assert set(by_kind) == set(kinds)
    (found,) = archive.ask("/tools/lookup", "POST", by_kind[ObjectKind.SR].encode())
    assert by_kind[ObjectKind.SEG] in str(archive.ask(f"/instances/{found['ID']}/tags?simplify"))


def test_originals_are_found_there_and_a_cut_in_the_middle_goes_on(there, archive, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "series"
    folder.mkdir()
    make = SeriesMaker(folder)
    make(30)
    make(12, prefix="t")
    found = look_at_files(sorted(folder.iterdir()))
    way = way_to(found, there)
    assert (way.refusal, way.left_out) == (None, {})
    away = replace(there, port=free_port(), timeout_s=3)
    cut = send_images(way.files, away, tmp_path / "w")
    assert cut.states == {ItemState.WAITING: 42}
    asked: list[int] = []
    stopped = send_rest(
        tmp_path / "w", there, on_progress=lambda done, _n: asked.append(done), is_cancelled=lambda: len(asked) >= 10
    )
    assert stopped.states == {ItemState.STORED: 10, ItemState.WAITING: 32}
    done = send_rest(tmp_path / "w", there)
    assert done.is_complete, done.reasons
    (study,) = {one.study_uid for one in way.files}
    (held,) = archive.ask("/tools/lookup", "POST", study.encode())
    assert len(archive.ask(f"/studies/{held['ID']}/instances")) == 42
    with Outbox(tmp_path / "w") as outbox:
        assert outbox.items() == []
    assert len(list(folder.iterdir())) == 42


def test_originals_go_outside_only_without_identifiers_and_are_asked_for_there(there, tmp_path) -> None:
    folder = tmp_path / "series"
    folder.mkdir()
    SeriesMaker(folder)(5)
    outside = replace(there, is_inside=False)
    assert isinstance(way_to(look_at_files(sorted(folder.iterdir())), outside).refusal, NotAllowed)
    worker = Deidentifier(read_or_make_key(tmp_path / "w"), Options())
    with Register(tmp_path / "w") as register:
        outcome = deidentify_files(sorted(folder.iterdir()), tmp_path / "out", worker, register)
    clean = look_at_files(outcome.written)
    assert not clean.is_identified
    sending = send_images(way_to(clean, outside).files, outside, tmp_path / "w")
    assert sending.is_complete, sending.reasons
