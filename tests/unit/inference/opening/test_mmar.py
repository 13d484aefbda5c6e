"""Clara MMARs, from the folder to labels on the image's grid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.engine.packaged_model import PackagedModel
from inference.model import ModelResult

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
GRID = Geometry((20, 24, 28), np.diag([1.0, 1.0, 2.0, 1.0]))
INFERENCE: dict[str, Any] = {
    "model": [{"ts_path": "{MMAR_TORCHSCRIPT}"}],
    "pre_transforms": [
        {"name": "LoadImaged", "args": {"keys": ["image", "label"]}},
        {"name": "AddChanneld", "args": {"keys": ["image", "label"]}},
        {"name": "Orientationd", "args": {"keys": ["image", "label"], "axcodes": "RAS"}},
        {
            "name": "Spacingd",
            "args": {"keys": ["image", "label"], "pixdim": [1, 1, 1], "mode": ["bilinear", "nearest"]},
        },
        {"name": "ScaleIntensityRanged", "args": {"keys": "image", "a_min": 0, "a_max": 200, "b_min": 0, "b_max": 1}},
    ],
    "inferer": {"name": "SlidingWindowInferer", "args": {"roi_size": [16, 16, 16], "sw_batch_size": 2, "overlap": 0.5}},
    "post_transforms": [
        {"name": "Activationsd", "args": {"keys": "pred", "softmax": True}},
        {"name": "AsDiscreted", "args": {"keys": "pred", "argmax": True}},
    ],
}
AIAA = {"version": "2", "type": "segmentation", "labels": ["bright"], "description": "Bright things."}


class Threshold(torch.nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.full_like(image, 0.5), image], 1)


def mmar(folder: Path, inference: dict[str, Any] = INFERENCE) -> Path:
    for name in ("config", "models"):
        (folder / name).mkdir(parents=True)
    (folder / "config" / "config_inference.json").write_text(json.dumps(inference))
    (folder / "config" / "config_aiaa.json").write_text(json.dumps(AIAA))
    (folder / "config" / "environment.json").write_text(json.dumps({"MMAR_TORCHSCRIPT": "models/model.ts"}))
    torch.jit.script(Threshold()).save(str(folder / "models" / "model.ts"))
    return folder


def run(folder: Path, image: Any) -> ModelResult:
    return PackagedModel(folder).run(image, GRID, {}, lambda fraction, message: None, lambda: False)


def bright() -> Any:
    image = np.zeros(GRID.shape, np.int16)
    image[4:9, 3:11, 12:26] = 180
    return image


def test_an_mmar_gives_its_labels_on_the_images_grid(tmp_path: Path) -> None:
    result = run(mmar(tmp_path / "m"), bright())
    np.testing.assert_array_equal(result.layers[0], bright() > 100)
    assert result.record["window"] == [16, 16, 16]


def test_steps_that_are_not_monais_are_refused_by_name(tmp_path: Path) -> None:
    own = {"name": "BringsItsOwn", "path": "custom.steps.BringsItsOwn", "args": {"keys": "image"}}
    folder = mmar(tmp_path / "m", INFERENCE | {"pre_transforms": [*INFERENCE["pre_transforms"], own]})
    with pytest.raises(UserError, match=r"custom\.steps\.BringsItsOwn"):
        run(folder, bright())
