"""The receiver lets in whom it should, keeps what comes, and is not held up by those who say nothing."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from made_series import SeriesMaker

from app.cli import main
from imaging.errors import UserError
from imaging.workspace import listing
from imaging.workspace.study_index import StudyIndex
from sync.destination import Destination, Tls
from sync.dimse.association import ConnectionFailed
from sync.dimse.echo import echo
from sync.dimse.send import outgoing, send
from sync.incoming import Incoming, Limits, NoSpace
from sync.listener.config import LOOPBACK, ListenerConfig, Sender, config_from_json, read_config
from sync.listener.receiver import Receiver
from sync.listener.service import ListenerService
from sync.privacy import NotAllowed

ALLOWED = ListenerConfig(ae_title="HERE", port=0, senders=(Sender("SCANNER", LOOPBACK),), limits=Limits(free_bytes=0))


@pytest.fixture
def incoming(tmp_path):
    with Incoming(tmp_path / "workspace", Limits(free_bytes=0)) as made:
        yield made


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "made"
    folder.mkdir()
    SeriesMaker(folder)(5)
    return [outgoing(path) for path in sorted(folder.iterdir())]


def to(receiver: Receiver, **fields) -> Destination:
    base = Destination("here", host="127.0.0.1", port=receiver.port, ae_title="HERE", own_ae_title="SCANNER")
    return replace(base, is_inside=True, timeout_s=10, **fields)


def test_it_keeps_what_comes(incoming, files) -> None:
    seen = []
    with Receiver(ALLOWED, incoming, seen.append) as receiver:
        assert echo(to(receiver)) > 0
        assert len(send(to(receiver), files).stored) == 5
        assert len(send(to(receiver), files).stored) == 5
        counts = receiver.counts
    assert (counts.new, counts.same, counts.senders) == (5, 5, {"SCANNER": 10})
    assert [one.sop_uid for one in seen] == [one.sop_uid for one in files]
    from pydicom import dcmread

    for one, file in zip(seen, files, strict=True):
        came, was = dcmread(one.path), dcmread(file.path)
        assert came == was
        assert came.PixelData == was.PixelData


def test_a_file_that_went_away_on_the_way_stops_no_other(incoming, files) -> None:
    files[1].path.unlink()
    with Receiver(ALLOWED, incoming) as receiver:
        sent = send(to(receiver), files)
    assert (len(sent.stored), sent.lost) == (4, "")
    assert sent.failed == [(files[1], "The file is not there any more.")]


def test_strangers_are_refused(incoming, files) -> None:
    with Receiver(ALLOWED, incoming) as receiver:
        for wrong in ({"own_ae_title": "STRANGER"}, {"ae_title": "ELSEWHERE"}):
            with pytest.raises(ConnectionFailed):
                send(to(receiver, **wrong), files)
        assert receiver.counts.new == 0


def test_a_known_title_from_another_address_is_refused(incoming, files) -> None:
    config = config_from_json(
        {
            "port": 0,
            "ae_title": "HERE",
            "senders": [
                {"ae_title": "SCANNER", "addresses": ["10.0.0.0/8"]},
                {"ae_title": "OTHER", "addresses": ["127.0.0.1"]},
            ],
        }
    )
    with Receiver(config, incoming) as receiver:
        with pytest.raises(ConnectionFailed, match="does not know SCANNER"):
            send(to(receiver), files)
        assert echo(to(receiver, own_ae_title="OTHER")) > 0


def test_an_address_that_nobody_has_is_dropped_at_once(incoming) -> None:
    config = replace(ALLOWED, senders=(Sender("SCANNER", config_networks("10.0.0.0/8")),))
    with Receiver(config, incoming) as receiver:
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as stranger:
            assert stranger.recv(1) == b""
        assert receiver.counts.strangers == 1


def config_networks(*texts: str):
    return config_from_json({"senders": [{"ae_title": "X", "addresses": list(texts)}]}).senders[0].networks


def test_somebody_who_says_nothing_holds_nobody_up(incoming, files) -> None:
    with Receiver(ALLOWED, incoming) as receiver, socket.create_connection(("127.0.0.1", receiver.port)):
        assert len(send(to(receiver), files).stored) == 5


def test_a_full_workspace_tells_the_sender_so(tmp_path, files) -> None:
    limits = Limits(free_bytes=0, object_bytes=10)
    with Incoming(tmp_path / "full", limits) as incoming, Receiver(ALLOWED, incoming) as receiver:
        sent = send(to(receiver), files)
        assert receiver.counts.refused == 5
    assert len(sent.failed) == 5
    assert "space" in sent.failed[0][1]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"senders": []},
        {"senders": [{"ae_title": ""}]},
        {"senders": [{"ae_title": "A", "addresses": ["nowhere"]}]},
        {"senders": [{"ae_title": "A"}], "port": -1},
        {"senders": [{"ae_title": "A"}], "ae_title": ""},
        {"senders": [{"ae_title": "A"}], "colour": "red"},
        {"senders": [{"ae_title": "A"}], "address": "here"},
        {"senders": [{"ae_title": "A"}], "address": "0.0.0.0"},
        {"senders": [{"ae_title": "A"}], "idle_s": 0},
        {"senders": 5},
        {"senders": [{"ae_title": "A"}], "limits": {"free_bytes": "20 GB"}},
        {"senders": [{"ae_title": "A"}], "limits": {"quota_bytes": -1}},
        {"senders": [{"ae_title": "A"}], "port": "11112"},
        {"senders": [{"ae_title": "A"}], "tls": {"is_on": "no"}},
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(wrong) -> None:
    with pytest.raises(UserError):
        config_from_json(wrong)


def test_what_is_wrong_in_a_configuration_is_named() -> None:
    def said(**wrong: object) -> str:
        with pytest.raises(UserError) as refusal:
            config_from_json({"senders": [{"ae_title": "A"}], **wrong})
        assert "__init__" not in refusal.value.hint
        return f"{refusal.value.message} {refusal.value.hint}"

    assert "“prot”" in said(prot=104)
    assert "“free_bytes”" in said(limits={"free_bytes": "20 GB"})
    assert "“free_byte”" in said(limits={"free_byte": 1})
    assert "10.0.0.0/33" in said(senders=[{"ae_title": "A", "addresses": ["10.0.0.0/33"]}])


def test_a_check_looks_at_the_certificates_too(tmp_path, capsys) -> None:
    path = tmp_path / "listen.json"
    tls = {"is_on": True, "certificate": str(tmp_path / "gone.crt"), "key": str(tmp_path / "gone.key")}
    path.write_text(json.dumps({"senders": [{"ae_title": "A"}], "tls": tls}))
    assert main(["listen", "--config", str(path), "--check"]) == 2
    assert "gone.crt" in capsys.readouterr().err


def test_listening_beyond_this_computer_needs_tls_or_consent(tmp_path) -> None:
    senders = [{"ae_title": "A", "addresses": ["192.168.1.0/24"]}]
    assert config_from_json({"senders": senders, "address": "0.0.0.0", "is_plain_accepted": True}).may_send(
        "A", "192.168.1.7"
    )
    secured = config_from_json({"senders": senders, "address": "0.0.0.0", "tls": {"is_on": True}})
    with pytest.raises(UserError, match="certificate"), Incoming(tmp_path) as incoming:
        Receiver(secured, incoming).start()


def test_the_file_is_read(tmp_path) -> None:
    path = tmp_path / "listen.json"
    path.write_text(json.dumps({"ae_title": "HERE", "senders": [{"ae_title": "A"}], "limits": {"quota_bytes": 5}}))
    config = read_config(path)
    assert (config.ae_title, config.limits.quota_bytes, config.may_send("A ", "::1")) == ("HERE", 5, True)
    path.write_text("{")
    with pytest.raises(UserError):
        read_config(path)
    with pytest.raises(UserError):
        read_config(tmp_path / "none.json")


def test_a_port_that_is_taken_is_said(incoming) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = replace(ALLOWED, port=taken.getsockname()[1])
        with pytest.raises(UserError, match="cannot be used"):
            Receiver(config, incoming).start()


def test_a_handshake_that_is_never_finished_ends(incoming, tmp_path, files, monkeypatch) -> None:
    import trustme

    monkeypatch.setattr("sync.listener.receiver.HANDSHAKE_SECONDS", 0.2)
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "k.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "c.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    ours = Tls(True, str(tmp_path / "ca.pem"), str(tmp_path / "c.pem"), str(tmp_path / "k.pem"))
    with Receiver(replace(ALLOWED, tls=ours), incoming) as receiver:
        with socket.create_connection(("127.0.0.1", receiver.port)):
            assert len(send(to(receiver, tls=ours), files).stored) == 5
        for wrong in (Tls(), Tls(True, str(tmp_path / "ca.pem"))):
            with pytest.raises(ConnectionFailed):
                echo(to(receiver, tls=wrong))


@pytest.mark.parametrize(
    ("fields", "is_identified"),
    [
        ({"PatientName": "made-1"}, False),
        ({"PatientName": "Anonymous"}, False),
        ({"PatientName": "Weizenkeim^Adalbert"}, True),
        ({"PatientName": "made-1", "PatientBirthDate": "19630527"}, True),
        ({"PatientName": "made-1", "BurnedInAnnotation": "YES"}, True),
        ({"PatientName": "made-1", "ReferringPhysicianName": "Drachenfels^Sieglinde"}, True),
        ({"PatientName": "made-1", "OperatorsName": ["REMOVED", "Drachenfels"]}, True),
        ({"PatientName": "made-1", "ReferringPhysicianName": "468ae34a732c", "OperatorsName": "REMOVED"}, False),
        ({"PatientName": "made-1", "OtherPatientIDs": "PX-1"}, True),
        ({"PatientName": "made-1", "OtherPatientIDs": ""}, False),
        ({"PatientName": "made-1", "PatientAddress": "Kantstr. 2"}, True),
    ],
)
def test_who_says_that_identifiers_were_removed_must_not_belie_it(tmp_path, fields, is_identified) -> None:
    SeriesMaker(tmp_path)(1, lambda _k, ds: ds.update({"PatientIdentityRemoved": "YES", **fields}))
    assert outgoing(tmp_path / "s000.dcm").is_identified == is_identified


def test_only_what_says_that_identifiers_were_removed_may_leave_the_hospital(incoming, tmp_path, files) -> None:
    below = tmp_path / "clean"
    below.mkdir()
    SeriesMaker(below)(2, lambda _k, ds: ds.update({"PatientIdentityRemoved": "YES", "PatientName": "made-1"}))
    clean = [outgoing(path) for path in sorted(below.iterdir())]
    with Receiver(ALLOWED, incoming) as receiver:
        outside = replace(to(receiver), is_inside=False)
        assert len(send(outside, clean).stored) == 2
        with pytest.raises(NotAllowed):
            send(outside, [*clean, files[0]])
        assert receiver.counts.new == 2


def test_a_list_that_is_busy_is_tried_again_and_nothing_is_forgotten(tmp_path, files, monkeypatch) -> None:
    note_files, refusals = StudyIndex.note_files, iter([True, True])

    def busy_at_first(self: StudyIndex, paths) -> object:
        if next(refusals, False):
            raise UserError("The list of studies is busy or cannot be written.")
        return note_files(self, paths)

    monkeypatch.setattr(StudyIndex, "note_files", busy_at_first)
    handed_on = threading.Event()
    with ListenerService(replace(ALLOWED, quiet_s=0), tmp_path / "w", lambda _series: handed_on.set()) as service:
        send(to(service.receiver), files)
        assert handed_on.wait(30)
        assert "busy" in service.last_error
    with StudyIndex(tmp_path / "w" / "index.sqlite") as index:
        assert sum(study.instance_count for study in listing.studies(index)) == 5


def test_a_full_disk_does_not_end_the_service(tmp_path, files, monkeypatch) -> None:
    handed: list[str] = []
    config = replace(ALLOWED, quiet_s=0.1)
    real, is_full = Incoming.settle, threading.Event()
    is_full.set()

    def settle(incoming: Incoming, paths: list[Path]) -> None:
        if is_full.is_set():
            raise NoSpace("The list of received images cannot be written.")
        real(incoming, paths)

    monkeypatch.setattr(Incoming, "settle", settle)
    with ListenerService(config, tmp_path / "workspace", lambda one: handed.append(one.series_uid)) as service:
        send(to(service.receiver), files[:2])
        wait_until(lambda: bool(service.last_error))
        send(to(service.receiver), files[2:])
        wait_until(lambda: len(handed) == 2)
        is_full.clear()
        with Incoming(tmp_path / "workspace") as incoming:
            wait_until(lambda: not incoming.unsettled())


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)
