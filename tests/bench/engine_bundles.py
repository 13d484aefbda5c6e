"""MONAI bundles of two shapes with random weights, and an image, for the bench of the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

SHAPE = (300, 512, 512)  # k, j, i
SPACING_MM = (0.8, 0.8, 1.2)
Table = dict[str, Any]

SEGRESNET: Table = {
    "_target_": "SegResNet",
    "spatial_dims": 3,
    "in_channels": 1,
    "out_channels": 105,
    "init_filters": 32,
    "blocks_down": [1, 2, 2, 4],
    "blocks_up": [1, 1, 1],
    "dropout_prob": 0.2,
}
UNET: Table = {
    "_target_": "UNet",
    "spatial_dims": 3,
    "in_channels": 1,
    "out_channels": 2,
    "channels": [16, 32, 64, 128, 256],
    "strides": [2, 2, 2, 2],
    "num_res_units": 2,
    "norm": "batch",
}
WHOLE_BODY_STEPS = [
    {"_target_": "Spacingd", "keys": "image", "pixdim": [3.0, 3.0, 3.0], "mode": "bilinear"},
    {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": True},
    {"_target_": "ScaleIntensityd", "keys": "image", "minv": -1.0, "maxv": 1.0},
]
SPLEEN_STEPS = [
    {"_target_": "Spacingd", "keys": "image", "pixdim": [1.5, 1.5, 2.0], "mode": "bilinear"},
    {
        "_target_": "ScaleIntensityRanged",
        "keys": "image",
        "a_min": -57,
        "a_max": 164,
        "b_min": 0,
        "b_max": 1,
        "clip": True,
    },
]
WHOLE_BODY_WINDOWS: Table = {"overlap": 0.25, "mode": "gaussian", "padding_mode": "replicate", "sw_batch_size": 1}
SPLEEN_WINDOWS: Table = {"overlap": 0.5, "sw_batch_size": 4}
BUNDLES = {
    "SegResNet, 105 classes, 3 mm": (SEGRESNET, WHOLE_BODY_STEPS, WHOLE_BODY_WINDOWS),
    "UNet, 2 classes, 1.5 mm": (UNET, SPLEEN_STEPS, SPLEEN_WINDOWS),
}


def make_bundle(folder: Path, name: str, parts: tuple[Table, list[Table], Table] | None = None) -> Path:
    """A bundle that MONAI's own workflow and ours can run, its weights random but always the same.

    Args:
        name: one of BUNDLES, or any where the parts are given.
        parts: network, steps and windows.
    """
    network, steps, windows = parts or BUNDLES[name]
    for part in ("configs", "models"):
        (folder / part).mkdir(parents=True)
    (folder / "configs" / "inference.json").write_text(json.dumps(_inference(network, steps, windows), indent=1))
    (folder / "configs" / "metadata.json").write_text(json.dumps(_metadata(name, network["out_channels"]), indent=1))
    torch.save(_module(network).state_dict(), folder / "models" / "model.pt")
    return folder


def _module(network: Table) -> torch.nn.Module:
    """The network with the weights that it is made with."""
    from monai.bundle.config_parser import ConfigParser

    torch.manual_seed(0)
    module: torch.nn.Module = ConfigParser({"net": network}).get_parsed_content("net")
    return module


def _inference(network: Table, steps: list[Table], windows: Table) -> Table:
    pre = [{"_target_": "LoadImaged", "keys": "image"}, {"_target_": "EnsureChannelFirstd", "keys": "image"},
           {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"}, *steps]  # fmt: skip
    invert = {"_target_": "Invertd", "keys": "pred", "transform": "@preprocessing", "orig_keys": "image",
              "nearest_interp": True, "to_tensor": True}  # fmt: skip
    save = {"_target_": "SaveImaged", "keys": "pred", "output_dir": "@output_dir", "output_postfix": "stock",
            "separate_folder": False}  # fmt: skip
    post = [{"_target_": "Activationsd", "keys": "pred", "softmax": True},
            {"_target_": "AsDiscreted", "keys": "pred", "argmax": True}, invert, save]  # fmt: skip
    return {
        "bundle_root": ".",
        "output_dir": "$@bundle_root + '/eval'",
        "image": "image.nii.gz",
        "device": "$torch.device('cpu')",
        "network_def": network,
        "network": "$@network_def.to(@device)",
        "preprocessing": {"_target_": "Compose", "transforms": pre},
        "dataset": {"_target_": "Dataset", "data": "$[{'image': @image}]", "transform": "@preprocessing"},
        "dataloader": {"_target_": "DataLoader", "dataset": "@dataset", "batch_size": 1, "num_workers": 0},
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [96, 96, 96]} | windows,
        "postprocessing": {"_target_": "Compose", "transforms": post},
        "evaluator": {
            "_target_": "SupervisedEvaluator",
            "device": "@device",
            "val_data_loader": "@dataloader",
            "network": "@network",
            "inferer": "@inferer",
            "postprocessing": "@postprocessing",
        },
        "checkpointloader": {
            "_target_": "CheckpointLoader",
            "load_path": "$@bundle_root + '/models/model.pt'",
            "load_dict": {"model": "@network"},
        },
        "initialize": ["$@checkpointloader(@evaluator)"],
        "run": ["$@evaluator.run()"],
    }


def _metadata(name: str, classes: int) -> Table:
    labels = {str(n): "background" if n == 0 else f"structure {n}" for n in range(classes)}
    image = {"type": "image", "format": "hounsfield", "modality": "CT", "num_channels": 1}
    prediction = {"type": "image", "format": "segmentation", "num_channels": classes, "channel_def": labels}
    return {
        "version": "1",
        "monai_version": "1.6.1",
        "name": name,
        "task": "bench",
        "network_data_format": {"inputs": {"image": image}, "outputs": {"pred": prediction}},
    }


def make_image(path: Path, shape: tuple[int, int, int] = SHAPE) -> None:
    """A CT that shows nobody: smooth blobs between air and bone, with noise."""
    import nibabel as nib

    affine = np.diag([-SPACING_MM[0], -SPACING_MM[1], SPACING_MM[2], 1.0])
    nib.save(nib.Nifti1Image(made_voxels(shape).transpose(2, 1, 0), affine), path)


def made_voxels(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    """The voxels of ``make_image``, (k, j, i)."""
    rng = np.random.default_rng(0)
    coarse = ndimage.gaussian_filter(rng.normal(size=tuple(n // 8 + 1 for n in shape)), 2)
    smooth = ndimage.zoom(coarse, [n / c for n, c in zip(shape, coarse.shape, strict=True)], order=1)
    return np.asarray((np.clip(smooth * 6000 - 200, -1000, 1500) + rng.normal(0, 15, shape)).astype(np.int16))
