"""`limner listen` under real senders: dcmtk's storescu and Orthanc; killed in the middle, it loses nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from made_series import SeriesMaker
from orthanc import REASON, free_port, is_installed, running

from imaging.workspace import listing
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from sync.destination import Destination
from sync.dimse.association import ConnectionFailed
from sync.dimse.echo import echo
from sync.dimse.send import outgoing, send

STORESCU = shutil.which("storescu")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(STORESCU is None, reason="dcmtk's storescu is not installed (python3 dev.py test --peers)"),
]
COUNT = 60


class Listener:
    """The command in a process of its own, with a workspace and a configuration."""

    def __init__(self, home: Path, title: str = "SCANNER") -> None:
        self.home, self.port, self.title = home, free_port(), title
        home.mkdir(exist_ok=True)
        sender = {"ae_title": title, "addresses": ["127.0.0.1"]}
        config = {
            "ae_title": "LIMNER",
            "port": self.port,
            "senders": [sender],
            "limits": {"free_bytes": 0},
            "quiet_s": 1,
        }
        (home / "listen.json").write_text(json.dumps(config))
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        environment = {**os.environ, "LIMNER_WORKSPACE": str(self.home / "workspace"), "HOME": str(self.home)}
        command = [sys.executable, "-m", "app.cli", "listen", "--config", str(self.home / "listen.json"), "--json"]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                echo(self.as_destination())
            except ConnectionFailed:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the listener did not start")

    def as_destination(self) -> Destination:
        return Destination(
            "us",
            host="127.0.0.1",
            port=self.port,
            ae_title="LIMNER",
            own_ae_title=self.title,
            is_inside=True,
            timeout_s=10,
        )

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> dict[str, int]:
        """End it as a service is ended; what it printed."""
        assert self.process is not None
        self.process.terminate()
        out, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return json.loads(out)

    def counted(self) -> int:
        """How many different objects the list of studies has."""
        with StudyIndex(self.home / "workspace" / INDEX_NAME) as index:
            return sum(
                row.instance_count for study in listing.studies(index) for row in listing.series_of(index, study.id)
            )


@pytest.fixture
def listener(tmp_path):
    made = Listener(tmp_path / "home")
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "made"
    made.mkdir()
    return SeriesMaker(made)(COUNT)


def storescu(
    port: int, folder: Path, title: str = "SCANNER", called: str = "LIMNER"
) -> subprocess.CompletedProcess[str]:
    command = [str(STORESCU), "-aet", title, "-aec", called, "127.0.0.1", str(port), "+sd", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_what_storescu_sends_is_listed(listener, folder) -> None:
    assert storescu(listener.port, folder).returncode == 0
    assert listener.stop()["new"] == COUNT
    assert listener.counted() == COUNT


def test_storescu_is_refused_under_other_names(listener, folder) -> None:
    assert storescu(listener.port, folder, title="STRANGER").returncode != 0
    assert storescu(listener.port, folder, called="OTHER").returncode != 0
    assert listener.stop()["new"] == 0


def test_killed_in_the_middle_it_has_everything_that_it_accepted(listener, folder) -> None:
    files = [outgoing(path) for path in sorted(folder.iterdir())]

    def kill_after(done: int, _total: int) -> None:
        if done == COUNT // 2:
            listener.kill()

    sent = send(listener.as_destination(), files, on_progress=kill_after)
    assert sent.lost
    accepted = {one.sop_uid for one in sent.stored}
    assert len(accepted) >= COUNT // 2
    listener.start()
    rest = [one for one in files if one.sop_uid not in accepted]
    assert len(send(listener.as_destination(), rest).stored) == len(rest)
    listener.stop()
    assert listener.counted() == COUNT
    assert not list((listener.home / "workspace" / "images").glob("*/*.part"))


@pytest.mark.skipif(not is_installed(), reason=REASON)
def test_what_orthanc_sends_is_listed(tmp_path, folder) -> None:
    listener = Listener(tmp_path / "home", title="ORTHANC")
    archive_folder = tmp_path / "archive"
    archive_folder.mkdir()
    known = {"SCANNER": ("127.0.0.1", 1), "LIMNER": ("127.0.0.1", listener.port)}
    with running(archive_folder, known=known) as archive:
        there = Destination(
            "archive",
            host="127.0.0.1",
            port=archive.dicom_port,
            ae_title="ORTHANC",
            own_ae_title="SCANNER",
            is_inside=True,
        )
        send(there, [outgoing(path) for path in sorted(folder.iterdir())])
        listener.start()
        (study,) = archive.ask("/studies")
        answer = archive.ask("/modalities/limner/store", "POST", study.encode())
        assert answer["FailedInstancesCount"] == 0
        listener.stop()
    assert listener.counted() == COUNT
