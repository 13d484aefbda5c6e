"""A download that somebody stops: the job is cancelled, the model stays without weights, and fetching goes on later."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import made_bundles
import pytest
import yaml

from session.jobs import JobState
from session.messages import Message
from session.model_work import start_fetching
from session.models import model_store
from session.session import Session
from session.settings import Settings

DATA = bytes(range(256)) * 2000
FIRST = 300_000  # more than what is read at once
TIMEOUT_S = 300.0


class Slow(BaseHTTPRequestHandler):
    """Sends the first part, and the rest when it is released."""

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        begin = int(asked[6:-1]) if asked else 0
        self.send_response(206 if begin else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(DATA) - begin))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(DATA) - 1}/{len(DATA)}")
        self.end_headers()
        self.server.ranges.append(asked)  # type: ignore[attr-defined]
        if not begin:
            self.wfile.write(DATA[:FIRST])
            self.wfile.flush()
            self.server.release.wait(TIMEOUT_S)  # type: ignore[attr-defined]
            return
        self.wfile.write(DATA[begin:])

    def log_message(self, format: str, *args: Any) -> None:
        """Be silent."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    serving: Any = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    serving.ranges, serving.release = [], threading.Event()
    thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
    thread.start()
    yield serving
    serving.release.set()
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.delenv("LIMNER_MODELS", raising=False)
    return Session(Settings(tmp_path / "settings.json"))


def expect(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


def test_a_stopped_download_leaves_the_model_as_it_was_and_goes_on_later(
    session: Session, server: Any, tmp_path: Path
) -> None:
    bundle = made_bundles.spleen(tmp_path / "spleen")
    url = f"http://127.0.0.1:{server.server_address[1]}/model.pt"
    entry = {"path": "models/model.pt", "url": url, "hash_val": hashlib.sha256(DATA).hexdigest(), "hash_type": "sha256"}
    (bundle / "large_files.yml").write_text(yaml.safe_dump({"large_files": [entry]}))
    store = model_store(session.settings)
    with store.candidate(str(bundle), "Ada", lambda *_: None, lambda: False) as candidate:
        model = store.accept(candidate, "Ada")
    said: list[Message] = []
    session.messages.shown.connect(said.append)
    job = start_fetching(session, model.id)
    expect(lambda: job.fraction is not None and job.fraction > 0)
    job.cancel()
    session.jobs.wait(job)
    assert job.state is JobState.CANCELLED
    assert said == []
    assert "is missing" in store.model(model.id).problem
    server.release.set()
    session.jobs.wait(start_fetching(session, model.id))
    assert server.ranges[1].startswith("bytes=")
    assert store.model(model.id).problem == ""
    store.verify(model.id)
