"""nnU-Net's cascades: the first stage's labels are further channels of the second's input."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.engine.cascade import resized_labels, with_first_stage
from inference.engine.packaged_model import PackagedModel
from inference.engine.preparing import prepare, start
from inference.engine.recipe import CropForeground, Orient, Permute, SplineRespace
from inference.opening.nnunet import coarse_axis
from inference.opening.nnunet_network import network_of
from inference.packages.package import read_package
from inference.packages.recognise import describe, find_model
from inference.packages.store import ModelStore

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("dynamic_network_architectures", reason="nnU-Net's networks are not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

GRID = Geometry((18, 30, 26), np.diag([1.2, 1.2, 2.5, 1.0]))
LOW, FULL, CASCADE = "3d_lowres", "3d_fullres", "3d_cascade_fullres"
STATISTICS = {"0": {"mean": 50.0, "std": 100.0, "percentile_00_5": -200.0, "percentile_99_5": 300.0}}
PLAN: dict[str, Any] = {
    "patch_size": [8, 16, 16],
    "spacing": [2.5, 1.5, 1.5],
    "normalization_schemes": ["CTNormalization"],
    "use_mask_for_norm": [False],
    "architecture": {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": 2,
            "features_per_stage": [4, 8],
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [[3, 3, 3]] * 2,
            "strides": [[1, 1, 1], [2, 2, 2]],
            "n_conv_per_stage": [1, 1],
            "n_conv_per_stage_decoder": [1],
            "conv_bias": True,
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
            "norm_op_kwargs": {"eps": 1e-5, "affine": True},
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "nonlin"],
    },
}


def result(root: Path, name: str, inputs: int = 1, seed: int = 0) -> Path:
    """The result folder of one configuration."""
    folder = root / f"nnUNetTrainer__nnUNetPlans__{name}"
    (folder / "fold_0").mkdir(parents=True)
    plans = {
        "dataset_name": "Dataset001_Made",
        "transpose_forward": [0, 1, 2],
        "foreground_intensity_properties_per_channel": STATISTICS,
        "configurations": {
            FULL: PLAN,
            LOW: PLAN | {"spacing": [5.0, 3.0, 3.0], "next_stage": CASCADE},
            CASCADE: {"inherits_from": FULL, "previous_stage": LOW},
        },
    }
    dataset = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "one": 1, "two": 2}, "name": "Made"}
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_text(json.dumps(dataset))
    torch.manual_seed(seed)
    weights = network_of(deepcopy(PLAN), inputs, 3).state_dict()
    torch.save({"network_weights": weights}, folder / "fold_0" / "checkpoint_final.pth")
    return folder


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """Both stages in one folder."""
    result(tmp_path / "model", LOW)
    result(tmp_path / "model", CASCADE, inputs=3, seed=1)
    return tmp_path / "model"


def run(folder: Path, **parameters: Any) -> Any:
    voxels = np.random.default_rng(0).integers(-300, 400, GRID.shape).astype(np.int16)
    told: list[tuple[float, str]] = []
    model = PackagedModel(folder)
    found = model.run(voxels, GRID, parameters, lambda *said: told.append(said), lambda: False)
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert any(message.startswith("First stage: ") for _, message in told) or "first stage" not in found.seconds
    return found


def test_a_folder_of_both_stages_is_one_model(both: Path) -> None:
    assert find_model(both) == both
    found = describe(both)
    assert found.problem == ""
    assert "nnU-Net cascade: first 3d_lowres, then 3d_cascade_fullres." in found.notes
    assert [file.path.split("__")[-1] for file in found.weights] == [
        f"{name}/fold_0/checkpoint_final.pth" for name in (LOW, CASCADE)
    ]


def test_the_store_keeps_both_stages(both: Path, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store")
    with store.candidate(str(both), "Ada", lambda *_: None, lambda: False) as candidate:
        model = store.accept(candidate)
    assert (model.problem, len(read_package(model.folder).description.weights)) == ("", 2)


def test_a_second_stage_alone_says_what_is_missing(both: Path, tmp_path: Path) -> None:
    (alone,) = both.glob("*cascade*")
    found = describe(alone)
    assert "needs the first one (3d_lowres)" in found.problem
    assert "into one folder" in found.hint
    result(both, FULL)
    with pytest.raises(UserError, match="holds 3 models"):
        find_model(both)


def test_the_second_stage_sees_what_the_first_found(both: Path) -> None:
    found = run(both)
    assert found.layers[0].shape == GRID.shape
    assert found.seconds["first stage"] > 0
    before = found.layers[0].copy()
    (low,) = both.glob("*lowres*")
    torch.manual_seed(9)
    other = network_of(deepcopy(PLAN), 1, 3).state_dict()
    torch.save({"network_weights": other}, low / "fold_0" / "checkpoint_final.pth")
    assert (run(both).layers[0] != before).any()


def test_a_cascade_is_planned_and_runs_on_a_region(both: Path) -> None:
    plan = PackagedModel(both).plan(GRID, 1000, {})
    assert plan.fits
    assert plan.network_shape == (18, 24, 21)
    found = run(both, roi=[4, 12, 5, 20, 5, 20]).layers[0]
    found[4:12, 5:20, 5:20] = 0
    assert not found.any()


def test_labels_are_resampled_by_their_shares() -> None:
    labels = np.zeros((2, 4, 4), np.int16)
    labels[:, :2] = 1
    labels[:, 2:, 2:] = 3
    double = resized_labels(labels, (2, 8, 8), None)
    np.testing.assert_array_equal(double, labels.repeat(2, 1).repeat(2, 2))
    assert resized_labels(labels, (2, 4, 4), None) is labels
    half = resized_labels(labels, (1, 4, 4), 0)
    np.testing.assert_array_equal(half, labels[:1])
    assert set(np.unique(resized_labels(labels, (3, 7, 5), None))) == {0, 1, 3}  # never a number in between


def test_channels_lie_where_the_labels_were() -> None:
    """On a turned, cropped and finer grid: where the first stage found something the image is bright."""
    geometry = Geometry((12, 20, 16), np.array([[-1.0, 0, 0, 9], [0, 1.5, 0, 0], [0, 0, 3.0, 0], [0, 0, 0, 1.0]]))
    image = np.zeros(geometry.shape, np.int16)
    image[2:10, 3:17, 2:15] = 100
    image[4:7, 5:9, 10:14] = 900
    found = (image == 900).astype(np.uint8) * 2
    steps = (
        Orient("RAS"),
        Permute((2, 1, 0)),
        CropForeground(lambda values: values != 0),
        SplineRespace((1.5, 1.0, 1.0), coarse_axis),
    )
    prepared = prepare(start([image], geometry), steps, lambda _: None)
    both = with_first_stage(prepared, found, [image], (1, 2), steps)
    assert both.image.shape == (3, *prepared.shape)
    assert not both.image[1].any()
    bright = prepared.image[0] > 500
    two = both.image[2] > 0
    assert 2 * np.count_nonzero(bright & two) / (bright.sum() + two.sum()) > 0.9
