"""What MONAI bundles are made of, for bundles that tests write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DEVICE = "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')"
MODEL = "$@bundle_root + '/models/model.pt'"
Table = dict[str, Any]


def step(target: str, keys: Any = "image", **arguments: Any) -> Table:
    """One transform."""
    return {"_target_": target, "keys": keys, **arguments}


def compose(*steps: Table) -> Table:
    """Transforms one after the other."""
    return {"_target_": "Compose", "transforms": list(steps)}


SOFTMAX, SIGMOID = step("Activationsd", "pred", softmax=True), step("Activationsd", "pred", sigmoid=True)
ARGMAX, THRESHOLD = step("AsDiscreted", "pred", argmax=True), step("AsDiscreted", "pred", threshold=0.5)
SAVE = step("SaveImaged", "pred", output_dir="@output_dir")
LOAD = (step("LoadImaged"), step("EnsureChannelFirstd"))
CT_RANGE = step("ScaleIntensityRanged", a_min=-57, a_max=164, b_min=0, b_max=1, clip=True)
SMALL_UNET = {"channels": [4, 8, 8], "strides": [2, 2], "num_res_units": 1}
SMALL_DYNUNET = {
    "_target_": "DynUNet",
    "spatial_dims": 3,
    "kernel_size": [3, 3, 3],
    "strides": [1, 2, [2, 2, 1]],
    "upsample_kernel_size": [2, [2, 2, 1]],
    "filters": [4, 8, 8],
    "norm_name": "instance",
    "deep_supervision": False,
    "res_block": True,
}


def spacing(x: float, y: float, z: float) -> Table:
    """Resampling to so many millimetres."""
    return step("Spacingd", pixdim=[x, y, z], mode="bilinear")


def orientation(codes: str = "RAS") -> Table:
    """Turning the axes."""
    return step("Orientationd", axcodes=codes)


def invert(nearest: bool, key: str = "image") -> Table:
    """The way back to the image's own grid."""
    return step("Invertd", "pred", transform="@preprocessing", orig_keys=key, nearest_interp=nearest, to_tensor=True)


def windows(*roi: int, overlap: float = 0.25) -> Table:
    """Sliding windows."""
    return {"_target_": "SlidingWindowInferer", "roi_size": list(roi), "sw_batch_size": 2, "overlap": overlap}


def checkpoint(load_path: str = MODEL) -> Table:
    """What loads the weights."""
    return {"_target_": "CheckpointLoader", "load_path": load_path, "load_dict": {"model": "@network"}}


def configuration(
    network: Any, before: Sequence[Table], after: Sequence[Table], run: str = "run", **more: Any
) -> Table:
    """A configuration as bundles have it; weights are loaded by ``initialize`` for ``run``, else by a handler."""
    table: Table = {
        "imports": ["$import glob", "$import os"],
        "bundle_root": ".",
        "output_dir": "$@bundle_root + '/eval'",
        "dataset_dir": "/workspace/data",
        "datalist": "$list(sorted(glob.glob(@dataset_dir + '/*.nii.gz')))",
        "device": DEVICE,
        "network_def": network,
        "network": "$@network_def.to(@device)",
        "preprocessing": compose(*before),
        "dataset": {"_target_": "Dataset", "data": "$[{'image': i} for i in @datalist]", "transform": "@preprocessing"},
        "dataloader": {"_target_": "DataLoader", "dataset": "@dataset", "batch_size": 1, "num_workers": 4},
        "inferer": windows(32, 32, 32),
        "postprocessing": compose(*after),
        "evaluator": {"_target_": "SupervisedEvaluator", "network": "@network", "inferer": "@inferer", "amp": True},
    }
    if run == "run":
        table["checkpointloader"] = checkpoint()
        table["initialize"] = ["$monai.utils.set_determinism(seed=123)", "$@checkpointloader(@evaluator)"]
    else:
        table["handlers"] = [checkpoint(), {"_target_": "StatsHandler", "iteration_log": False}]
    table |= more
    table[run] = ["$@evaluator.run()"]
    return {key: value for key, value in table.items() if value is not None}


def metadata(
    name: str | None, names: Sequence[str] | Table | None, modality: str = "CT", channels: int = 1, **more: Any
) -> Table:
    """Metadata; ``names`` are those of the output's channels, or the whole ``channel_def``."""
    channel_def = {str(n): v for n, v in enumerate(names)} if isinstance(names, list | tuple) else names
    image = {"type": "image", "format": "magnitude", "modality": modality, "num_channels": channels}
    pred = {"type": "image", "format": "segmentation", "num_channels": len(channel_def or "1234")}
    table = {
        "version": "0.1.2",
        "monai_version": "1.4.0",
        "pytorch_version": "2.4.0",
        "name": name,
        "task": "made for tests",
        "description": f"{name} as small as it can be.",
        "copyright": "Copyright of nobody",
        "network_data_format": {
            "inputs": {"image": image | {"spatial_shape": [32, 32, 32], "channel_def": {"0": "image"}}},
            "outputs": {"pred": pred | {"channel_def": channel_def}},
        },
    }
    return {key: value for key, value in (table | more).items() if value is not None}


def write_bundle(
    folder: Path,
    config: Table,
    about: Table,
    *,
    as_yaml: bool = False,
    large: Sequence[tuple[str, str, str]] = (("models/model.pt", "https://models.example/model.pt", ""),),
    files: dict[str, str] | None = None,
) -> Path:
    """Write a bundle; ``large`` has path, address and md5."""
    import yaml

    for name, text in (files or {}).items() | {"LICENSE": "Licence of the tests\nDo what you like."}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    configs = folder / "configs"
    configs.mkdir(parents=True)
    (configs / "metadata.json").write_text(json.dumps(about), "utf-8")
    if as_yaml:
        (configs / "inference.yaml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    else:
        (configs / "inference.json").write_text(json.dumps(config), "utf-8")
    entries = [{"path": p, "url": u, "hash_val": h, "hash_type": "md5" if h else ""} for p, u, h in large]
    if entries:
        (folder / "large_files.yml").write_text(yaml.safe_dump({"large_files": entries}), "utf-8")
    return folder


def unet(channels_in: int = 1, channels_out: int = 2, dims: int = 3) -> Table:
    """A small UNet."""
    return {
        "_target_": "UNet",
        "spatial_dims": dims,
        "in_channels": channels_in,
        "out_channels": channels_out,
    } | SMALL_UNET


def segresnet(channels_in: int, channels_out: int) -> Table:
    """A small SegResNet."""
    sizes = {"init_filters": 8, "blocks_down": [1, 1], "blocks_up": [1]}
    return {"_target_": "SegResNet", "in_channels": channels_in, "out_channels": channels_out} | sizes
