"""Small models of the other formats, written into a folder."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

Table = dict[str, Any]


def nnunet(folder: Path, labels: Table | None = None, **more: Any) -> Path:
    """An nnU-Net result inside its data set's folder; returns the folder of the trained configuration."""
    inner = folder / "nnUNetTrainer__nnUNetPlans__3d_fullres"
    dataset = {
        "channel_names": {"0": "CT"},
        "labels": labels or {"background": 0, "liver": 1, "tumor": 2},
        "file_ending": ".nii.gz",
    }
    plan = {"spacing": [2.5, 0.8, 0.7], "patch_size": [16, 32, 32], "normalization_schemes": ["CTNormalization"]}
    plans = {"dataset_name": "Dataset003_Liver", "plans_name": "nnUNetPlans", "transpose_backward": [0, 1, 2]}
    plans["configurations"] = {
        "2d": {"spacing": [0.8, 0.7]},
        "3d_fullres": plan,
        "3d_cascade_fullres": {"inherits_from": "3d_fullres"},
    }
    for fold in (0, 1):
        (inner / f"fold_{fold}").mkdir(parents=True)
        (inner / f"fold_{fold}" / "checkpoint_final.pth").write_bytes(b"PK\x05\x06" + bytes(18))
    (inner / "dataset.json").write_text(json.dumps(dataset | more), "utf-8")
    (inner / "plans.json").write_text(json.dumps(plans), "utf-8")
    return inner


def mmar(folder: Path, *, with_network: bool = True, kind: str = "segmentation", tensorflow: bool = False) -> Path:
    """A Clara MMAR."""
    loader = {"name": "LoadNifti" if tensorflow else "LoadImaged", "args": {"keys": "image"}}
    inference = {
        "use_ts": True,
        "model": [{"ts_path": "{MMAR_TORCHSCRIPT}", "disabled": "{use_ts}"}],
        "pre_transforms": [loader, {"name": "Spacingd", "args": {"keys": "image", "pixdim": [1.0, 1.0, 2.0]}}],
        "inferer": {"name": "SlidingWindowInferer", "args": {"roi_size": [32, 32, 32], "overlap": 0.5}},
        "post_transforms": [{"name": "Activationsd", "args": {"keys": "pred", "softmax": True}}],
        "writers": [{"name": "Saver", "args": {"output_dir": "{MMAR_EVAL_OUTPUT_PATH}/segs"}}],
    }
    aiaa = {"version": 1, "type": kind, "labels": ["liver", "liver tumor"], "description": "Liver of the tests"}
    environment = {
        "PROCESSING_TASK": "segmentation",
        "MMAR_TORCHSCRIPT": "models/model.ts",
        "MMAR_EVAL_OUTPUT_PATH": "eval",
    }
    dataset = {"modality": {"0": "CT"}, "labels": {"0": "background", "1": "liver"}, "licence": "of the tests"}
    (folder / "config").mkdir(parents=True)
    for name, table in (
        ("config_inference", inference),
        ("config_aiaa", aiaa),
        ("environment", environment),
        ("dataset_0", dataset),
    ):
        (folder / "config" / f"{name}.json").write_text(json.dumps(table), "utf-8")
    (folder / "models").mkdir()
    if with_network:
        torchscript(folder / "models" / "model.ts")
    return folder


