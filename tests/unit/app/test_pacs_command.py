"""`limner pacs add`: secrets go to the key store, never into the file of machines."""

from __future__ import annotations

import io
import sys

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from app.cli import main
from session import archives
from session.settings import Settings
from sync.destination import read_destinations

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
