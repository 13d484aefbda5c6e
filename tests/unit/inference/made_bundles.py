"""Small MONAI bundles with the quirks of those of the model zoo: configurations without weights.

Their networks are small, so that they can be run with random weights: see ``add_random_weights``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bundle_parts import (
    ARGMAX,
    CT_RANGE,
    LOAD,
    MODEL,
    SAVE,
    SIGMOID,
    SMALL_DYNUNET,
    SOFTMAX,
    THRESHOLD,
    checkpoint,
    configuration,
    invert,
    metadata,
    orientation,
    segresnet,
    spacing,
    step,
    unet,
    windows,
    write_bundle,
)

CONCATENATE = """
import torch


class ConcatImages:
    def __init__(self, keys_merge, keys_out):
        self.keys_merge, self.keys_out = keys_merge, keys_out

    def __call__(self, data):
        return dict(data) | {self.keys_out: torch.cat([data[key] for key in self.keys_merge])}


class MergeClasses:
    def __init__(self, keys):
        self.keys = keys

    def __call__(self, data):
        return dict(data) | {self.keys: data[self.keys].amax(0, keepdim=True)}
"""
UNEST = """
import torch


class UNesT(torch.nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.patches = torch.nn.Conv3d(in_channels, 8, 4, stride=4)
        self.mixing = torch.nn.Sequential(torch.nn.Conv3d(8, 8, 1), torch.nn.GELU())
        self.up = torch.nn.ConvTranspose3d(8, 8, 4, stride=4)
        self.last = torch.nn.Conv3d(8 + in_channels, out_channels, 1)

    def forward(self, image):
        patches = self.patches(image)
        return self.last(torch.cat([self.up(patches + self.mixing(patches)), image], 1))
"""
GUIDANCE = """
import numpy as np
from monai.transforms import Transform


class OrientationGuidance(Transform):
    def __init__(self, ref_image, label_names):
        self.ref_image, self.label_names = ref_image, label_names

    def __call__(self, data):
        return data
"""


def spleen(folder: Path) -> Path:
    """UNet; linear way back, then argmax."""
    before = (*LOAD, orientation(), spacing(1.5, 1.5, 2.0), CT_RANGE, step("EnsureTyped"))
    config = configuration(unet(), before, (SOFTMAX, invert(False), ARGMAX, SAVE))
    return write_bundle(folder, config, metadata("Spleen CT", ["background", "spleen"]))


def whole_body(folder: Path) -> Path:
    """SegResNet with two resolutions behind a switch, two files of weights, statistics of the whole volume."""
    before = (
        *LOAD,
        orientation(),
        step("Spacingd", pixdim="@pixdim", mode="bilinear"),
        step("NormalizeIntensityd", nonzero=True),
        step("ScaleIntensityd", minv=-1.0, maxv=1.0),
    )
    config = configuration(segresnet(1, 5), before, (SOFTMAX, ARGMAX, invert(True), SAVE))
    config |= {
        "displayable_configs": {"highres": True, "sw_overlap": 0.25},
        "pixdim": "$[1.5, 1.5, 1.5] if @displayable_configs#highres else [3.0, 3.0, 3.0]",
        "modelname": "$'model.pt' if @displayable_configs#highres else 'model_lowres.pt'",
        "checkpointloader": checkpoint("$@bundle_root + '/models/' + @modelname"),
    }
    names = ["background", "spleen", "kidney_right", "kidney_left", "liver"]
    large = [(f"models/{n}.pt", f"https://models.example/{n}.pt", "0" * 32) for n in ("model", "model_lowres")]
    return write_bundle(folder, config, metadata("Whole body CT", names), large=large)


def swin_btcv(folder: Path) -> Path:
    """SwinUNETR with ``img_size``, which later MONAI versions refuse."""
    network = {"_target_": "SwinUNETR", "spatial_dims": 3, "img_size": 64, "in_channels": 1, "out_channels": 3}
    network |= {"feature_size": 12, "use_checkpoint": True}
    before = (
        step("LoadImaged", reader="ITKReader"),
        step("EnsureChannelFirstd"),
        orientation(),
        spacing(1.5, 1.5, 2.0),
    )
    config = configuration(network, (*before, CT_RANGE), (SOFTMAX, invert(False), ARGMAX, SAVE))
    config["inferer"] = windows(64, 64, 64)  # the smallest that its five levels allow
    return write_bundle(folder, config, metadata("BTCV SwinUNETR", ["background", "spleen", "Right Kidney"]))


def brats(folder: Path) -> Path:
    """Four images, sigmoid, file values by a lambda, another data list, run id ``evaluating``."""
    before = (step("LoadImaged"), step("NormalizeIntensityd", nonzero=True, channel_wise=True))
    merge = step("Lambdad", "pred", func="$lambda x: torch.where(x[[2]] > 0, 4, torch.where(x[[0]] > 0, 1, 0))")
    config = configuration(segresnet(4, 3), before, (SIGMOID, invert(False), THRESHOLD, merge, SAVE), run="evaluating")
    config["test_datalist"] = config.pop("datalist")
    about = metadata("BraTS MRI", ["Tumor core", "Whole tumor", "Enhancing tumor"], "MR", 4)
    names = {"0": "T1c", "1": "T1", "2": "T2", "3": "FLAIR"}
    about["network_data_format"]["inputs"]["image"]["channel_def"] = names
    return write_bundle(folder, config, about)


def prostate(folder: Path) -> Path:
    """Argmax before a linear way back (a known mistake); weights by a handler with a device of its own."""
    before = (*LOAD, orientation(), spacing(0.5, 0.5, 0.5), step("ScaleIntensityd", minv=0, maxv=1))
    keep = step("KeepLargestConnectedComponentd", "pred", applied_labels=[1, 2])
    config = configuration(unet(1, 3), (*before, step("NormalizeIntensityd")), (ARGMAX, keep, invert(False), SAVE))
    config["imports"] = ["$import pandas as pd", "$import os"]
    loader = checkpoint() | {"map_location": {"_target_": "torch.device", "device": "@device"}}
    config = {k: v for k, v in config.items() if k != "checkpointloader"} | {"handlers": [loader], "initialize": []}
    return write_bundle(folder, config, metadata("Prostate MRI", ["background", "central", "peripheral"], "MR"))


def deepedit(folder: Path) -> Path:
    """Clicks for each label name; the whole image resized; transforms as a sum of lists; scripts of its own."""
    network = SMALL_DYNUNET | {
        "in_channels": "$len(@label_names) + @number_intensity_ch",
        "out_channels": "$len(@label_names)",
    }
    config = configuration(network, (), (SOFTMAX, invert(False), ARGMAX, SAVE))
    config |= {
        "label_names": {"spleen": 1, "background": 0},
        "number_intensity_ch": 1,
        "inferer": {"_target_": "SimpleInferer"},
        "preprocessing_transforms": [*LOAD, orientation(), CT_RANGE],
        "deepedit_transforms": [
            {"_target_": "scripts.transforms.OrientationGuidance", "ref_image": "image", "label_names": "@label_names"},
            {
                "_target_": "AddGuidanceFromPointsDeepEditd",
                "ref_image": "image",
                "guidance": "guidance",
                "label_names": "@label_names",
            },
            step("Resized", spatial_size=[32, 32, 32], mode="area"),
            {"_target_": "ResizeGuidanceMultipleLabelDeepEditd", "guidance": "guidance", "ref_image": "image"},
            step("AddGuidanceSignalDeepEditd", guidance="guidance", number_intensity_ch="@number_intensity_ch"),
        ],
        "preprocessing": {"_target_": "Compose", "transforms": "$@preprocessing_transforms + @deepedit_transforms"},
    }
    files = {
        "scripts/__init__.py": "",
        "scripts/transforms.py": GUIDANCE,
    }
    return write_bundle(folder, config, metadata("Spleen DeepEdit", ["background", "spleen"], channels=3), files=files)


def vista3d(folder: Path) -> Path:
    """A label number as prompt, the network by an expression, evaluator and inferer in scripts."""
    before = (
        *LOAD,
        step("Spacingd", pixdim="@resample_spacing", mode="bilinear"),
        step("CropForegroundd", allow_smaller=True, margin=10, source_key="image"),
        step("monai.apps.vista3d.transforms.VistaPreTransformd", subclass="@subclass", labels_dict={"2": "kidney"}),
        CT_RANGE,
        orientation(),
    )
    after = (step("monai.apps.vista3d.transforms.VistaPostTransformd", "pred"), invert(True), SAVE)
    config = configuration("$monai.networks.nets.vista3d132(encoder_embed_dim=8, in_channels=1)", before, after)
    config |= {
        "imports": ["$import scripts", "$import numpy as np"],
        "input_dict": "${'image': '/workspace/spleen_10.nii.gz', 'label_prompt': [3]}",
        "resample_spacing": [1.5, 1.5, 1.5],
        "subclass": {"2": [5, 14]},
        "inferer": {"_target_": "scripts.inferer.Vista3dInferer", "roi_size": [32, 32, 32], "overlap": 0.3},
        "evaluator": {"_target_": "scripts.evaluator.Vista3dEvaluator", "network": "@network"},
    }
    files = {f"scripts/{name}.py": "import torch\n" for name in ("__init__", "inferer", "evaluator")}
    names = ["background", "liver", "kidney", "spleen", "pancreas"]
    return write_bundle(folder, config, metadata("VISTA3D", names), files=files)


def pediatric(folder: Path) -> Path:
    """YAML; names under ``label_def`` and ``channel_def`` null; weights of another name; parameters as a handler."""
    before = (*LOAD, orientation(), spacing(1.5, 1.5, 3.0), step("CropForegroundd", source_key="image"))
    network = SMALL_DYNUNET | {
        "_target_": "monai.networks.nets.DynUNet",
        "in_channels": 1,
        "out_channels": "@output_channels",
    }
    config = configuration(network, before, (SOFTMAX, invert(False), ARGMAX, SAVE))
    config |= {"output_channels": 3, "labels": {"background": 0, "liver": 1, "pancreas": 2}, "checkpointloader": None}
    config |= {"handlers": [checkpoint("$@bundle_root + '/models/dynunet_FT.pt'")], "initialize": ["$print(1)"]}
    about = metadata("CT-Ped-Abdominal-Seg", None)
    large = [("models/dynunet_FT.pt", "https://models.example/dynunet_FT.pt", "")]
    return write_bundle(folder, config, about, as_yaml=True, large=large)


def dints(folder: Path) -> Path:
    """YAML; the architecture itself stands in a file of weights, at a path of the machine where it was made."""
    network = {
        "_target_": "monai.networks.nets.DiNTS",
        "dints_space": "@dints_space",
        "node_a": "$@arch_ckpt['node_a']",
    }
    space = {"_target_": "monai.networks.nets.TopologyInstance", "channel_mul": 0.25, "num_blocks": 2, "num_depths": 2}
    space |= {"use_downsample": True, "device": "$torch.device('cuda')"}
    config = configuration(
        network | {"in_channels": 1, "num_classes": 3, "use_downsample": True},
        (*LOAD, orientation(), spacing(1, 1, 1), CT_RANGE),
        (SOFTMAX, invert(False), ARGMAX, SAVE),
        run="evaluating",
        arch_ckpt_path="/workspace/models/search_code_9100.pt",
        arch_ckpt="$torch.load(@arch_ckpt_path, map_location=torch.device('cuda'))",
        dints_space=space | {"arch_code": ["$@arch_ckpt['arch_code_a']", "$@arch_ckpt['arch_code_c']"]},
    )
    large = [(f"models/{n}.pt", f"https://models.example/{n}.pt", "") for n in ("model", "search_code_9100")]
    about = metadata("Pancreas DiNTS", ["background", "pancreas", "tumor"])
    return write_bundle(folder, config, about, as_yaml=True, large=large)


def renal_cect(folder: Path) -> Path:
    """Three phases as three images, merged by a script; sigmoid; run id ``inference``."""
    keys = ["artery", "vein", "excret"]
    before = (
        step("LoadImaged", keys),
        step("EnsureChannelFirstd", keys),
        step("Orientationd", keys, axcodes="LPS"),
        step("Spacingd", keys, pixdim=[0.8, 0.8, 0.8], mode="bilinear"),
        {"_target_": "scripts.my_transforms.ConcatImages", "keys_merge": keys, "keys_out": "image"},
        step("ScaleIntensityRanged", a_min=-1000, a_max=1000, b_min=0.0, b_max=1.0, clip=True),
    )
    merge = step("scripts.my_transforms.MergeClasses", "pred")
    after = (invert(False, "artery"), SIGMOID, THRESHOLD, merge, SAVE)
    config = configuration(segresnet(3, 3), before, after, run="inference")
    names = {"0": "background", "1": "artery", "2": "vein"}
    files = {"scripts/__init__.py": "", "scripts/my_transforms.py": CONCATENATE}
    return write_bundle(folder, config, metadata("Renal CECT", names, channels=3), files=files)


def ventricular(folder: Path) -> Path:
    """A flat network that goes through the volume slice by slice; run id ``evaluating``."""
    config = configuration(
        unet(1, 4, dims=2),
        (*LOAD, step("ScaleIntensityd")),
        (SOFTMAX, ARGMAX, SAVE),
        run="evaluating",
        inferer={"_target_": "SliceInferer", "roi_size": [32, 32], "spatial_dim": 2},
        ckpt_path=MODEL,
        handlers=[checkpoint("@ckpt_path")],
    )
    about = metadata("Short axis", ["background", "left ventricle", "myocardium", "right ventricle"], "MR")
    return write_bundle(folder, config, about)


def whole_brain_unest(folder: Path) -> Path:
    """The network itself is a script; truth written as text; no resampling."""
    network = {"_target_": "scripts.networks.unest_base_patch_4.UNesT", "in_channels": 1, "out_channels": 4}
    before = (*LOAD, step("NormalizeIntensityd", nonzero="True", channel_wise="True"))
    config = configuration(network, before, (SOFTMAX, invert(False), ARGMAX, SAVE), run="evaluating")
    files = {"scripts/networks/unest_base_patch_4.py": UNEST}
    names = ["background", "3rd-Ventricle", "4th-Ventricle", "Right-Accumbens-Area"]
    return write_bundle(folder, config, metadata("Whole brain UNesT", names, "MRI"), files=files)


def renal_unest(folder: Path) -> Path:
    """As the brain's, with one name only, for all that is not background."""
    network = {"_target_": "scripts.networks.unest.UNesT", "in_channels": 1, "out_channels": 4}
    before = (*LOAD, orientation(), spacing(1, 1, 1), CT_RANGE)
    config = configuration(network, before, (SOFTMAX, invert(False), ARGMAX, SAVE), run="evaluating")
    about = metadata("Renal UNesT", {"1": "cortex", "2": "medulla", "3": "pelvis"})
    return write_bundle(folder, config, about, files={"scripts/networks/unest.py": UNEST})


def lung_nodule(folder: Path) -> Path:
    """Boxes; the second of two ways to load is switched off."""
    config = configuration(
        {"_target_": "RetinaNet", "spatial_dims": 3, "num_classes": 1, "feature_extractor": "@feature_extractor"},
        (
            step("LoadImaged", _disabled_="@whether_raw"),
            step("LoadImaged", reader="itkreader", _disabled_="@whether_resampled"),
            orientation(),
            step("Spacingd", pixdim=[0.7, 0.7, 1.25], _disabled_="@whether_resampled"),
        ),
        (step("ClipBoxToImaged", "box"),),
        run="evaluating",
        whether_raw=False,
        whether_resampled="$(not @whether_raw)",
        detector={"_target_": "RetinaNetDetector", "network": "@network"},
    )
    about = metadata(None, None)
    about["network_data_format"]["outputs"]["pred"] = {"type": "object", "format": "dict", "num_channels": 1}
    return write_bundle(folder, config, about)


def valve_landmarks(folder: Path) -> Path:
    """Points of flat pictures."""
    network = {"_target_": "scripts.valve_landmarks.PointRegressor", "in_shape": [1, 256, 256]}
    config = configuration(network, LOAD, (), run="evaluating")
    about = metadata("Valve landmarks", None, "MR")
    about["network_data_format"]["outputs"]["pred"] = {"type": "tuples", "format": "points", "num_channels": 2}
    return write_bundle(folder, config, about, files={"scripts/valve_landmarks.py": "import numpy as np\n"})


def endoscopic(folder: Path) -> Path:
    """Colour pictures; only the metadata say that they are flat, and call the input something else than an image."""
    network = {"_target_": "FlexibleUNet", "in_channels": 3, "out_channels": 2, "backbone": "efficientnet-b2"}
    config = configuration(network, LOAD, (SOFTMAX, ARGMAX, SAVE), run="evaluating", inferer=windows(64, 64))
    about = metadata("Endoscopic tools", ["background", "tool"], "regular", 3)
    about["network_data_format"]["inputs"]["image"] |= {"type": "magnitude", "spatial_shape": [64, 64]}
    return write_bundle(folder, config, about)


def mednist_reg(folder: Path) -> Path:
    """Registration; no steps to run it."""
    config = configuration({"_target_": "RegResNet", "image_size": [64, 64], "spatial_dims": 2}, LOAD, ())
    del config["run"]
    return write_bundle(folder, config, metadata("MedNIST registration", None, "xray"), as_yaml=True)


def maisi(folder: Path) -> Path:
    """Generative: there is no ``network_def``."""
    config = configuration(None, (), (), diffusion_unet_def={"_target_": "DiffusionModelUNetMaisi"})
    del config["network"]
    return write_bundle(folder, config, metadata("CT Generative", None))


def template(folder: Path) -> Path:
    """A template of a bundle: hardly any metadata."""
    config = configuration(unet(1, 4), LOAD, (SOFTMAX, ARGMAX, SAVE))
    return write_bundle(folder, config, {"version": "0.0.1", "name": None}, as_yaml=True, large=())


def nuclick(folder: Path) -> Path:
    """Flat pictures with clicks of pathologists."""
    network = {"_target_": "BasicUNet", "spatial_dims": 2, "in_channels": 5, "out_channels": 1}
    clicks = {"_target_": "AddClickSignalsd", "image": "image", "foreground": "foreground"}
    config = configuration(network, (*LOAD, clicks), (SIGMOID, THRESHOLD, SAVE))
    return write_bundle(folder, config, metadata("NuClick", ["nuclei"], "Pathology", 5))


BUNDLES: dict[str, Callable[[Path], Path]] = {
    made.__name__: made
    for made in (
        spleen, whole_body, swin_btcv, brats, prostate, deepedit, vista3d, pediatric, dints, renal_cect, ventricular,
        whole_brain_unest, renal_unest, lung_nodule, valve_landmarks, endoscopic, mednist_reg, maisi, template, nuclick,
    )
}  # fmt: skip
SEGMENTING = (
    "spleen", "whole_body", "swin_btcv", "brats", "prostate", "pediatric", "dints", "renal_cect", "ventricular",
    "whole_brain_unest", "renal_unest", "template",
)  # fmt: skip
PROMPTED = ("deepedit", "vista3d")


def add_random_weights(folder: Path, seed: int = 0) -> Path:
    """Build a bundle's network, as its configuration says, and save random weights where the bundle looks for them.

    For those of ``SEGMENTING`` and ``PROMPTED``; the others find nothing in volumes. Returns the file.
    """
    import torch

    from inference.opening.bundle import NETWORKS
    from inference.opening.bundle_parser import BundleParser
    from inference.packages.bundle_files import open_bundle
    from inference.packages.monai_bundle import read

    bundle = open_bundle(folder)
    (folder / "models").mkdir(exist_ok=True)
    if "arch_ckpt" in bundle.config:
        torch.save(architecture(), folder / "models" / "search_code_9100.pt")
    torch.manual_seed(seed)
    network = BundleParser(folder, bundle.config).part(NETWORKS)
    file = folder / next(weights.path for weights in read(folder).weights if weights.is_needed)
    torch.save(network.state_dict(), file)
    return file


def completed(folder: Path) -> Path:
    """The bundle with random weights and an evaluator that knows all of its parts, as those of the zoo do."""
    path = folder / "configs" / "inference.json"
    config = json.loads(path.read_text("utf-8"))
    parts = {"device": "@device", "val_data_loader": "@dataloader", "postprocessing": "@postprocessing"}
    handlers = {"val_handlers": "@handlers"} if "handlers" in config else {}
    config["evaluator"] |= parts | handlers
    path.write_text(json.dumps(config), "utf-8")
    add_random_weights(folder)
    return folder


def architecture() -> dict[str, Any]:
    """What a search of DiNTS' architecture found: arrays of numpy, as in the model zoo's files."""
    import numpy as np

    paths = 4  # of two depths: each to itself and to the other
    return {
        "arch_code_a": np.ones((2, paths)),
        "arch_code_c": np.ones((2, paths), np.int64),
        "node_a": np.ones((3, 2)),
        "best_dsc": np.float64(0.7),
    }
