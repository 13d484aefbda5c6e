"""The receiver as a service of a workspace: what comes is listed at once, a series that is complete is handed on."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imaging.dicom.identity import uids_of
from imaging.errors import UserError
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from sync.incoming import Incoming, Received
from sync.listener.config import ListenerConfig
from sync.listener.receiver import Receiver

TURN_SECONDS = 0.5


@dataclass(frozen=True)
class ArrivedSeries:
    """A series to which nothing came for a while. It holds identifiers: never log it."""

    study_uid: str
    series_uid: str
    folder: Path
    paths: tuple[Path, ...]


OnSeries = Callable[[ArrivedSeries], None]


class ListenerService:
    """Runs until it is closed. What a killed run left is taken up by the next: nothing that was accepted is lost.

    ``on_series`` is where work that starts on arrival hooks in. It is called from the service's own thread, once for
    each complete series; when it raises a UserError the series is handed on again after the next start.
    """

    def __init__(self, config: ListenerConfig, workspace: Path, on_series: OnSeries = lambda _series: None) -> None:
        self.config = config
        self.last_error = ""
        self._workspace = workspace
        self._on_series = on_series
        self._incoming = Incoming(workspace, config.limits)
        self._arrived: queue.SimpleQueue[Received] = queue.SimpleQueue()
        self.receiver = Receiver(config, self._incoming, self._arrived.put)
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="listener", daemon=True)

    def start(self) -> None:
        """Take up what is left, then listen.

        Raises:
            UserError: the workspace cannot be used, or the port.
        """
        self._take_up()
        self.receiver.start()
        self._thread.start()

    def close(self) -> None:
        """Stop listening; what came is listed before this returns."""
        self.receiver.close()
        self._is_closing.set()
        if self._thread.is_alive():
            self._thread.join()
        self._incoming.close()

    def __enter__(self) -> ListenerService:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take_up(self) -> None:
        """What was whole on disk when a run was killed counts as received; what was only begun is gone."""
        _, whole = self._incoming.tidy()
        for path in whole:
            study_uid, series_uid, sop_uid = uids_of(path.read_bytes())
            self._incoming.adopt(path, study_uid=study_uid, series_uid=series_uid, sop_uid=sop_uid)
        for received in self._incoming.unsettled():
            self._arrived.put(received)

    def _work(self) -> None:
        waiting: dict[str, list[Received]] = {}
        newest: dict[str, float] = {}
        done: list[Path] = []  # handed on, but not yet noted as such
        with StudyIndex(self._workspace / INDEX_NAME) as index:
            while not (self._is_closing.is_set() and self._arrived.empty()):
                batch = self._next_batch()
                if batch and not self._listed(index, batch):
                    continue
                for one in batch:
                    waiting.setdefault(one.series_uid, []).append(one)
                    newest[one.series_uid] = time.monotonic()
                for uid in [u for u, seen in newest.items() if time.monotonic() - seen >= self.config.quiet_s]:
                    del newest[uid]
                    done += self._hand_on(waiting.pop(uid))
                done = self._settled(done)

    def _listed(self, index: StudyIndex, batch: list[Received]) -> bool:
        """List what came; when the list cannot be written now, it is tried again in the next turn."""
        try:
            index.note_files(one.path for one in batch)
        except UserError as error:
            self.last_error = error.message
            if not self._is_closing.is_set():  # else the next start takes it up
                for one in batch:
                    self._arrived.put(one)
            return False
        return True

    def _next_batch(self) -> list[Received]:
        """What came within a turn."""
        batch: list[Received] = []
        self._is_closing.wait(TURN_SECONDS)
        with contextlib.suppress(queue.Empty):
            while True:
                batch.append(self._arrived.get_nowait())
        return batch

    def _hand_on(self, received: list[Received]) -> list[Path]:
        """Hand on a series; its files when that is done with."""
        first, paths = received[0], tuple(one.path for one in received)
        try:
            self._on_series(ArrivedSeries(first.study_uid, first.series_uid, first.path.parent, paths))
        except UserError as error:
            self.last_error = error.message
            return []
        return list(paths)

    def _settled(self, paths: list[Path]) -> list[Path]:
        """Note files as dealt with; returns those that a full disk leaves for the next turn or the next start."""
        try:
            if paths:
                self._incoming.settle(paths)
        except UserError as error:
            self.last_error = error.message
            return paths
        return []
