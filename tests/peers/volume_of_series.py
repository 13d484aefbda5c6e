"""What highdicom makes of a series; run by the Python of the peers' environment.

    python volume_of_series.py FOLDER OUT.npz

Writes ``array`` and ``affine`` (4, 4) from the array's own indices to LPS millimetres; where highdicom refuses, it
ends with status 3 and the reason.
"""

from __future__ import annotations

import sys
from pathlib import Path

import highdicom
import numpy as np
from pydicom import dcmread

try:
    volume = highdicom.get_volume_from_series([dcmread(path) for path in Path(sys.argv[1]).iterdir()])
except (ValueError, RuntimeError) as error:
    print(error)
    raise SystemExit(3) from error
np.savez(sys.argv[2], array=volume.array, affine=volume.affine)
