"""A few hundred broken files, see tests/bench/bench_mutations.py for how they are made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[3] / "bench" / "bench_mutations.py"


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the bench forks, and reads /proc")
def test_mutated_files_open_or_are_refused():
    done = subprocess.run(
        [sys.executable, str(BENCH), "--count", "300", "--seed", "2026"], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "300 mutants" in done.stdout
    assert "MISSED" not in done.stdout, done.stdout
