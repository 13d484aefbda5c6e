"""Verify, query, fetch and send against a real archive, and every way in which it can refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trustme
from made_series import SeriesMaker
from orthanc import REASON, free_port, is_installed, running

from imaging.errors import UserError
from sync.destination import Destination, Tls
from sync.dimse.association import ConnectionFailed
from sync.dimse.echo import echo
from sync.dimse.fetch import fetch
from sync.dimse.find import find
from sync.dimse.send import outgoing, send
from sync.incoming import Incoming, Limits
from sync.privacy import NotAllowed
from sync.query import Level, Query

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not is_installed(), reason=REASON)]
OUR_PORT = free_port()


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    with running(tmp_path_factory.mktemp("orthanc"), known={"LIMNER": ("127.0.0.1", OUR_PORT)}) as one:
        yield one


@pytest.fixture
def destination(archive) -> Destination:
    return Destination("archive", host="127.0.0.1", port=archive.dicom_port, ae_title="ORTHANC", is_inside=True)


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()

    def bend(_k: int, ds) -> None:
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.PatientName, ds.PatientID, ds.StudyDate = "Grün^Ada", "g-1", "20200304"

    SeriesMaker(folder)(12, bend)
    return [outgoing(path) for path in sorted(folder.iterdir())]


def test_it_answers(destination) -> None:
    assert echo(destination) > 0


def test_what_was_sent_is_found_and_comes_back_bit_for_bit(destination, files, tmp_path) -> None:
    progress: list[tuple[int, int]] = []
    sent = send(destination, files, on_progress=lambda *p: progress.append(p))
    assert (len(sent.stored), sent.failed, sent.lost) == (12, [], "")
    assert progress[-1] == (12, 12)
    study, series = files[0].study_uid, files[0].series_uid
    (found,) = find(destination, Query(Level.STUDY, {"PatientName": "Gr*", "StudyDate": "20200101-20201231"})).records
    assert (found["StudyInstanceUID"], found["PatientName"]) == (study, "Grün^Ada")
    kinds = {"ModalitiesInStudy": "MR\\CT", "StudyInstanceUID": study}
    assert len(find(destination, Query(Level.STUDY, kinds)).records) == 1
    (patient,) = find(destination, Query(Level.PATIENT, {"PatientID": "g-1"})).records
    assert patient["PatientName"] == "Grün^Ada"
    (one,) = find(destination, Query(Level.SERIES, {"StudyInstanceUID": study})).records
    assert (one["SeriesInstanceUID"], one["Modality"]) == (series, "CT")
    keys = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
    for n, how in enumerate((destination, replace(destination, own_port=OUR_PORT))):
        with Incoming(tmp_path / f"workspace{n}") as incoming:
            fetched = fetch(how, Query(Level.SERIES, keys), incoming)
            assert (fetched.new, fetched.failed) == (12, 0)
            again = fetch(how, Query(Level.SERIES, keys), incoming)
            assert (again.new, again.same) == (0, 12)
            from pydicom import dcmread

            came = {str(dcmread(one.path).SOPInstanceUID): one.path for one in incoming.unsettled()}
            for file in files:
                a, b = dcmread(file.path), dcmread(came[file.sop_uid])
                assert a == b
                assert a.PixelData == b.PixelData


def test_a_search_that_finds_too_much_is_cut(destination, files) -> None:
    send(destination, files)
    answers = find(destination, Query(Level.IMAGE, {"SeriesInstanceUID": files[0].series_uid}, limit=3))
    assert len(answers.records) == 3
    assert answers.is_cut


def test_a_fetch_can_be_stopped_and_goes_on(destination, files, tmp_path) -> None:
    send(destination, files)
    query = Query(Level.STUDY, {"StudyInstanceUID": files[0].study_uid})
    with Incoming(tmp_path / "workspace") as incoming:
        first = fetch(destination, query, incoming, is_cancelled=lambda: bool(incoming.unsettled()))
        assert first.is_cancelled
        assert first.count >= 1
        rest = fetch(destination, query, incoming)
        assert rest.count == 12
        assert rest.same == first.count


def test_what_is_wrong_on_our_side_is_not_said_of_the_archive(destination, files, tmp_path) -> None:
    send(destination, files)
    query = Query(Level.STUDY, {"StudyInstanceUID": files[0].study_uid})
    for how in (destination, replace(destination, own_port=OUR_PORT)):
        full = Incoming(tmp_path / "full", Limits(free_bytes=1 << 60))
        with full as incoming, pytest.raises(UserError, match="nearly full"):
            fetch(how, query, incoming)
    with Incoming(tmp_path / "small", Limits(free_bytes=0, quota_bytes=files[0].path.stat().st_size * 3)) as incoming:
        some = fetch(destination, query, incoming)
    assert 0 < some.count < 12
    assert some.failed == 12 - some.count
    assert "used up" in some.reason


def test_names_that_it_does_not_know_are_refused_by_name(destination) -> None:
    with pytest.raises(ConnectionFailed, match="does not call itself"):
        echo(replace(destination, ae_title="OTHER"))
    with pytest.raises((ConnectionFailed, UserError)):
        find(replace(destination, own_ae_title="STRANGER"), Query(Level.STUDY, {"PatientID": "1"}))


def test_each_step_of_a_failed_connection_is_named(destination) -> None:
    def step(wrong: Destination) -> str:
        with pytest.raises(ConnectionFailed) as failure:
            echo(replace(wrong, timeout_s=5))
        return failure.value.step

    assert step(replace(destination, host="no-such-host.invalid")) == "dns"
    assert step(replace(destination, port=free_port())) == "tcp"
    assert step(replace(destination, tls=Tls(is_on=True))) == "tls"


def test_nothing_is_asked_or_sent_where_it_must_not(destination, files, tmp_path) -> None:
    outside = replace(destination, is_inside=False)
    with pytest.raises(NotAllowed):
        send(outside, files)
    with pytest.raises(NotAllowed):
        find(outside, Query(Level.STUDY, {"PatientName": "*"}))
    with Incoming(tmp_path / "workspace") as incoming, pytest.raises(NotAllowed):
        fetch(outside, Query(Level.STUDY, {"StudyInstanceUID": "1.2"}), incoming)


def test_encrypted_associations_need_certificates_of_one_authority(files, tmp_path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    for name, issuer in (("ours", authority), ("strange", stranger)):
        certificate = issuer.issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(tmp_path / f"{name}.key")
        certificate.cert_chain_pems[0].write_to_path(tmp_path / f"{name}.crt")
        issuer.cert_pem.write_to_path(tmp_path / f"{name}.ca")

    def tls(own: str, trusted: str) -> Tls:
        paths = [
            str(tmp_path / name) for name in (f"{trusted}.ca", f"{own}.crt" if own else "", f"{own}.key" if own else "")
        ]
        return Tls(is_on=True, ca_file=paths[0], certificate=paths[1] if own else "", key=paths[2] if own else "")

    folder = tmp_path / "archive"
    folder.mkdir()
    known = {"LIMNER": ("127.0.0.1", OUR_PORT)}
    with running(folder, known=known, authority=authority) as archive:
        base = Destination("archive", host="127.0.0.1", port=archive.dicom_port, ae_title="ORTHANC", is_inside=True)
        right = replace(base, tls=tls("ours", "ours"), timeout_s=10)
        assert echo(right) > 0
        assert len(send(right, files).stored) == 12
        for wrong in (tls("ours", "strange"), tls("strange", "ours"), tls("", "ours")):
            with pytest.raises(ConnectionFailed) as failure:
                echo(replace(right, tls=wrong))
            assert failure.value.step == "tls"
        with pytest.raises(ConnectionFailed):
            echo(replace(base, timeout_s=5))
