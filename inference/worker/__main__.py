"""``python -m inference.worker HANDLE [BOUNDS]``: started by ``inference.worker.process``, by nobody else."""

from __future__ import annotations

import sys

from inference.worker import be_worker

if __name__ == "__main__":
    be_worker(sys.argv[1:])
