"""What really goes over the network, seen by a server that writes down every byte."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from made_series import SeriesMaker

from imaging.errors import UserError
from session.delivery import deliver
from sync.destination import Destination, Login, Network
from sync.dicomweb.find import find
from sync.dicomweb.http import session_with
from sync.dicomweb.send import send
from sync.dimse.send import outgoing
from sync.outbox import ItemState, Outbox
from sync.privacy import NotAllowed
from sync.query import Level, Query

NAME = "Weizenkeim"


class Server:
    """Answers every request with one status and writes down what it was sent."""

    def __init__(self, status: int = 204, headers: dict[str, str] | None = None) -> None:
        self.heard = b""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.heard += self.raw_requestline + bytes(self.headers)
                length = int(self.headers.get("Content-Length") or 0)
                server.heard += self.rfile.read(length)
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
                self.close_connection = True

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self._http.server_port}/dicom-web"

    def close(self) -> None:
        """Stop answering."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    every: list[Server] = []
    yield every
    for server in every:
        server.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    SeriesMaker(tmp_path)(1, lambda _k, ds: setattr(ds, "PatientName", f"{NAME}^Adalbert"))
    return tmp_path / "s000.dcm"


def to(server: Server, **fields: object) -> Destination:
    made = Destination("web", Network.DICOMWEB, url=server.url, is_inside=True, timeout_s=10)
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_follows_a_redirect(servers, file, status) -> None:
    servers.append(Server())
    elsewhere = servers[0]
    servers.append(Server(status, {"Location": elsewhere.url.replace("127.0.0.1", "localhost") + "/studies"}))
    there = to(servers[1])
    with pytest.raises(UserError):
        find(there, Query(Level.STUDY, {"PatientName": NAME}))
    with pytest.raises(UserError):
        send(there, [outgoing(file)])
    assert NAME.encode() in servers[1].heard
    assert elsewhere.heard == b""


def test_names_that_are_searched_for_stand_in_no_log(servers, caplog) -> None:
    servers.append(Server())
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("urllib3").setLevel(logging.NOTSET)
        find(to(servers[0]), Query(Level.STUDY, {"PatientName": NAME}))
        with pytest.raises(UserError):
            find(replace(to(servers[0]), url="http://127.0.0.1:9"), Query(Level.STUDY, {"PatientName": NAME}))
    assert NAME.encode() in servers[0].heard
    assert NAME not in caplog.text


@pytest.mark.parametrize("fields", [{"is_inside": False}, {"proxy": "http://proxy.example:3128"}])
def test_a_destination_that_was_changed_after_queueing_gets_nothing(servers, file, tmp_path, fields) -> None:
    servers.append(Server())
    with Outbox(tmp_path / "workspace") as box:
        box.put([(outgoing(file), "original")], "web")
    with Outbox(tmp_path / "workspace") as box:  # as after a restart
        (item,) = deliver(box, to(servers[0], **fields), box.open_items("web"))
    assert item.state is ItemState.WAITING
    assert servers[0].heard == b""


@pytest.mark.parametrize("fields", [{"is_inside": False}, {"url": "http://archive.example/dicom-web"}])
def test_a_search_by_name_stays_inside(servers, fields) -> None:
    servers.append(Server())
    with pytest.raises(NotAllowed):
        find(to(servers[0], **fields), Query(Level.STUDY, {"PatientName": NAME}))
    assert servers[0].heard == b""


@pytest.mark.parametrize("login", [Login.PASSWORD, Login.TOKEN])
def test_no_password_goes_over_a_readable_connection(servers, monkeypatch, login) -> None:
    monkeypatch.setenv("LIMNER_SECRET_WEB", "secret")
    servers.append(Server())
    outside = to(servers[0], login=login, user="me", url="http://archive.example/dicom-web")
    with pytest.raises(UserError), session_with(outside):
        pass
    with session_with(replace(outside, url=servers[0].url)):
        pass


def test_the_environment_names_no_proxy(servers, monkeypatch) -> None:
    servers += [Server(), Server()]
    monkeypatch.setenv("http_proxy", servers[1].url)
    monkeypatch.setenv("HTTP_PROXY", servers[1].url)
    find(to(servers[0]), Query(Level.STUDY, {"PatientName": NAME}))
    assert servers[1].heard == b""
