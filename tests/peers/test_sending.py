"""A case's masks reach a real archive: proven before, found there after, through the quarantine, after a cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_series import SeriesMaker
from orthanc import REASON, free_port, is_installed, running

from imaging.case.images import ImageReference
from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.opening import list_series
from session.sending import deliver, resolved, send_case
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
