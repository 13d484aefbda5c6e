"""How long the demo's phantom takes, at full size."""

from __future__ import annotations

import time

from budget_table import Measured, peak_mb, print_table

from imaging.phantom.torso import make_torso


def main() -> int:
    """Measure once: it is long enough."""
    before = peak_mb()
    began = time.perf_counter()
    torso = make_torso()
    took = time.perf_counter() - began
    size = " x ".join(map(str, torso.volume.geometry.shape))
    return print_table(
        "Torso phantom",
        [
            Measured(f"compute {size} voxels", took, "s", 30),
            Measured("peak memory above the start", peak_mb() - before, "MB", 800),
        ],
    )


if __name__ == "__main__":
    raise SystemExit(main())
