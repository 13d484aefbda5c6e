"""Downloads: only when asked, resumed, bounded, checked; against a server of our own."""

from __future__ import annotations

import errno
import hashlib
import io
import socket
import ssl
import threading
import urllib.error
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import made_bundles
import pytest
import yaml

from imaging.errors import UserError
from inference.packages import download as module
from inference.packages.contents import Stopped
from inference.packages.download import download, file_name
from inference.packages.store import ModelStore

DATA = bytes(range(256)) * 4096  # 1 MiB
SHA = f"sha256:{hashlib.sha256(DATA).hexdigest()}"


class Server(ThreadingHTTPServer):
    """Serves ``DATA`` at any path ending in .pt, .ts or .zip; paths and fields below bend it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str]] = []  # path, Range
        self.logins: list[str] = []
        self.tag = '"one"'
        self.cut_after = 0
        self.release = threading.Event()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.server.asked.append((self.path, asked))
        self.server.logins.append(self.headers.get("Authorization", ""))
        if self.path.startswith("/missing"):
            return self.send_error(404)
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd" if "file" in self.path else self.server.url("model.pt"))
            return self.end_headers()
        begin = int(asked[6:-1]) if asked and self.headers.get("If-Range") == self.server.tag else 0
        self.send_response(206 if begin else 200)
        self.send_header("ETag", self.server.tag)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(DATA) - 1}/{len(DATA)}")
        if "unsaid" not in self.path:
            self.send_header("Content-Length", str(10**12 if "huge" in self.path else len(DATA) - begin))
        self.end_headers()
        end = self.server.cut_after or len(DATA)
        self.wfile.write(DATA[begin:end])
        if "hangs" in self.path:
            self.wfile.flush()
            self.server.release.wait(20)
        return None

    def log_message(self, format: str, *args: Any) -> None:
        """Be silent."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    serving = Server()
    thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
    thread.start()
    yield serving
    serving.release.set()
    serving.shutdown()
    thread.join()
    serving.server_close()


def never() -> bool:
    return False


def silent(fraction: float, message: str) -> None:
    """Nobody watches."""


def test_a_file_comes_whole_and_checked(server: Server, tmp_path: Path) -> None:
    told: list[float] = []
    download(server.url("model.pt"), tmp_path / "model.pt", SHA, lambda share, _: told.append(share))
    assert (tmp_path / "model.pt").read_bytes() == DATA
    assert told[-1] == 1.0
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob("*.json"))
    for kind in ("md5", "sha1"):
        download(server.url("model.pt"), tmp_path / kind, f"{kind}:{hashlib.new(kind, DATA).hexdigest()}")


