"""nnU-Net result folders: the plan's network, preparation and windows, folds averaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.engine.packaged_model import PackagedModel
from inference.engine.recipe import Windows
from inference.engine.windows import importance, window_starts
from inference.opening.nnunet import coarse_axis, resamples_as_usual
from inference.opening.nnunet_intensity import normalized
from inference.opening.nnunet_network import network_of

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("dynamic_network_architectures", reason="nnU-Net's networks are not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

GRID = Geometry((18, 30, 26), np.diag([1.2, 1.2, 2.5, 1.0]))
STATISTICS = {"0": {"mean": 50.0, "std": 100.0, "percentile_00_5": -200.0, "percentile_99_5": 300.0}}
PLAN: dict[str, Any] = {
    "patch_size": [16, 24, 24],
    "spacing": [2.5, 1.5, 1.5],
    "normalization_schemes": ["CTNormalization"],
    "use_mask_for_norm": [False],
    "architecture": {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": 3,
            "features_per_stage": [4, 8, 16],
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [[3, 3, 3]] * 3,
            "strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2]],
            "n_conv_per_stage": [1, 1, 1],
            "n_conv_per_stage_decoder": [1, 1],
            "conv_bias": True,
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
            "norm_op_kwargs": {"eps": 1e-5, "affine": True},
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "nonlin"],
    },
}


def result_folder(root: Path, folds: int = 2) -> Path:
    folder = root / "nnUNetTrainer__nnUNetPlans__3d_fullres"
    folder.mkdir()
    plans = {
        "dataset_name": "Dataset001_Made",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "foreground_intensity_properties_per_channel": STATISTICS,
        "configurations": {"3d_base": PLAN, "3d_fullres": {"inherits_from": "3d_base"}},
    }
    dataset = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "one": 1, "two": 2}, "name": "Made"}
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_text(json.dumps(dataset))
    for fold in range(folds):
        torch.manual_seed(fold)
        checkpoint = {
            "network_weights": network_of(PLAN, 1, 3).state_dict(),
            "inference_allowed_mirroring_axes": (0, 1, 2),
            "_best_ema": np.float64(0.9),  # what makes torch's plain loader refuse real checkpoints
        }
        (folder / f"fold_{fold}").mkdir()
        torch.save(checkpoint, folder / f"fold_{fold}" / "checkpoint_final.pth")
    return folder


def voxels() -> Any:
    return np.random.default_rng(0).integers(-300, 400, GRID.shape).astype(np.int16)


def run(folder: Path, **parameters: Any) -> Any:
    return PackagedModel(folder).run(voxels(), GRID, parameters, lambda fraction, message: None, lambda: False)


def test_folds_are_averaged_and_labels_lie_on_the_images_grid(tmp_path: Path) -> None:
    both = run(result_folder(tmp_path))
    assert both.layers[0].shape == GRID.shape
    assert set(np.unique(both.layers[0])) <= {0, 1, 2}
    assert both.record["network_shape"] == [18, 24, 21]  # z, y, x as nnU-Net counts
    (tmp_path / "alone").mkdir()
    alone = run(result_folder(tmp_path / "alone", folds=1))
    assert (both.layers[0] != alone.layers[0]).any()


def test_flips_are_averaged_when_asked_for(tmp_path: Path) -> None:
    folder = result_folder(tmp_path, folds=1)
    plain, mirrored = run(folder), run(folder, mirror=True)
    assert mirrored.record["mirrored"] is True
    assert (plain.layers[0] != mirrored.layers[0]).any()


def test_windows_are_spread_evenly_as_nnunet_spreads_them() -> None:
    windows = Windows((16, 16, 16), (0.5, 0.5, 0.5), is_even=True)
    starts = window_starts((16, 16, 16), windows, (37, 16, 20))
    assert sorted({x for x, _, _ in starts}) == [0, 7, 14, 21]
    assert sorted({y for _, y, _ in starts}) == [0]
    assert sorted({z for _, _, z in starts}) == [0, 4]


def test_windows_count_as_nnunet_counts_them() -> None:
    weight = importance((16, 9, 4), Windows((16, 9, 4), is_gaussian=True, is_nnunets=True))
    assert np.unravel_index(int(weight.argmax()), weight.shape) == (8, 4, 2)
    assert weight.max() == 10.0
    assert weight.min() > 0
    np.testing.assert_array_equal(weight, weight.astype(np.float16))
    np.testing.assert_allclose(weight[8, :, 2], 10 * np.exp(-0.5 * ((np.arange(9) - 4) / 1.125) ** 2), rtol=1e-3)


def test_flat_networks_go_slice_by_slice(tmp_path: Path) -> None:
    flat = json.loads(json.dumps(PLAN).replace("Conv3d", "Conv2d").replace("InstanceNorm3d", "InstanceNorm2d"))
    kwargs = flat["architecture"]["arch_kwargs"]
    kwargs |= {"kernel_sizes": [[3, 3]] * 3, "strides": [[1, 1], [2, 2], [2, 2]]}
    flat |= {"patch_size": [24, 20], "spacing": [1.5, 1.5]}
    folder = result_folder(tmp_path, folds=1)
    plans = json.loads((folder / "plans.json").read_text())
    plans["configurations"] = {"2d": flat}
    (folder / "plans.json").write_text(json.dumps(plans))
    checkpoint = {"network_weights": network_of(flat, 1, 3).state_dict(), "inference_allowed_mirroring_axes": (0, 1)}
    torch.save(checkpoint, folder / "fold_0" / "checkpoint_final.pth")
    found = run(folder, mirror=True)
    assert found.record["network_shape"] == [18, 24, 21]  # no slice is lost between slices
    assert found.record["window"] == [1, 24, 20]
    assert found.layers[0].any()
    image = voxels()
    image[5:] = 1000  # what lies in other slices changes nothing
    other = PackagedModel(folder).run(image, GRID, {"mirror": True}, lambda *_: None, lambda: False)
    np.testing.assert_array_equal(other.layers[0][:5], found.layers[0][:5])
    assert (other.layers[0][5:] != found.layers[0][5:]).any()


def test_plans_that_resample_otherwise_say_so() -> None:
    assert resamples_as_usual(PLAN)
    assert not resamples_as_usual(PLAN | {"resampling_fn_data": "resample_torch_fornnunet"})
    assert not resamples_as_usual(PLAN | {"resampling_fn_data_kwargs": {"force_separate_z": False}})


def test_thick_slices_are_resampled_plane_by_plane() -> None:
    assert coarse_axis((5.0, 0.8, 0.8), (1.0, 1.0, 1.0)) == 0
    assert coarse_axis((1.0, 1.0, 1.0), (1.0, 4.0, 1.0)) == 1
    assert coarse_axis((2.0, 0.8, 0.8), (1.0, 1.0, 1.0)) is None
    assert coarse_axis((0.5, 5.0, 5.0), (0.5, 5.0, 5.0)) is None  # two long axes: nnU-Net treats all alike


def test_normalisation_schemes() -> None:
    image = np.array([[[[-500.0, 50.0, 800.0]]]], np.float32)
    ct = normalized({"foreground_intensity_properties_per_channel": STATISTICS}, PLAN, 1)(image)
    np.testing.assert_allclose(ct.ravel(), [-2.5, 0.0, 2.5])
    masked = np.zeros((1, 3, 3, 3), np.float32)
    masked[0, 1, 1] = (1, 2, 3)
    plan = {"normalization_schemes": ["ZScoreNormalization"], "use_mask_for_norm": [True]}
    z = normalized({}, plan, 1)(masked)
    np.testing.assert_allclose(z[0, 1, 1], [-1.2247449, 0, 1.2247449], atol=1e-5)
    assert (z[masked == 0] == 0).all()


def test_a_plan_may_name_only_what_belongs_to_networks() -> None:
    evil = {"architecture": {"network_class_name": "os.system", "arch_kwargs": {}}}
    with pytest.raises(UserError, match=r"os\.system"):
        network_of(evil, 1, 2)
    kwargs = PLAN["architecture"]["arch_kwargs"] | {"nonlin": "subprocess.Popen"}
    with pytest.raises(UserError, match=r"subprocess\.Popen"):
        network_of({"architecture": PLAN["architecture"] | {"arch_kwargs": kwargs}}, 1, 2)
