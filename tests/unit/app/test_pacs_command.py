"""`limner pacs`: secrets go to the key store, never into the file of machines; files pass the gate and the outbox."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace

import keyring
import pytest
from closed_sockets import closed_sockets
from keyring.backend import KeyringBackend
from keyring.backends import fail
from made_series import SeriesMaker
from pydicom import dcmread

from app.cli import main
from session import archives
from session.settings import Settings
from sync.destination import ObjectKind, Tls, read_destinations, write_destinations
from sync.incoming import Incoming, Limits
from sync.listener.config import LOOPBACK, ListenerConfig, Sender
from sync.listener.receiver import Receiver
from sync.query import Answers, Query

__all__ = ["closed_sockets"]
PROXY = "http://reader@proxy.example:3128"
ADD = ["pacs", "add", "web", "--web", "https://pacs.example/dicom-web", "--token", "--proxy", PROXY]


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(archives, "destinations_file", lambda _settings: tmp_path / "destinations.json")


class Store(KeyringBackend):
    """A key store in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[username]


def test_token_and_proxy_s_password_are_asked_for_in_this_order_and_forgotten_together(monkeypatch, tmp_path) -> None:
    store = Store()
    monkeypatch.setattr(keyring.core, "_keyring_backend", store)
    monkeypatch.setattr(sys, "stdin", io.StringIO("the token\nthe password\n"))
    assert main(ADD) == 0
    assert store.kept == {"web": "the token", "web/proxy": "the password"}
    assert "the" not in (tmp_path / "destinations.json").read_text()
    assert main(["pacs", "remove", "web"]) == 0
    assert store.kept == {}


def test_without_key_store_the_environment_is_enough(monkeypatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n\n"))
    assert main(ADD) != 0
    monkeypatch.setenv("LIMNER_SECRET_WEB", "the token")
    monkeypatch.setenv("LIMNER_SECRET_WEB_PROXY", "the password")
    assert main(ADD) == 0
    (made,) = read_destinations(archives.destinations_file(Settings()))
    assert made.proxy == PROXY


@pytest.fixture
def receiver(tmp_path):
    limits = Limits(free_bytes=0)
    config = ListenerConfig(ae_title="HERE", port=0, senders=(Sender("LIMNER", LOOPBACK),), limits=limits)
    with Incoming(tmp_path / "there", limits) as incoming, Receiver(config, incoming) as made:
        yield made


@pytest.mark.parametrize("is_inside", [True, False])
def test_files_are_sent_as_they_are_and_what_is_no_object_is_named(
    receiver, tmp_path, monkeypatch, capsys, is_inside
) -> None:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    folder = tmp_path / "series"
    folder.mkdir()
    SeriesMaker(folder)(3)
    (folder / "note.txt").write_text("hello")
    inside = ["--inside"] if is_inside else []
    assert main(["pacs", "add", "here", "--dimse", f"HERE@127.0.0.1:{receiver.port}", *inside]) == 0
    status = main(["pacs", "send", "here", str(folder), "--json"])
    said = capsys.readouterr()
    if not is_inside:
        assert status == 2
        assert "not marked as inside" in said.err
        assert receiver.counts.new == 0
        return
    assert status == 1  # one file was left out
    assert said.err.count("is not a DICOM object that can be sent") == 1
    assert "None of" not in said.err
    record = json.loads(said.out)
    assert (record["accepted"], record["waiting"], record["left_out"]) == (3, 0, 1)
    assert receiver.counts.new == 3
    held = (tmp_path / "there").glob("images/*/*.dcm")  # the receiver writes a file meta group of its own
    sent, there = ({ds.SOPInstanceUID: ds for ds in map(dcmread, paths)} for paths in (folder.glob("*.dcm"), held))
    assert sent == there


DIMSE = ["pacs", "add", "old", "--dimse", "ARCHIVE@10.0.0.7:104", "--inside"]


def test_a_machine_that_is_changed_keeps_its_quarantine_and_what_it_takes(tmp_path) -> None:
    assert main(DIMSE) == 0
    path = archives.destinations_file(Settings())
    (made,) = read_destinations(path)
    kept = replace(made, quarantine="q", kinds=(ObjectKind.SEG,), timeout_s=5.0)
    write_destinations(path, [kept])
    assert main([*DIMSE, "--tls"]) == 0
    assert read_destinations(path) == [replace(kept, tls=Tls(is_on=True))]


@pytest.mark.parametrize("wrong", ["20190230", "-", "yesterday"])
def test_a_date_that_matches_nothing_is_refused_before_anybody_is_asked(capsys, wrong) -> None:
    assert main(DIMSE) == 0
    assert main(["pacs", "find", "old", f"--date={wrong}"]) == 2
    assert "no date" in capsys.readouterr().err


def test_a_kind_is_asked_for_where_it_stands_and_a_limit_is_positive(monkeypatch, capsys) -> None:
    asked: list[Query] = []

    def find(_there: object, query: Query) -> Answers:
        asked.append(query)
        return Answers(query.level, ())

    monkeypatch.setattr(archives, "find", find)
    assert main([*DIMSE, "--tls"]) == 0
    assert main(["pacs", "find", "old", "--modality", "ct,mr"]) == 0
    assert main(["pacs", "find", "old", "--modality", "ct", "--level", "series"]) == 0
    assert [query.matches for query in asked] == [{"ModalitiesInStudy": "CT\\MR"}, {"Modality": "CT"}]
    assert "Nothing was found" in capsys.readouterr().err
    assert main(["pacs", "find", "old", "--modality", "ct", "--limit", "0"]) == 2


@pytest.mark.parametrize("wrong", ["", "*", "1.2.*", "1.2\\1.3"])
@pytest.mark.parametrize("how", ["get", "move"])
def test_only_one_study_is_fetched_at_once(capsys, how, wrong) -> None:
    assert main([*DIMSE, "--tls", "--own-port", "11112"]) == 0
    assert main(["pacs", how, "old", wrong]) == 2
    assert "UID" in capsys.readouterr().err
