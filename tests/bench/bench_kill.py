"""30 times: paint in the real window, SIGKILL at a random moment, count the finished strokes that are missing.

python3 dev.py bench kill
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from budget_table import Measured, print_table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "gui"))

from killed_painter import paint_and_kill, write_image

RUNS = 30


def main() -> int:
    """Kill, look, count."""
    lost = broken = strokes = 0
    with tempfile.TemporaryDirectory() as name:
        image = write_image(Path(name) / "image.nii")
        for seed in range(RUNS):
            outcome = paint_and_kill(image, Path(name) / f"run{seed}", 1000 + seed)
            strokes += outcome.saved_strokes
            lost += max(0, max(outcome.saved_entries, outcome.entries_finished_in_time) - outcome.found_entries)
            broken += not outcome.chain_ok
    return print_table(
        f"{RUNS} kills while painting, {strokes} finished strokes",
        [
            Measured("finished strokes that are missing", lost, "strokes", 0),
            Measured("cases whose chain is broken", broken, "cases", 0),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
