"""The catalogue tells the truth about the models, cheaply."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.catalogue import model_info, models
from inference.worker.model_run import load_model

GRID = Geometry((4, 5, 6), np.eye(4))
HEAVY = ("torch", "monai", "scipy", "SimpleITK", "skimage", "cc3d", "vtkmodules", "PySide6")


@pytest.mark.parametrize("info", models(), ids=lambda info: info.id)
def test_entry_says_what_the_model_says(info) -> None:  # type: ignore[no-untyped-def]
    model = load_model(info.factory)
    assert (info.id, info.name, info.version) == (model.id, model.name, model.version)
    assert info.structures == tuple(label.name for label in model.labels)
    assert info.memory_per_voxel > 0


def test_ct_fits_and_mr_does_not() -> None:
    info = model_info("ct-anatomy-rules")
    assert info.fits(Quantity.HU, "CT", GRID) == ""
    assert "CT" in info.fits(Quantity.SIGNAL, "MR", GRID)


def test_unknown_model_is_an_error_that_names_the_known() -> None:
    with pytest.raises(UserError) as caught:
        model_info("nonsense")
    assert "ct-anatomy-rules" in caught.value.hint


def test_choosing_a_model_loads_nothing_heavy() -> None:
    code = f"""
import sys
import numpy as np
import session.segmenting
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.catalogue import models
for info in models():
    info.fits(Quantity.HU, "CT", Geometry((4, 5, 6), np.eye(4)))
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
