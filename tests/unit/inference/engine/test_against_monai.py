"""The engine's own steps against MONAI's, which it replaces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Geometry
from inference.engine.preparing import Prepared, prepare, start
from inference.engine.recipe import CenterFit, CropForeground, Head, HeadKind, Orient, PadDivisible, Respace, Windows
from inference.engine.sliding import decided
from inference.engine.way_back import to_source

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
SIDES = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}


@pytest.fixture(autouse=True)
def _without_the_libraries_warnings(recwarn: pytest.WarningsRecorder) -> None:
    """MONAI and torch warn about each other; this collects it, so that it fails nothing."""


def geometry(axes: str, spacing: tuple[float, float, float] = (0.8, 0.9, 2.2)) -> Geometry:
    """A slightly turned grid whose axes i, j, k point to these sides."""
    turn = np.eye(3)
    turn[:2, :2] = [[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]]
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.array([SIDES[side] for side in axes]).T * spacing
    affine[:3, 3] = (-50, 20, 300)
    return Geometry((30, 52, 44), affine)


def voxels(seed: int = 0) -> NDArray[np.int16]:
    return np.random.default_rng(seed).integers(-1000, 1500, (30, 52, 44)).astype(np.int16)


def monai_image(array: NDArray[Any], grid: Geometry) -> Any:
    from monai.data.meta_tensor import MetaTensor

    affine = np.diag([-1, -1, 1, 1.0]) @ grid.affine
    return MetaTensor(torch.from_numpy(array.transpose(2, 1, 0).astype(np.float32))[None], affine=affine)


def ours(array: NDArray[Any], grid: Geometry, *steps: Any) -> Prepared:
    return prepare(start([array], grid), steps, lambda _: None)


class RandomNetwork:
    """Two convolutions; the same for every call of the test."""

    backend, device = "torch fp32", "cpu"

    def __init__(self, classes: int = 6) -> None:
        torch.manual_seed(0)
        self.module = torch.nn.Sequential(
            torch.nn.Conv3d(1, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv3d(8, classes, 3, padding=1)
        )

    def __call__(self, batch: Any) -> Any:
        with torch.inference_mode():
            return self.module(batch / 1000)


@pytest.mark.parametrize("axes", ["LPS", "RAS", "PIR", "ASL"])
@pytest.mark.parametrize("codes", ["RAS", "LIA", "PIL"])
def test_orientation_and_spacing_are_monais(axes: str, codes: str) -> None:
    from monai.transforms.spatial.array import Orientation, Spacing

    image = monai_image(voxels(), geometry(axes))
    theirs = Spacing(pixdim=(1.5, 1.1, 2.0), mode="bilinear")(Orientation(axcodes=codes)(image))
    prepared = ours(voxels(), geometry(axes), Orient(codes), Respace((1.5, 1.1, 2.0)))
    assert prepared.image.shape == tuple(theirs.shape)
    np.testing.assert_allclose(prepared.image, theirs.numpy(), atol=5e-4)  # of values up to 1500
    np.testing.assert_allclose(prepared.affine, theirs.affine.numpy(), atol=1e-9)


def test_cropping_and_padding_are_monais() -> None:
    from monai.transforms.croppad.array import CropForeground as TheirCrop
    from monai.transforms.croppad.array import DivisiblePad, ResizeWithPadOrCrop

    array = np.zeros((30, 52, 44), np.int16)
    array[8:20, 11:40, 5:33] = voxels()[8:20, 11:40, 5:33] + 2000
    grid = geometry("RAS")
    image = monai_image(array, grid)
    above = CropForeground(lambda given: given > 0, (2, 2, 2))
    for theirs, step in (
        (TheirCrop(select_fn=lambda x: x > 0, margin=2), above),
        (DivisiblePad(k=16), PadDivisible((16, 16, 16))),
        (ResizeWithPadOrCrop(spatial_size=(33, 70, 20)), CenterFit((33, 70, 20))),
    ):
        expected, prepared = theirs(image), ours(array, grid, step)
        np.testing.assert_array_equal(prepared.image, np.asarray(expected))
        np.testing.assert_allclose(prepared.affine, expected.affine.numpy(), atol=1e-9)


@pytest.mark.parametrize(
    ("overlap", "mode", "padding"),
    [(0.25, "gaussian", "replicate"), (0.5, "constant", "constant"), (0.6, "gaussian", "reflect")],
)
def test_labels_of_windows_are_monais(overlap: float, mode: str, padding: str) -> None:
    from monai.inferers.utils import sliding_window_inference

    image = ours(voxels(), geometry("LPS"), Orient("RAS")).image
    network = RandomNetwork()
    size = (16, 24, 40)  # larger than the image along its last axis
    windows = Windows(size, (overlap,) * 3, mode == "gaussian", padding=padding, batch=2)
    decision = decided(image, windows, Head(), network, lambda done, count: None)
    with torch.inference_mode():
        theirs = sliding_window_inference(
            torch.from_numpy(image)[None], size, 2, network, overlap, mode=mode, padding_mode=padding
        )
    np.testing.assert_array_equal(decision.planes[0], theirs[0].argmax(0).numpy())


def test_overlapping_labels_of_windows_are_monais() -> None:
    from monai.inferers.utils import sliding_window_inference

    image = ours(voxels(), geometry("LPS"), Orient("RAS")).image
    network = RandomNetwork(3)
    windows = Windows((24, 24, 24), (0.5, 0.5, 0.5))
    head = Head(HeadKind.INDEPENDENT, values=(4, 1, 2), threshold=0.4)
    decision = decided(image, windows, head, network, lambda done, count: None)
    with torch.inference_mode():
        theirs = sliding_window_inference(torch.from_numpy(image)[None], (24, 24, 24), 1, network, 0.5)
    expected = theirs[0].sigmoid().numpy() >= 0.4
    for plane, channel, value in zip(decision.planes, expected, (4, 1, 2), strict=True):
        np.testing.assert_array_equal(plane, channel * value)


@pytest.mark.parametrize("axes", ["LPS", "RAS", "PIR", "ASL"])
def test_labels_come_back_as_monai_inverts_them(axes: str) -> None:
    from monai.data.meta_tensor import MetaTensor
    from monai.transforms.compose import Compose
    from monai.transforms.post.dictionary import Invertd
    from monai.transforms.spatial.dictionary import Orientationd, Spacingd

    grid = geometry(axes, (0.8131, 0.9373, 2.1711))  # no voxel lies in the middle between two of the network's
    chain = Compose([Orientationd("image", axcodes="RAS"), Spacingd("image", pixdim=(1.5, 1.5, 2.0), mode="bilinear")])
    data = chain({"image": monai_image(voxels(), grid)})
    labels = np.random.default_rng(1).integers(0, 5, data["image"].shape[1:]).astype(np.uint8)
    data["pred"] = MetaTensor(torch.from_numpy(labels.astype(np.float32))[None], meta=data["image"].meta)
    theirs = Invertd("pred", transform=chain, orig_keys="image", nearest_interp=True)(data)["pred"].numpy()[0]
    prepared = ours(voxels(), grid, Orient("RAS"), Respace((1.5, 1.5, 2.0)))
    np.testing.assert_array_equal(to_source(labels, prepared.axes, grid.shape).transpose(2, 1, 0), theirs)
