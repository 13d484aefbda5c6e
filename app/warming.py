"""Compiles the path tracer before somebody asks for a cinematic picture, and has the power at rest measured.

Numba compiles for 10 to 30 seconds on a machine where Limner has drawn none yet. Some seconds after the window is up,
when nothing else is going on, a child process does that at the lowest priority; it runs once for each version of the
program, for its results are kept. In a frozen build there is no interpreter to start a module with: nothing happens
there for now, and the first picture takes its time.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from render.compiled_folder import is_all_compiled
from session.session import Session

logger = logging.getLogger(__name__)

IDLE_MS = 6000
MODULE = "render.cinematic.warm"
ROOT = Path(__file__).parents[1]


class Warming(QObject):
    """Waits for a quiet moment, then starts the child; ends it when the program ends.

    Only the window's entry point makes one, so that tests and commands never do.

    Args:
        session: what is open, and the jobs that must be over first.
        parent: lives as long.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.child: subprocess.Popen[bytes] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(IDLE_MS)
        self._timer.timeout.connect(self._look)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.stop)
        if not getattr(sys, "frozen", False):
            self._timer.start()

    def stop(self) -> None:
        """End the child, if there is one; what it has compiled stays."""
        self._timer.stop()
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            self.child.wait()

    def _look(self) -> None:
        """Start when nothing else is going on; else look again later."""
        document = self._session.document
        if (document is not None and document.is_loading) or any(not job.is_over for job in self._session.jobs.jobs):
            return
        self._timer.stop()
        from inference.record.computer import idle_watch  # not needed for the window's start

        idle_watch().begin()  # it waits for the processors to be at rest, so behind the child below
        if not is_all_compiled():
            self.child = start_child()


def start_child() -> subprocess.Popen[bytes]:
    """The process that compiles, with the files of this very program."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    flags = getattr(subprocess, "IDLE_PRIORITY_CLASS", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
    logger.info("compiling the path tracer")
    return subprocess.Popen(
        [sys.executable, "-m", MODULE],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=flags,
    )
