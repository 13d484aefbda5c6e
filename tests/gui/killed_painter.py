"""Runs ``paint_until_killed.py``, kills it at a random moment, and looks what is left."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imaging.case.case import Case
from imaging.formats.registry import write_volume
from imaging.geometry import Geometry
from imaging.volume import Quantity, Volume

DURABLE_WITHIN_S = 0.25
FIRST_STROKE_WITHIN_S = 60.0


@dataclass(frozen=True)
class Outcome:
    """What the painter had said before it died, and what its case holds."""

    saved_strokes: int
    saved_entries: int
    saved_voxels: int
    entries_finished_in_time: int
    found_entries: int
    found_voxels: int
    chain_ok: bool


def write_image(path: Path) -> Path:
    """A small CT."""
    voxels = np.random.default_rng(0).normal(0, 40, (40, 128, 128)).astype(np.int16)
    voxels[:, :4] = -1000
    write_volume(Volume(Geometry(voxels.shape, np.diag([1.5, 1.5, 3, 1.0])), voxels, Quantity.HU), path)
    return path


def paint_and_kill(image: Path, workspace: Path, seed: int) -> Outcome:
    """Let the painter paint for a random time after its first stroke, kill it, open its case."""
    workspace.mkdir()
    script = Path(__file__).with_name("paint_until_killed.py")
    environment = {**os.environ, "HOME": str(workspace), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, str(script), str(image), str(workspace)]
    said: list[list[str]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as painter:
        assert painter.stdout is not None
        reader = threading.Thread(target=lambda: said.extend(line.split() for line in painter.stdout or ()))
        reader.start()
        deadline = time.monotonic() + FIRST_STROKE_WITHIN_S
        while not said and time.monotonic() < deadline and painter.poll() is None:
            time.sleep(0.005)
        time.sleep(random.Random(seed).uniform(0.05, 1.5))
        killed_at = time.monotonic()
        painter.send_signal(signal.SIGKILL)
        reader.join()
    return _look(workspace, [words for words in said if len(words) == 4], killed_at)


def _look(workspace: Path, said: list[list[str]], killed_at: float) -> Outcome:
    saved = [words for words in said if words[0] == "saved"]
    in_time = [int(words[1]) for words in said if float(words[3]) < killed_at - DURABLE_WITHIN_S]
    (path,) = (workspace / "cases").glob("*.limner")
    case = Case.open(path)
    try:
        return Outcome(
            len(saved),
            int(saved[-1][1]) if saved else 0,
            int(saved[-1][2]) if saved else 0,
            max(in_time, default=0),
            len(case.journal.entries),
            max((case.segmentation.voxel_count(s.number) for s in case.segmentation.segments), default=0),
            case.verify().is_ok,
        )
    finally:
        case.close()
