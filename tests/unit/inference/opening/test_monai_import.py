"""MONAI without what the engine never uses, and with all of it where that is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inference.opening.monai_import import needs_all
from inference.packages.description import CodeUse

ROOT = Path(__file__).parents[4]
LESS_THEN_ALL = """
import sys
from inference.opening.monai_import import import_monai
import_monai(with_all=False)
assert not {"ignite", "matplotlib", "scipy.signal"} & set(sys.modules)
from monai.bundle.config_parser import ConfigParser
net = {"_target_": "UNet", "spatial_dims": 3, "in_channels": 1, "out_channels": 2, "channels": [4, 8], "strides": [2]}
steps = {"_target_": "Compose", "transforms": [{"_target_": "NormalizeIntensityd", "keys": "image"}]}
parser = ConfigParser({"net": net, "steps": steps})
assert parser.get_parsed_content("net") is not None
assert len(parser.get_parsed_content("steps").transforms) == 1
import_monai(with_all=True)
from ignite.engine import Engine
from monai.transforms import UltrasoundConfidenceMapTransform
UltrasoundConfidenceMapTransform()
from monai.engines import SupervisedEvaluator
assert issubclass(SupervisedEvaluator, Engine)
assert ConfigParser is not sys.modules["monai.bundle.config_parser"].ConfigParser
import_monai(with_all=False)
assert SupervisedEvaluator is sys.modules["monai.engines"].SupervisedEvaluator
"""


@pytest.mark.slow
def test_a_process_can_begin_with_less_and_get_all_of_it_later() -> None:
    pytest.importorskip("ignite", reason="networks are computed with MONAI (install with --ai)")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LESS_THEN_ALL], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_models_with_python_of_their_own_get_all_of_it() -> None:
    assert not needs_all(CodeUse())
    assert not needs_all(CodeUse(imports=("glob", "os", "torch", "monai.data", "ignited")))
    assert needs_all(CodeUse(files=("scripts/inferer.py",)))
    for name in ("ignite", "ignite.engine", "monai.engines", "monai.handlers.utils"):
        assert needs_all(CodeUse(imports=(name,)))


def test_models_that_name_transforms_of_signals_get_them() -> None:
    assert needs_all(CodeUse(targets=("LoadImaged", "UltrasoundConfidenceMapTransformd")))
    assert needs_all(CodeUse(targets=("monai.transforms.SignalRemoveFrequency",)))
    assert needs_all(CodeUse(expressions=("$monai.transforms.UltrasoundConfidenceMapTransform()",)))
    assert needs_all(CodeUse(imports=("scipy.signal.windows",)))
    assert not needs_all(CodeUse(targets=("LoadImaged", "SignalFillEmpty"), imports=("scipy.ndimage",)))
