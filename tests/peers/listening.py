"""`limner listen` in a process of its own, to be killed and started again, and what is on its disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from orthanc import free_port
from pydicom import dcmread

from imaging.workspace import listing
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from sync.destination import Destination, Tls
from sync.dimse.association import ConnectionFailed
from sync.dimse.echo import echo

START_SECONDS = 60


def wait_until(is_so: Callable[[], bool], seconds: float = 180) -> None:
    """Look until something is so.

    Raises:
        AssertionError: it never was.
    """
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


class Listener:
    """The command with a workspace and a configuration of its own.

    Args:
        title: under which the only sender calls.
        tls: of the receiver; ``ours`` is then what we show when we look whether it is there.
    """

    def __init__(self, home: Path, title: str = "SCANNER", tls: Tls | None = None, ours: Tls | None = None) -> None:
        self.home, self.port, self.title, self.ours = home, free_port(), title, ours or Tls()
        self.process: subprocess.Popen[str] | None = None
        home.mkdir(exist_ok=True)
        config = {
            "ae_title": "LIMNER",
            "port": self.port,
            "senders": [{"ae_title": title, "addresses": ["127.0.0.1"]}],
            "tls": asdict(tls or Tls()),
            "limits": {"free_bytes": 0},
            "quiet_s": 1,
        }
        (home / "listen.json").write_text(json.dumps(config))

    def start(self) -> None:
        """Start it, and wait until it answers."""
        environment = {**os.environ, "LIMNER_WORKSPACE": str(self.home / "workspace"), "HOME": str(self.home)}
        command = [sys.executable, "-m", "app.cli", "listen", "--config", str(self.home / "listen.json"), "--json"]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        wait_until(self._answers, START_SECONDS)

    def _answers(self) -> bool:
        try:
            echo(self.as_destination())
        except ConnectionFailed:
            return False
        return True

    def as_destination(self) -> Destination:
        """The listener as a machine to send to."""
        return Destination(
            "us",
            host="127.0.0.1",
            port=self.port,
            ae_title="LIMNER",
            own_ae_title=self.title,
            tls=self.ours,
            is_inside=True,
            timeout_s=10,
        )

    def kill(self) -> None:
        """End it without a word (SIGKILL)."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def stop(self) -> dict[str, int]:
        """End it as a service is ended; what it printed."""
        assert self.process is not None
        self.process.terminate()
        out, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return {name: int(count) for name, count in json.loads(out).items()}

    def close(self) -> None:
        """End it if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def files(self) -> list[Path]:
        """Whole objects on its disk."""
        return list((self.home / "workspace" / "images").glob("*/*.dcm"))

    def on_disk(self) -> Counter[str]:
        """SOP instance UID -> how many files hold it."""
        return Counter(str(dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in self.files())

    def listed(self) -> int:
        """How many different objects the list of studies has."""
        with StudyIndex(self.home / "workspace" / INDEX_NAME) as index:
            studies = listing.studies(index)
            return sum(row.instance_count for study in studies for row in listing.series_of(index, study.id))
