"""``python -m inference.worker HANDLE``: started by ``inference.worker.process``, by nobody else."""

from __future__ import annotations

import sys

from inference.worker.serving import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]))
