"""The queue's file in the workspace, written on a thread."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from imaging.errors import UserError
from imaging.formats.replacing import replacing
from imaging.json_text import read_json
from session.batch.item import BatchItem

logger = logging.getLogger("limner.batch")


class QueueFile:
    """Keeps the items of a queue.

    Args:
        path: the file.
        items: what is to be kept now; called on the writing thread.
    """

    def __init__(self, path: Path, items: Callable[[], Sequence[BatchItem]]) -> None:
        self._path = path
        self._items = items
        self._lock = threading.Lock()
        self._is_dirty = False
        self._writer: threading.Thread | None = None
        self._written = threading.Event()
        self._written.set()

    def read(self) -> list[BatchItem]:
        """What was kept; nothing where the file cannot be read, which is noted."""
        try:
            kept = read_json(self._path.read_text("utf-8"))
            return [BatchItem.from_json(item) for item in kept]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, AttributeError) as error:
            logger.warning("the queue of the last time cannot be read: %s", type(error).__name__)
            return []

    def keep(self) -> None:
        """Have the queue written on a thread, for disks may be slow; soon after another change it is written once."""
        with self._lock:
            self._written.clear()
            self._is_dirty = True
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="batch writer", daemon=True)
                self._writer.start()

    def settle(self, timeout_s: float) -> bool:
        """Wait until the queue is on the disk; False when that takes too long."""
        return self._written.wait(timeout_s)

    def _write(self) -> None:
        """Losing it costs the list, not the results, so what is wrong is noted and no more."""
        while True:
            with self._lock:
                if not self._is_dirty:
                    self._writer = None
                    self._written.set()
                    return
                self._is_dirty = False
            text = json.dumps([item.to_json() for item in self._items()], indent=1, ensure_ascii=False)
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with replacing(self._path) as file:
                    file.write(text.encode())
            except (UserError, OSError) as error:
                logger.warning("the queue cannot be kept: %s", type(error).__name__)
