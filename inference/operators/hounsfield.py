"""Judge whether values may be Hounsfield units, for files that do not say what they measure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE = 400_000
LEAST_NEGATIVE = 0.002  # share of fat or gas
PADDING = -1400.0


def looks_like_hounsfield(voxels: NDArray[Any]) -> bool:
    """True when fat or gas and soft tissue are where CT has them; MR, PET, X-ray and label volumes fail.

    Args:
        voxels: (k, j, i) numbers; padding far below -1024 is left out.
    """
    flat = voxels.reshape(-1)
    sample = flat[:: max(1, flat.size // SAMPLE)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    if sample.size == 0:
        return False
    sample = sample[sample > PADDING] if (sample > PADDING).mean() > 0.02 else sample
    light = (sample < -40).mean()
    tissue = ((sample > -200) & (sample < 400)).mean()
    only_gas = -1050 < np.median(sample) < -300  # cut close within a lung
    return bool(light > LEAST_NEGATIVE and (tissue > 0.005 or only_gas) and np.percentile(sample, 0.1) < -60)
