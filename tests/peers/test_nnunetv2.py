"""Our runner of nnU-Net's models against nnunetv2's own nnUNetPredictor, with random weights.

The environment variable LIMNER_NNUNET_PYTHON names the Python of an environment with nnunetv2 (with torch and without
what it trains with: ``pip install --no-deps nnunetv2``, then what its import misses).

nnU-Net adds windows up in half precision, ours in single: random weights have near-ties that this decides. So labels
on the network's grid must be equal, to the last voxel, when nnU-Net adds up in single precision, too; how many its half
precision decides otherwise is counted and bounded. On the image's grid both differ on purpose: nnU-Net resamples the
numbers of all classes to the image and decides there, we decide first and bring labels back by index. So what is
compared there is nnU-Net's labels brought back in our way; the rest is counted.
"""

from __future__ import annotations

import json
import os
import subprocess
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Geometry
from inference.engine.cascade import with_first_stage
from inference.engine.packaged_model import PackagedModel
from inference.engine.preparing import Prepared, prepare, start
from inference.engine.way_back import to_source
from inference.opening.formats import open_package
from inference.packages.package import read_package

PYTHON = os.environ.get("LIMNER_NNUNET_PYTHON", "")
torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("dynamic_network_architectures", reason="nnU-Net's networks are not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="LIMNER_NNUNET_PYTHON names no Python with nnunetv2"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
SCRIPT = Path(__file__).with_name("nnunet_predict.py")
TIMEOUT_S = 600
HALF = 0.01  # share of voxels with random weights that nnU-Net's half precision may decide otherwise
CLASS_ORDER = [1, 2]
Array = NDArray[Any]


@dataclass(frozen=True)
class Made:
    """A model and an image for one comparison.

    Attributes:
        patch, spacing: of the plan, (z, y, x) or (y, x).
        image_spacing: (z, y, x).
        shape: of the image, (z, y, x).
        folds, mirror: how many networks, and whether flips are averaged.
        labels: as in dataset.json.
        channels: names of the images.
        scheme: how images are normalised.
        forward: the order in which the plan has its axes.
        seed: of the random weights; the network must find something.
    """

    patch: tuple[int, ...] = (16, 24, 24)
    spacing: tuple[float, ...] = (2.0, 1.5, 1.5)
    image_spacing: tuple[float, float, float] = (2.5, 1.2, 1.2)
    shape: tuple[int, int, int] = (18, 34, 30)
    folds: int = 1
    mirror: bool = False
    labels: dict[str, Any] = field(default_factory=lambda: {"background": 0, "one": 1, "two": 2})
    channels: tuple[str, ...] = ("CT",)
    scheme: str = "CTNormalization"
    forward: tuple[int, int, int] = (0, 1, 2)
    seed: int = 0

    @property
    def geometry(self) -> Geometry:
        """Of the image, x along i."""
        z, y, x = self.image_spacing
        return Geometry(self.shape, np.diag([x, y, z, 1.0]))

    @property
    def images(self) -> list[Array]:
        """One for each channel; a frame of zeros around the body, and noise that is smooth enough to resample."""
        from scipy import ndimage

        made = []
        for channel in range(len(self.channels)):
            noise = np.random.default_rng(channel).normal(0, 1, self.shape)
            body = np.zeros(self.shape, np.int16)
            inside = (slice(1, -1), slice(2, -3), slice(3, -2))
            body[inside] = (ndimage.gaussian_filter(noise, 1.0) * 900 + 60).round()[inside]
            made.append(body)
        return made


CASES = {
    "3d": Made(),
    "3d, mirrored": Made(mirror=True),
    "3d, two folds": Made(folds=2),
    "3d, no resampling": Made(image_spacing=(2.0, 1.5, 1.5)),
    "thick slices": Made(spacing=(5.0, 1.1, 1.1), image_spacing=(6.0, 0.9, 0.9), patch=(8, 24, 24)),
    "thick slices, axes turned": Made(
        spacing=(5.0, 1.1, 1.0), image_spacing=(0.9, 0.8, 6.0), patch=(8, 24, 24), shape=(30, 36, 12), forward=(2, 0, 1)
    ),
    "smaller than a window": Made(patch=(32, 48, 40)),
    "regions": Made(labels={"background": 0, "whole": [1, 2], "core": 2}),
    "ignored label": Made(labels={"background": 0, "one": 1, "two": 2, "ignore": 3}),
    "two channels, z-score": Made(channels=("T1", "T2"), scheme="ZScoreNormalization", seed=7),
    "2d": Made(patch=(24, 20), spacing=(1.5, 1.4)),
    "2d, mirrored, two folds": Made(patch=(24, 20), spacing=(1.5, 1.4), mirror=True, folds=2),
}

CASCADES = {
    "cascade": Made(shape=(24, 44, 40)),
    "cascade, thick slices, two folds": Made(
        spacing=(5.0, 1.1, 1.1), image_spacing=(6.0, 0.9, 0.9), patch=(8, 24, 24), shape=(18, 44, 40), folds=2
    ),
}


def plan_of(made: Made, patch: tuple[int, ...], spacing: tuple[float, ...]) -> dict[str, Any]:
    """A configuration as nnU-Net writes it, with a small network."""
    flat = len(patch) == 2
    kind = "2d" if flat else "3d"
    resampling = {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}
    levels = [[1] * len(patch), [2] * len(patch), [2] * len(patch)]
    return {
        "data_identifier": "made",
        "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 2,
        "patch_size": list(patch),
        "median_image_size_in_voxels": list(patch),
        "spacing": list(spacing),
        "normalization_schemes": [made.scheme] * len(made.channels),
        "use_mask_for_norm": [made.scheme == "ZScoreNormalization"] * len(made.channels),
        "resampling_fn_data": "resample_data_or_seg_to_shape",
        "resampling_fn_data_kwargs": resampling,
        "resampling_fn_seg": "resample_data_or_seg_to_shape",
        "resampling_fn_seg_kwargs": {"is_seg": True, "order": 1, "order_z": 0, "force_separate_z": None},
        "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
        "resampling_fn_probabilities_kwargs": resampling | {"order": 1},
        "batch_dice": False,
        "architecture": {
            "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
            "arch_kwargs": {
                "n_stages": 3,
                "features_per_stage": [4, 8, 16],
                "conv_op": f"torch.nn.modules.conv.Conv{kind}",
                "kernel_sizes": [[3] * len(patch)] * 3,
                "strides": levels,
                "n_conv_per_stage": [1, 1, 1],
                "n_conv_per_stage_decoder": [1, 1],
                "conv_bias": True,
                "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{kind}",
                "norm_op_kwargs": {"eps": 1e-5, "affine": True},
                "dropout_op": None,
                "dropout_op_kwargs": None,
                "nonlin": "torch.nn.LeakyReLU",
                "nonlin_kwargs": {"inplace": True},
            },
            "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        },
    }


def write_configuration(
    root: Path, made: Made, name: str, configurations: dict[str, Any], *, inputs: int, heads: int
) -> Path:
    """The result folder of one configuration with random weights."""
    from inference.opening.nnunet import merged
    from inference.opening.nnunet_network import network_of

    folder = root / f"nnUNetTrainer__nnUNetPlans__{name}"
    folder.mkdir(parents=True)
    statistics = {"mean": 50.0, "std": 300.0, "percentile_00_5": -600.0, "percentile_99_5": 800.0}
    statistics |= {"min": -1000.0, "max": 1000.0, "median": 40.0}
    backward = [made.forward.index(axis) for axis in range(3)]
    plans = {
        "dataset_name": "Dataset001_Made",
        "plans_name": "nnUNetPlans",
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": list(made.forward),
        "transpose_backward": backward,
        "foreground_intensity_properties_per_channel": {str(n): statistics for n in range(len(made.channels))},
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "configurations": configurations,
    }
    dataset = {
        "channel_names": {str(n): channel for n, channel in enumerate(made.channels)},
        "labels": made.labels,
        "file_ending": ".nii.gz",
        "name": "Made",
        "regions_class_order": CLASS_ORDER,
    }
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_text(json.dumps(dataset))
    plan = merged(plans, name)
    for fold in range(made.folds):
        torch.manual_seed(made.seed + fold + len(name))
        checkpoint = {
            "network_weights": network_of(deepcopy(plan), inputs, heads).state_dict(),
            "inference_allowed_mirroring_axes": tuple(range(len(plan["patch_size"]))),
            "trainer_name": "nnUNetTrainer",
            "init_args": {"configuration": name},
        }
        (folder / f"fold_{fold}").mkdir()
        torch.save(checkpoint, folder / f"fold_{fold}" / "checkpoint_final.pth")
    return folder


def heads_of(made: Made) -> int:
    """Channels of the network's answer."""
    has_regions = any(isinstance(value, list) for value in made.labels.values())
    return len(made.labels) - ("ignore" in made.labels) - has_regions


def job_of(tmp_path: Path, folder: Path, made: Made, previous: Array | None = None) -> dict[str, Any]:
    """What nnU-Net is to predict."""
    np.save(tmp_path / "image.npy", np.stack(made.images).astype(np.float32))
    if previous is not None:
        np.save(tmp_path / "previous.npy", previous)
    return {
        "folder": str(folder),
        "folds": list(range(made.folds)),
        "image": str(tmp_path / "image.npy"),
        "spacing": list(made.image_spacing),
        "mirror": made.mirror,
        "previous": None if previous is None else str(tmp_path / "previous.npy"),
        "out": str(tmp_path / "out.npz"),
    }


def ours(folder: Path, made: Made) -> Any:
    """What our engine finds."""
    from imaging.volume import Quantity
    from inference.model import ModelImage

    images = [ModelImage(image, made.geometry, Quantity.SIGNAL, "") for image in made.images]
    wanted = {"mirror": made.mirror, "backend": "torch", "precision": "fp32", "device": "cpu"}
    return PackagedModel(folder).run_images(images, wanted, lambda *_: None, lambda: False)


def prepared_of(folder: Path, made: Made) -> Prepared:
    """Our input of the network."""
    opened = open_package(read_package(folder))
    return prepare(start(made.images, made.geometry), opened.recipe.steps, lambda _: None)


def in_class_order(layers: tuple[Array, ...], made: Made) -> Array:
    """Overlapping regions as nnU-Net writes them: one over the other."""
    if not any(isinstance(value, list) for value in made.labels.values()):
        return layers[0]
    merged = np.zeros_like(layers[0])
    for region, value in enumerate(CLASS_ORDER, 1):
        for layer in layers:
            merged[layer == region] = value
    return merged


def one_stage(root: Path, made: Made) -> Path:
    """A model of one configuration."""
    name = "2d" if len(made.patch) == 2 else "3d_fullres"
    configurations = {name: plan_of(made, made.patch, made.spacing)}
    inputs, heads = len(made.channels), heads_of(made)
    return write_configuration(root, made, name, configurations, inputs=inputs, heads=heads)


def cascade(root: Path, made: Made) -> Path:
    """A model of two stages; the folder around both."""
    configurations = {
        "3d_fullres": plan_of(made, made.patch, made.spacing),
        "3d_lowres": plan_of(made, made.patch, tuple(2.1 * mm for mm in made.spacing))
        | {"next_stage": "3d_cascade_fullres"},
        "3d_cascade_fullres": {"inherits_from": "3d_fullres", "previous_stage": "3d_lowres"},
    }
    inputs, heads = len(made.channels), heads_of(made)
    write_configuration(root, made, "3d_lowres", configurations, inputs=inputs, heads=heads)
    write_configuration(root, made, "3d_cascade_fullres", configurations, inputs=inputs + heads - 1, heads=heads)
    return root


@dataclass(frozen=True, eq=False)
class Compared:
    """One model, what it is compared with, and our first stage's labels."""

    made: Made
    folder: Path
    theirs: dict[str, Array]
    previous: Array | None


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compared]:
    """All comparisons; nnU-Net is started once for all of them, for it takes longest to start."""
    jobs, folders, previous = [], {}, {}
    for name, made in (CASES | CASCADES).items():
        tmp_path = tmp_path_factory.mktemp("case")
        is_cascade = name in CASCADES
        folders[name] = folder = (cascade if is_cascade else one_stage)(tmp_path / "model", made)
        last = folder / "nnUNetTrainer__nnUNetPlans__3d_cascade_fullres" if is_cascade else folder
        previous[name] = first_stage(folder, made) if is_cascade else None
        jobs.append(job_of(tmp_path, last, made, previous[name]))
    where = tmp_path_factory.mktemp("jobs")
    (where / "jobs.json").write_text(json.dumps(jobs))
    command = [PYTHON, str(SCRIPT), str(where / "jobs.json")]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = {}
    for job, (name, made) in zip(jobs, (CASES | CASCADES).items(), strict=True):
        with np.load(job["out"]) as arrays:
            found[name] = Compared(made, folders[name], dict(arrays), previous[name])
    return found


def first_stage(folder: Path, made: Made) -> Array:
    """What our engine finds with the first stage alone."""
    result: Array = ours(folder / "nnUNetTrainer__nnUNetPlans__3d_lowres", made).layers[0]
    assert len(np.unique(result)) == 3
    return result


@pytest.mark.parametrize("name", [*CASES, *CASCADES])
def test_labels_are_those_of_nnunet(name: str, compared: dict[str, Compared]) -> None:
    case = compared[name]
    made, theirs = case.made, case.theirs
    prepared = prepared_of(case.folder, made)
    if case.previous is not None:
        steps = open_package(read_package(case.folder)).recipe.steps
        prepared = with_first_stage(prepared, case.previous, made.images, (1, 2), steps)
        np.testing.assert_array_equal(prepared.image[len(made.channels) :], theirs["data"][len(made.channels) :])
    np.testing.assert_allclose(prepared.image, theirs["data"], atol=2e-5)
    assert len(np.unique(theirs["labels_single"])) == 3, "the made network must find something"
    found = in_class_order(ours(case.folder, made).layers, made)
    counts = []
    for sums in ("single", "half"):
        back = to_source(theirs[f"labels_{sums}"].astype(np.uint8), prepared.axes, made.shape)
        counts.append(np.count_nonzero(found != back))
    on_image = np.count_nonzero(found != theirs["result_half"])
    print(f"{name}: of {found.size} voxels {counts[0]}, {counts[1]} by half precision, {on_image} on the image's grid")
    assert counts[0] == 0
    assert counts[1] <= HALF * found.size