def torchscript(path: Path, extra: dict[str, Table] | None = None) -> Path:
    """What looks like a TorchScript file from outside; nothing can be run with it."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "version", "code/__torch__/net.py"):
            archive.writestr(f"{path.stem}/{name}", "3")
        for name, table in (extra or {}).items():
            archive.writestr(f"{path.stem}/extra/{name}", json.dumps(table))
    return path


SIDE: Table = {
    "schema": 1,
    "name": "Liver of the tests",
    "version": "2",
    "licence": "Apache-2.0",
    "channels": [{"name": "CT", "modality": "CT"}],
    "orientation": "LPS",
    "spacing_mm": [1.5, 1.5, 2.0],
    "intensity": [{"step": "clip", "low": -100, "high": 240}, {"step": "scale", "from_low": -100, "from_high": 240}],
    "window": {"roi": [32, 32, 16], "overlap": 0.5},
    "head": "softmax",
    "labels": [{"value": 1, "name": "Liver"}, {"value": 2, "name": "Tumour", "term": "Neoplasm"}],
}


def bare_network(folder: Path, **changes: Any) -> Path:
    """A TorchScript file with its side file."""
    folder.mkdir(parents=True)
    torchscript(folder / "net.ts")
    side = {key: value for key, value in (SIDE | changes).items() if value is not ...}
    (folder / "limner-model-side.json").write_text(json.dumps(side), "utf-8")
    return folder


def safetensors(path: Path, shapes: dict[str, tuple[int, ...]]) -> Path:
    """Tensors of zeros."""
    header, offset = {}, 0
    for name, shape in shapes.items():
        size = 4
        for n in shape:
            size *= n
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(offset))
    return path


def layer_list(folder: Path) -> Path:
    """Two convolutions, with weights under a misleading ending, and two colormaps."""
    folder.mkdir(parents=True)
    numbers = {"kernel_size": 3, "padding": 1, "stride": 1, "dilation": 1}
    last = {"kernel_size": 1, "padding": 0, "stride": 1, "dilation": 1}
    layers = [{"in_channels": 1, "out_channels": 2} | numbers, {"in_channels": 2, "out_channels": 3} | last]
    model = {
        "header": "Tissue of the tests - 2 channels",
        "bnorm": False,
        "dropout_p": 0,
        "bias": True,
        "layers": layers,
    }
    (folder / "model.json").write_text(json.dumps(model), "utf-8")
    shapes = {
        "model.0.weight": (2, 1, 3, 3, 3),
        "model.0.bias": (2,),
        "model.1.weight": (3, 2, 1, 1, 1),
        "model.1.bias": (3,),
    }
    safetensors(folder / "model.pth", shapes)
    (folder / "model.bin").write_bytes(bytes(64))
    (folder / "colormap.json").write_text(json.dumps({"labels": ["background", "brain"]}), "utf-8")
    names = ["background", "White Matter", "Grey Matter"]
    (folder / "colormap3.json").write_text(json.dumps({"labels": names}), "utf-8")
    return folder


def deepgrow(folder: Path, *, is_flat: bool = False, **changes: Table) -> Path:
    """A deepgrow MMAR as Clara Train 4 has them, with smaller sizes; its network is for ``deepgrow_network``.

    Args:
        folder: where.
        is_flat: the 2D one.
        changes: arguments of steps by their bare name, in place of the usual ones.
    """
    own = "monai.apps.deepgrow.transforms."
    steps: list[tuple[str, Table]] = [
        ("monai.transforms.LoadImaged", {"keys": "image"}),
        ("monai.transforms.AsChannelFirstd", {"keys": "image"}),
        ("monai.transforms.Spacingd", {"keys": "image", "pixdim": [1.0] * (2 if is_flat else 3), "mode": "bilinear"}),
        (f"{own}AddGuidanceFromPointsd", {"ref_image": "image", "guidance": "guidance", "dimensions": 3 - is_flat}),
        *([(f"{own}Fetch2DSliced", {"keys": "image", "guidance": "guidance"})] if is_flat else []),
        ("monai.transforms.AddChanneld", {"keys": "image"}),
        (f"{own}SpatialCropGuidanced", {"keys": "image", "guidance": "guidance", "spatial_size": [48, 48]}),
        ("monai.transforms.Resized", {"keys": "image", "spatial_size": [16, 32, 32][is_flat:], "mode": "area"}),
        (f"{own}ResizeGuidanced", {"guidance": "guidance", "ref_image": "image"}),
        ("monai.transforms.NormalizeIntensityd", {"keys": "image", "subtrahend": 208, "divisor": 388}),
        (f"{own}AddGuidanceSignald", {"image": "image", "guidance": "guidance"}),
    ]
    changed = [{"name": n, "args": changes.get(n.rpartition(".")[2], arguments)} for n, arguments in steps]
    aiaa = {
        "version": 1,
        "type": "deepgrow",
        "labels": [],
        "description": f"{3 - is_flat}D deepgrow of the tests",
        "pre_transforms": changed,
        "inference": {"input": "image", "output": "pred", "AIAA": {"name": "aiaa.inference.PyTorchInference"}},
        "post_transforms": [
            {"name": "monai.transforms.Activationsd", "args": {"keys": "pred", "sigmoid": True}},
            {"name": "monai.transforms.AsDiscreted", "args": {"keys": "pred", "logit_thresh": 0.5}},
        ],
    }
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "config_aiaa.json").write_text(json.dumps(aiaa), "utf-8")
    (folder / "models").mkdir()
    return folder


def deepgrow_network(folder: Path) -> Path:
    """A network for ``deepgrow``: what is nearer to clicks inside than to clicks outside, about 3 voxels around."""
    import torch

    class Near(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return 20 * (image[:, 1:2] - image[:, 2:3] - 0.3)

    scripted: Any = torch.jit.script(Near())
    scripted.save(str(folder / "models" / "model.ts"))
    return folder
