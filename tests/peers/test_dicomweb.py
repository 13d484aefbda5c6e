"""QIDO-RS, WADO-RS and STOW-RS against a real archive behind TLS, with a password; refusals are told apart."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from made_series import SeriesMaker
from orthanc import REASON, Orthanc, is_installed, running

from imaging.errors import UserError
from sync.destination import Destination, Login, Network, Tls
from sync.diagnose import diagnose, failed_step
from sync.dicomweb.fetch import fetch
from sync.dicomweb.find import find
from sync.dicomweb.send import send
from sync.dimse.association import ConnectionFailed
from sync.dimse.send import outgoing
from sync.incoming import Incoming
from sync.privacy import NotAllowed
from sync.query import Level, Query

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not is_installed(), reason=REASON)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Iterator[Orthanc]:
    with running(tmp_path_factory.mktemp("orthanc"), known={"LIMNER": ("127.0.0.1", 104)}) as one:
        yield one


@contextmanager
def tls_front(authority: trustme.CA, port: int) -> Iterator[int]:
    """TLS before a plain port, as hospitals put it before their archives; Debian's Orthanc crashes with its own."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    listening = socket.create_server(("", 0))
    is_over = threading.Event()

    def pump(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        for side in (one, other):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def serve(client: socket.socket) -> None:
        with (
            suppress(OSError),
            context.wrap_socket(client, server_side=True) as front,
            socket.create_connection(("127.0.0.1", port)) as back,
        ):
            forth = threading.Thread(target=pump, args=(front, back))
            forth.start()
            pump(back, front)
            forth.join()

    def accept() -> None:
        workers = []
        while not is_over.is_set():
            with suppress(TimeoutError):
                client, _ = listening.accept()
                worker = threading.Thread(target=serve, args=(client,))
                worker.start()
                workers.append(worker)
        for worker in workers:
            worker.join()

    listening.settimeout(0.1)
    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        is_over.set()
        thread.join()
        listening.close()


@pytest.fixture(scope="module")
def secured(archive, tmp_path_factory) -> Iterator[Destination]:
    folder: Path = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    with tls_front(authority, archive.http_port) as port:
        yield Destination(
            "web archive",
            network=Network.DICOMWEB,
            url=f"https://127.0.0.1:{port}/dicom-web",
            login=Login.PASSWORD,
            user=archive.user,
            tls=Tls(ca_file=str(folder / "ca.pem")),
            is_inside=True,
        )


@pytest.fixture(autouse=True)
def secret(archive, monkeypatch) -> None:
    monkeypatch.setenv("LIMNER_SECRET_WEB_ARCHIVE", archive.password)


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()

    def bend(_k: int, ds) -> None:
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.PatientName, ds.PatientID, ds.StudyDate = "Grün^Ada", "w-1", "20200304"

    SeriesMaker(folder)(12, bend)
    return [outgoing(path) for path in sorted(folder.iterdir())]


def test_what_was_sent_is_found_and_comes_back(secured, files, tmp_path) -> None:
    sent = send(secured, files)
    assert (len(sent.stored), sent.failed, sent.lost) == (12, [], "")
    study, series = files[0].study_uid, files[0].series_uid
    (found,) = find(secured, Query(Level.STUDY, {"PatientID": "w-1", "StudyInstanceUID": study})).records
    assert (found["PatientName"], found["StudyDate"]) == ("Grün^Ada", "20200304")
    (one,) = find(secured, Query(Level.SERIES, {"StudyInstanceUID": study})).records
    assert (one["SeriesInstanceUID"], one["Modality"]) == (series, "CT")
    (patient,) = find(secured, Query(Level.PATIENT, {"PatientID": "w-1"})).records
    assert patient["PatientName"] == "Grün^Ada"
    assert find(secured, Query(Level.STUDY, {"PatientName": "Gr*", "StudyInstanceUID": study})).records
    assert find(secured, Query(Level.STUDY, {"ModalitiesInStudy": "MR\\CT", "StudyInstanceUID": study})).records
    assert find(secured, Query(Level.STUDY, {"PatientID": "w?1", "StudyInstanceUID": study})).records
    cut = find(secured, Query(Level.IMAGE, {"StudyInstanceUID": study, "SeriesInstanceUID": series}, limit=5))
    assert (len(cut.records), cut.is_cut) == (5, True)
    from pydicom import dcmread

    with Incoming(tmp_path / "workspace") as incoming:
        query = Query(Level.SERIES, {"StudyInstanceUID": study, "SeriesInstanceUID": series})
        assert fetch(secured, query, incoming).new == 12
        assert fetch(secured, query, incoming).same == 12
        came = {str(dcmread(r.path).SOPInstanceUID): r.path for r in incoming.unsettled()}
        for file in files:
            assert dcmread(came[file.sop_uid]) == dcmread(file.path)
            assert dcmread(came[file.sop_uid]).PixelData == dcmread(file.path).PixelData


def test_a_file_that_went_away_stops_no_other(secured, files) -> None:
    files[1].path.unlink()
    sent = send(secured, files[:3])
    assert ([one.sop_uid for one in sent.stored], len(sent.failed)) == ([files[0].sop_uid, files[2].sop_uid], 1)


def test_a_wrong_password_is_told(secured, monkeypatch) -> None:
    monkeypatch.setenv("LIMNER_SECRET_WEB_ARCHIVE", "wrong")
    with pytest.raises(UserError, match="login"):
        find(secured, Query(Level.STUDY, {"PatientID": "w-1"}))


def test_a_certificate_of_another_authority_is_refused(secured, tmp_path, monkeypatch) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", secured.tls.ca_file)  # what the environment says does not count
    for wrong in (Tls(ca_file=str(tmp_path / "other.pem")), Tls()):
        with pytest.raises(ConnectionFailed) as failure:
            find(replace(secured, tls=wrong), Query(Level.STUDY, {"PatientID": "w-1"}))
        assert failure.value.step == "tls"


def test_a_certificate_of_another_name_is_refused_and_told_apart(secured) -> None:
    elsewhere = replace(secured, url=secured.url.replace("127.0.0.1", "127.0.0.2"))
    with pytest.raises(ConnectionFailed, match="made for another name") as failure:
        find(elsewhere, Query(Level.STUDY, {"PatientID": "w-1"}))
    assert failure.value.step == "tls"


def test_what_is_not_there_and_what_is_no_dicomweb_are_told(secured, tmp_path) -> None:
    with Incoming(tmp_path / "workspace") as incoming, pytest.raises(UserError, match="nothing of the kind"):
        fetch(secured, Query(Level.STUDY, {"StudyInstanceUID": "1.2.3"}), incoming)
    elsewhere = replace(secured, url=secured.url.replace("dicom-web", "system"))
    with pytest.raises(UserError):
        find(elsewhere, Query(Level.STUDY, {"PatientID": "1"}))


def test_plain_http_beyond_this_computer_is_refused_before_a_byte_is_sent(secured, files) -> None:
    plain = replace(secured, url="http://192.0.2.1/dicom-web")
    for attempt in (lambda: send(plain, files), lambda: find(plain, Query(Level.STUDY, {"PatientID": "1"}))):
        with pytest.raises(NotAllowed):
            attempt()


def test_diagnosing_names_the_step_that_fails(secured, archive, tmp_path, monkeypatch) -> None:
    assert [step.is_ok for step in diagnose(secured)] == [True] * 4
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")

    def failing(wrong: Destination) -> str:
        step = failed_step(diagnose(replace(wrong, timeout_s=5)))
        return step.name if step else ""

    assert failing(replace(secured, tls=Tls(ca_file=str(tmp_path / "other.pem")))) == "encryption"
    assert failing(replace(secured, url="https://no-such-host.invalid/dicom-web")) == "name"
    assert failing(replace(secured, url="https://127.0.0.1:1/dicom-web")) == "connection"
    monkeypatch.setenv("LIMNER_SECRET_WEB_ARCHIVE", "wrong")
    assert failing(secured) == "search"
    dimse = Destination("d", host="127.0.0.1", port=archive.dicom_port, ae_title="ORTHANC", is_inside=True)
    assert [step.is_ok for step in diagnose(dimse)] == [True] * 4
    assert failing(replace(dimse, ae_title="OTHER")) == "association"
    steps = diagnose(replace(dimse, ae_title="OTHER"))
    assert steps[-1].is_ok is None