def test_another_file_than_was_stated_is_not_kept(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not the file that was stated"):
        download(server.url("model.pt"), tmp_path / "model.pt", "sha256:" + "0" * 64)
    assert not (tmp_path / "model.pt").exists()
    assert not (tmp_path / "model.pt.part").exists()


def test_a_broken_connection_is_continued(server: Server, tmp_path: Path) -> None:
    server.cut_after = 400_000
    with pytest.raises(UserError, match=r"could not be fetched|connection ended") as broken:
        download(server.url("model.pt"), tmp_path / "model.pt", SHA)
    assert "kept and continued" in broken.value.hint
    begun = (tmp_path / "model.pt.part").stat().st_size
    assert 0 < begun <= 400_000
    server.cut_after = 0
    download(server.url("model.pt"), tmp_path / "model.pt", SHA)
    assert (tmp_path / "model.pt").read_bytes() == DATA
    assert server.asked[-1] == ("/model.pt", f"bytes={begun}-")


def test_when_the_server_has_another_file_it_begins_anew(server: Server, tmp_path: Path) -> None:
    server.cut_after = 400_000
    with pytest.raises(UserError):
        download(server.url("model.pt"), tmp_path / "model.pt")
    (tmp_path / "model.pt.part").write_bytes(b"of the old file" * 1000)
    server.cut_after, server.tag = 0, '"two"'
    download(server.url("model.pt"), tmp_path / "model.pt", SHA)
    assert (tmp_path / "model.pt").read_bytes() == DATA


def test_a_part_of_another_address_is_not_continued(server: Server, tmp_path: Path) -> None:
    server.cut_after = 400_000
    with pytest.raises(UserError):
        download(server.url("other.pt"), tmp_path / "model.pt")
    server.cut_after = 0
    download(server.url("model.pt"), tmp_path / "model.pt", SHA)
    assert server.asked[-1] == ("/model.pt", "")


def test_cancelling_keeps_what_was_fetched(server: Server, tmp_path: Path) -> None:
    server.cut_after = 300_000
    begun = threading.Event()
    with pytest.raises(Stopped):
        download(server.url("hangs.pt"), tmp_path / "m.pt", "", lambda *_: begun.set(), begun.is_set)
    server.release.set()
    assert not (tmp_path / "m.pt").exists()
    assert (tmp_path / "m.pt.part").stat().st_size > 0


class FullDisk(io.FileIO):
    """Takes the first 300,000 bytes and no more."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > 300_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


def test_a_disk_that_fills_up_costs_a_message_and_the_rest_is_fetched_later(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open
    with monkeypatch.context() as patch:
        patch.setattr(module, "CHUNK", 100_000)
        patch.setattr(
            Path, "open", lambda p, mode="r", **more: FullDisk(p, "w") if mode == "wb" else opened(p, mode, **more)
        )
        with pytest.raises(UserError, match="could not be fetched: No space left on device") as caught:
            download(server.url("model.pt"), tmp_path / "model.pt", SHA)
    assert "Free some space" in caught.value.hint
    assert not (tmp_path / "model.pt").exists()
    download(server.url("model.pt"), tmp_path / "model.pt", SHA)
    assert (tmp_path / "model.pt").read_bytes() == DATA
    assert server.asked[-1] == ("/model.pt", "bytes=300000-")


def test_limits(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"at most 0\.0 GB"):
        download(server.url("model.pt"), tmp_path / "a.pt", limit=1000)
    with pytest.raises(UserError, match=r"more than 0\.0 GB"):
        download(server.url("unsaid.pt"), tmp_path / "b.pt", limit=1000)
    assert (tmp_path / "b.pt.part").stat().st_size <= 1000
    with pytest.raises(UserError, match=r"931\.3 GB"):
        download(server.url("huge.pt"), tmp_path / "c.pt")
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: type("Usage", (), {"free": module.KEPT_FREE + 5}))
    with pytest.raises(UserError, match="disk is too full"):
        download(server.url("model.pt"), tmp_path / "d.pt")


def test_what_servers_say(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="answered 404"):
        download(server.url("missing.pt"), tmp_path / "a.pt")
    download(server.url("away.pt"), tmp_path / "b.pt", SHA)
    with pytest.raises(UserError):
        download(server.url("away-file.pt"), tmp_path / "c.pt")
    assert not (tmp_path / "c.pt").exists()
    server.shutdown()
    server.server_close()
    with pytest.raises(UserError, match="could not be fetched"):
        download(server.url("model.pt"), tmp_path / "d.pt")


@pytest.mark.parametrize(
    ("reason", "said", "hint"),
    [
        (socket.gaierror(-2, "Name or service not known"), "no server “files.example” is known here", "https_proxy"),
        (ConnectionRefusedError(111, "Connection refused"), "files.example refuses the connection", "https_proxy"),
        (TimeoutError("timed out"), "files.example does not answer", "Try again"),
        (
            ssl.SSLCertVerificationError(1, "[SSL] certificate verify failed: self-signed (_ssl.c:1006)"),
            "the certificate of files.example is not trusted here",
            "certificate of the hospital",
        ),
        (OSError(101, "Network is unreachable"), "Network is unreachable", "Try again"),
    ],
)
@pytest.mark.parametrize("is_wrapped", [True, False])
def test_what_is_wrong_with_the_network_is_said_in_words(
    is_wrapped: bool, reason: OSError, said: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unreachable:
        def open(self, *_: Any, **__: Any) -> Any:
            raise urllib.error.URLError(reason) if is_wrapped else reason

    monkeypatch.setattr(module, "_opener", Unreachable)
    with pytest.raises(UserError) as caught:
        download("https://files.example/model.pt", tmp_path / "a.pt")
    assert caught.value.message == f"The file could not be fetched: {said}."
    assert hint in caught.value.hint


def test_a_name_and_a_password_in_the_address_go_to_its_host_alone(server: Server, tmp_path: Path) -> None:
    url = server.url("away.pt?token=hidden").replace("//", "//ada:pass%20word@")
    download(url, tmp_path / "a.pt", SHA)
    assert server.logins == ["Basic YWRhOnBhc3Mgd29yZA==", ""]  # not to where it was sent on
    with pytest.raises(UserError, match="answered 404") as caught:
        download(url.replace("away", "missing"), tmp_path / "b.pt")
    assert caught.value.hint == server.url("missing.pt")
    server.cut_after = 400_000
    with pytest.raises(UserError, match="connection ended"):
        download(url.replace("away", "model"), tmp_path / "c.pt")
    kept = (tmp_path / "c.pt.part.json").read_text()
    assert all(secret not in kept for secret in ("ada", "pass", "hidden"))
    server.cut_after = 0
    download(url.replace("away", "model"), tmp_path / "c.pt", SHA)
    assert server.asked[-1][1] == "bytes=400000-"


def test_https_is_never_left_for_http() -> None:
    request = module.urllib.request.Request("https://models.example/a.pt")
    with pytest.raises(UserError, match="not protected"):
        module._Redirects().redirect_request(request, None, 302, "", {}, "http://models.example/a.pt")  # type: ignore[arg-type]
    context = next(h for h in module._opener().handlers if type(h).__name__ == "HTTPSHandler")._context
    assert context.verify_mode is module.ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize(
    "url", ["ftp://host/a.pt", "file:///etc/passwd", "http:///a.pt", "https://host", "https://host/.."]
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(UserError):
        file_name(url)


def test_file_names() -> None:
    assert file_name("https://host/a/b%20c.zip?download=true#x") == "b c.zip"
    assert file_name("https://host/a%2F..%2Fevil.pt") == "evil.pt"


def bundle_from(server: Server, folder: Path, checksum: str) -> Path:
    made_bundles.spleen(folder)
    entry = {"path": "models/model.pt", "url": server.url("model.pt"), "hash_val": checksum, "hash_type": "sha256"}
    (folder / "large_files.yml").write_text(yaml.safe_dump({"large_files": [entry]}))
    return folder


def test_weights_are_fetched_only_when_asked(server: Server, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store")
    bundle = bundle_from(server, tmp_path / "spleen", SHA[7:])
    with store.candidate(str(bundle), "Ada", silent, never) as candidate:
        model = store.accept(candidate, "Ada")
    store.models()
    assert server.asked == []
    assert [file.path for file in store.fetch(model.id, silent, never)] == ["models/model.pt"]
    model = store.model(model.id)
    assert model.problem == ""
    assert model.is_trusted  # the code is what it was
    store.verify(model.id)
    assert store.fetch(model.id, silent, never) == []
    assert len(server.asked) == 1


def test_other_weights_than_the_model_states_are_refused(server: Server, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store")
    bundle = bundle_from(server, tmp_path / "spleen", "0" * 64)
    with store.candidate(str(bundle), "Ada", silent, never) as candidate:
        model = store.accept(candidate, "Ada")
    with pytest.raises(UserError, match="is not the file that was stated"):
        store.fetch(model.id, silent, never)
    assert "is missing" in store.model(model.id).problem


def test_a_model_from_an_address(server: Server, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store")
    with (
        pytest.raises(UserError, match=r"model\.ts does not say what it is for|broken"),
        store.candidate(server.url("model.ts"), "Ada", silent, never, SHA),
    ):
        pass
    with (
        pytest.raises(UserError, match=r"The zip model\.zip is broken"),
        store.candidate(server.url("model.zip"), "Ada", silent, never),
    ):
        pass
    assert [path for path, _ in server.asked] == ["/model.ts", "/model.zip"]
    assert not list((store.folder / ".downloads").glob("model.*s")) + list((store.folder / ".downloads").glob("*.zip"))
