"""Destinations are kept without secrets, checked at the door, and what names a patient leaves only where it may."""

from __future__ import annotations

import json
from dataclasses import replace

import keyring
import keyring.errors
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from imaging.errors import UserError
from sync import secrets
from sync.destination import (
    SYSTEM_FILE,
    Destination,
    Login,
    Network,
    ObjectKind,
    Tls,
    find_destination,
    read_destinations,
    write_destinations,
)
from sync.privacy import NotAllowed, require_allowed
from sync.tls import client_context

PACS = Destination("PACS", host="10.0.0.7", port=11112, ae_title="ARCHIVE", is_inside=True, kinds=(ObjectKind.SEG,))
WEB = Destination(
    "web", network=Network.DICOMWEB, url="https://pacs.example/dicom-web", login=Login.PASSWORD, user="me"
)


def test_what_is_kept_is_read_back(tmp_path) -> None:
    path = tmp_path / "config" / "destinations.json"
    assert read_destinations(path) == []
    write_destinations(path, [WEB, PACS])
    assert read_destinations(path) == [PACS, WEB]
    assert find_destination(read_destinations(path), "pacs") == PACS


def test_destinations_of_it_win_and_are_not_written_into_the_users_file(tmp_path, monkeypatch) -> None:
    path, system = tmp_path / "own.json", tmp_path / "system.json"
    write_destinations(path, [PACS, WEB])
    write_destinations(system, [replace(PACS, host="10.9.9.9")])
    monkeypatch.setenv(SYSTEM_FILE, str(system))
    found = read_destinations(path)
    assert [(d.name, d.host, d.is_fixed) for d in found] == [("PACS", "10.9.9.9", True), ("web", "", False)]
    write_destinations(path, found)
    assert [record["name"] for record in json.loads(path.read_text())["destinations"]] == ["web"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "../x"},
        {"host": ""},
        {"host": "a b"},
        {"port": 0},
        {"port": 70000},
        {"ae_title": ""},
        {"ae_title": "SEVENTEENLETTERS!"},
        {"ae_title": "A\\B"},
        {"own_ae_title": "  "},
        {"quarantine": "PACS"},
        {"tls": Tls(certificate="missing.pem")},
        {"tls": Tls(is_on=True, ca_file="/nowhere/ca.pem")},
        {"timeout_s": 0},
        {"network": Network.DICOMWEB, "url": "ftp://host/x"},
        {"network": Network.DICOMWEB, "url": "https://me:secret@host/x"},
        {"network": Network.DICOMWEB, "url": "https://host:99999/x"},
        {"network": Network.DICOMWEB, "url": "https://host/x", "login": Login.PASSWORD},
        {"network": Network.DICOMWEB, "url": "https://host/x", "proxy": "http://me:secret@proxy:3128"},
        {"network": Network.DICOMWEB, "url": "https://host/x", "proxy": "http://me:@proxy:3128"},
        {"network": Network.DICOMWEB, "url": "https://host/x", "proxy": "proxy:3128"},
        {"network": Network.DICOMWEB, "url": "https://host/x", "proxy": "http://proxy:x"},
        {"network": Network.DICOMWEB, "url": "https://host/x", "proxy": "http://proxy:3128/path"},
    ],
)
def test_what_does_not_fit_is_refused(wrong) -> None:
    with pytest.raises(UserError):
        replace(PACS, **wrong).checked()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"destinations": [{"name": "x", "colour": "red"}]}', '{"destinations": 5}']
)
def test_a_file_of_something_else_is_refused(tmp_path, text) -> None:
    (tmp_path / "d.json").write_text(text)
    with pytest.raises(UserError):
        read_destinations(tmp_path / "d.json")


def test_a_certificate_file_that_went_away_hides_no_machine(tmp_path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("a certificate")
    path = tmp_path / "d.json"
    write_destinations(path, [WEB, replace(PACS, tls=Tls(is_on=True, ca_file=str(authority)))])
    authority.unlink()
    assert [d.name for d in read_destinations(path)] == ["PACS", "web"]
    write_destinations(path, [d for d in read_destinations(path) if d.name == "web"])  # it can be removed
    with pytest.raises(UserError, match=r"ca\.pem"):
        client_context(Tls(is_on=True, ca_file=str(authority)))


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(UserError) as refusal:
        find_destination([PACS, WEB], "other")
    assert "PACS, web" in refusal.value.hint


@pytest.mark.parametrize(
    ("destination", "may_pass"),
    [
        (replace(PACS, tls=Tls(is_on=True)), True),
        (PACS, False),  # not encrypted
        (replace(PACS, host="127.0.0.1"), True),
        (replace(PACS, host="::1"), True),
        (replace(PACS, host="localhost"), True),
        (replace(PACS, host="localhost.evil.example"), False),
        (replace(PACS, host="127.0.0.1", is_inside=False), False),
        (replace(PACS, tls=Tls(is_on=True), is_inside=False), False),
        (replace(WEB, is_inside=True), True),
        (replace(WEB, is_inside=True, url="http://pacs.example/x"), False),
        (replace(WEB, is_inside=True, url="http://127.0.0.1:8042/x"), True),
        (replace(WEB, is_inside=True, url="http://127.0.0.1:8042/x", proxy="http://proxy.example:3128"), False),
        (replace(WEB, is_inside=True, url="http://127.0.0.1@evil.example/x"), False),
    ],
)
def test_what_names_a_patient_leaves_only_encrypted_and_inside(destination, may_pass) -> None:
    require_allowed(destination, is_identified=False)
    if may_pass:
        require_allowed(destination, is_identified=True)
    else:
        with pytest.raises(NotAllowed):
            require_allowed(destination, is_identified=True)


class Store(KeyringBackend):
    """A key store in memory."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError


def test_secrets_are_kept_in_the_systems_key_store(monkeypatch) -> None:
    store = Store()
    monkeypatch.setattr(keyring.core, "_keyring_backend", store)
    secrets.keep_secret("web", "hush")
    assert secrets.read_secret("web") == "hush"
    secrets.keep_secret("web", "")
    secrets.keep_secret("web", "")
    with pytest.raises(UserError):
        secrets.read_secret("web")
    monkeypatch.setenv("LIMNER_SECRET_MY_PACS_2", "given")
    assert secrets.read_secret("My PACS-2") == "given"


def test_a_system_without_key_store_is_said(monkeypatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())
    with pytest.raises(UserError) as refusal:
        secrets.keep_secret("web", "hush")
    assert "LIMNER_SECRET_WEB" in refusal.value.hint
    with pytest.raises(UserError):
        secrets.read_secret("web")


def test_the_password_of_a_proxy_is_kept_beside_that_of_the_machine(monkeypatch) -> None:
    from sync.dicomweb.http import session_with

    monkeypatch.setattr(keyring.core, "_keyring_backend", Store())
    secrets.keep_secret(secrets.of_proxy("web"), "p@ss:w/rd#1")
    destination = replace(WEB, login=Login.NONE, proxy="http://reading%20room@proxy.example:3128").checked()
    assert destination.proxy_user == "reading%20room"
    with session_with(destination) as session:
        assert session.proxies["https"] == "http://reading%20room:p%40ss%3Aw%2Frd%231@proxy.example:3128"
    assert "p@ss" not in json.dumps(destination.to_json())
    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())
    with pytest.raises(UserError) as refusal, session_with(destination):
        pass
    assert "LIMNER_SECRET_WEB_PROXY" in refusal.value.hint
