"""TorchScript and ONNX networks with a side file, from the folder to labels on the image's grid."""

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
GRID = Geometry((20, 24, 28), np.array([[0.9, 0, 0, 5], [0, 1.1, 0, -3], [0, 0, 2.0, 8], [0, 0, 0, 1.0]]))
SIDE: dict[str, Any] = {
    "name": "Bright things",
    "version": "3",
    "licence": "CC0",
    "channels": [{"name": "CT", "modality": "CT"}],
    "labels": [{"value": 7, "name": "bright"}],
    "orientation": "RAS",
    "intensity": [{"step": "scale", "from_low": 0, "from_high": 200}],
    "window": {"roi": [16, 16, 16], "overlap": 0.25},
    "head": "softmax",
}


class Threshold(torch.nn.Module):
    """Two channels: background at 0.5 everywhere, and the image itself."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.full_like(image, 0.5), image], 1)


class Brightness(torch.nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        mean = image.mean(dim=[1, 2, 3, 4])
        return torch.stack([mean, 1 - mean], 1)


def voxels() -> np.ndarray[Any, np.dtype[np.int16]]:
    image = np.zeros(GRID.shape, np.int16)
    image[4:9, 3:11, 12:26] = 180
    return image


def run(folder: Path, parameters: dict[str, Any] | None = None) -> ModelResult:
    def report(fraction: float, message: str) -> None:
        assert 0 <= fraction <= 1

    return PackagedModel(folder).run(voxels(), GRID, parameters or {}, report, lambda: False)


def scripted(folder: Path, network: torch.nn.Module, **changes: Any) -> Path:
    torch.jit.script(network).save(str(folder / "net.ts"))
    (folder / "limner-model-side.json").write_text(json.dumps(SIDE | changes))
    return folder


def test_a_torchscript_network_gives_its_labels_on_the_images_grid(tmp_path: Path) -> None:
    result = run(scripted(tmp_path, Threshold()))
    np.testing.assert_array_equal(result.layers[0], np.where(voxels() > 100, 7, 0))
    assert result.found == {7: True}
    assert result.record["backend"] == "torch fp32"


def test_an_onnx_network_gives_the_same_in_both_of_its_backends(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    torch.onnx.export(Threshold(), (torch.zeros(1, 1, 16, 16, 16),), str(tmp_path / "net.onnx"), dynamo=False)
    (tmp_path / "limner-model-side.json").write_text(json.dumps(SIDE))
    for backend in ("onnxruntime", "openvino"):
        result = run(tmp_path, {"backend": backend})
        np.testing.assert_array_equal(result.layers[0], np.where(voxels() > 100, 7, 0))
        assert result.record["backend"] == f"{backend} fp32"


def test_a_sigmoid_head_may_find_overlapping_structures(tmp_path: Path) -> None:
    class Two(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return torch.cat([image - 0.5, image + 1.0], 1)

    labels = [{"value": 2, "name": "bright"}, {"value": 5, "name": "everything"}]
    result = run(scripted(tmp_path, Two(), labels=labels, head="sigmoid", threshold=0.4), {"probability": "bright"})
    bright, everything = (1 / (1 + np.exp(-voxels() / 200 - offset)) for offset in (-0.5, 1.0))
    np.testing.assert_array_equal(result.maps["probability 2 bright"], np.floor(255 * bright + 0.5))
    np.testing.assert_array_equal(result.maps["probability"], np.floor(255 * everything + 0.5))
    assert result.record["decided_from"] == 0.4
    assert len(result.layers) == 2
    np.testing.assert_array_equal(result.mask(2), voxels() > 100)
    assert result.mask(5).all()


def test_decided_labels_and_scores_take_the_image_whole(tmp_path: Path) -> None:
    class Labels(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return (image > 0.5) * 7

    (tmp_path / "labels").mkdir()
    (tmp_path / "scores").mkdir()
    whole = {"window": "whole image"}
    result = run(scripted(tmp_path / "labels", Labels(), head="labels", **whole))
    np.testing.assert_array_equal(result.layers[0], np.where(voxels() > 100, 7, 0))
    classes = [{"value": 1, "name": "bright"}, {"value": 2, "name": "dark"}]
    result = run(scripted(tmp_path / "scores", Brightness(), head="scores", labels=classes, **whole))
    assert result.layers == ()
    assert [score.name for score in result.scores] == ["bright", "dark"]
    assert result.scores[0].value < 0.5 < result.scores[1].value
    assert sum(score.value for score in result.scores) == pytest.approx(1)
    with pytest.raises(UserError, match="whole"):
        run(scripted(tmp_path / "labels", Labels(), head="labels"))


def test_boxes_lie_around_what_was_found(tmp_path: Path) -> None:
    class Boxes(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            places = (image[0, 0] > 0.5).nonzero().float()
            low, high = places.amin(0) - 0.5, places.amax(0) + 0.5
            box = torch.cat([low, high, torch.tensor([0.9, 2.0])])
            other = torch.tensor([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.3, 1.0])
            best = torch.tensor([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.95, 5.0])
            return torch.stack([box, other, best])[None]

    labels = [{"value": 2, "name": "nodule"}]
    whole = {"window": "whole image", "head": "boxes", "labels": labels}
    model = PackagedModel(scripted(tmp_path, Boxes(), **whole))
    result = model.run(voxels(), GRID, {}, lambda fraction, message: None, lambda: False)
    assert result.layers == ()
    assert [(box.label, round(box.score, 2)) for box in result.boxes] == [("Label 5", 0.95), ("nodule", 0.9)]
    corners = np.array(result.boxes[1].corners)
    np.testing.assert_allclose(corners[0], GRID.to_world(np.array([11.5, 2.5, 3.5])), atol=1e-4)
    np.testing.assert_allclose(corners[1], GRID.to_world(np.array([25.5, 2.5, 3.5])), atol=1e-4)
    np.testing.assert_allclose(corners[2], GRID.to_world(np.array([11.5, 10.5, 3.5])), atol=1e-4)
    np.testing.assert_allclose(corners[7], GRID.to_world(np.array([25.5, 10.5, 8.5])), atol=1e-4)
    with pytest.raises(UserError, match="no boxes"):
        run(scripted(tmp_path, Brightness(), **whole))


def test_a_region_gives_labels_in_the_region_only(tmp_path: Path) -> None:
    folder = scripted(tmp_path, Threshold())
    box = (5, 8, 5, 9, 14, 20)
    result = run(folder, {"roi": list(box)})
    expected = np.zeros(GRID.shape, np.uint8)
    expected[5:8, 5:9, 14:20] = 7
    np.testing.assert_array_equal(result.layers[0], expected)


def test_doubt_is_largest_where_the_network_wavers(tmp_path: Path) -> None:
    doubt = run(scripted(tmp_path, Threshold()), {"doubt": True}).maps["uncertainty"]
    assert doubt.shape == GRID.shape
    assert doubt[6, 6, 20] > doubt[1, 1, 1] > 0  # the two channels are 0.4 apart in there, and 0.5 outside


def test_probabilities_lie_on_the_images_own_grid(tmp_path: Path) -> None:
    folder = scripted(tmp_path, Threshold())
    result = run(folder, {"probability": ["bright"]})
    bright = 1 / (1 + np.exp(0.5 - voxels() / 200))
    assert list(result.maps) == ["probability", "probability 7 bright"]
    np.testing.assert_array_equal(result.maps["probability 7 bright"], np.floor(255 * bright + 0.5))
    np.testing.assert_array_equal(result.maps["probability"], np.floor(255 * np.maximum(bright, 1 - bright) + 0.5))
    assert result.record["decided_from"] is None
    part = run(folder, {"probability": "winner", "roi": [5, 8, 5, 9, 14, 20]}).maps
    assert list(part) == ["probability"]
    np.testing.assert_array_equal(part["probability"] > 0, run(folder, {"roi": [5, 8, 5, 9, 14, 20]}).layers[0] == 7)
    with pytest.raises(UserError, match="no structure “liver”"):
        run(folder, {"probability": "liver"})


def test_labels_that_the_network_decided_have_no_probability_and_that_is_said(tmp_path: Path) -> None:
    class Labels(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return ((image > 0.5) * 7).to(torch.int64)

    folder = scripted(tmp_path, Labels(), head="labels", window="whole image")
    result = run(folder, {"probability": "winner"})
    assert result.maps == {}
    assert any(note.startswith("The network gives labels alone") for note in result.notes)
    np.testing.assert_array_equal(result.layers[0], np.where(voxels() > 100, 7, 0))
    assert not any("alone" in note for note in run(folder).notes)
    with pytest.raises(UserError, match="one number where a score for each label"):
        run(scripted(tmp_path, Labels()))  # the side file says otherwise


def test_what_makes_no_sense_is_refused_with_a_reason(tmp_path: Path) -> None:
    folder = scripted(tmp_path, Threshold())
    with pytest.raises(UserError, match="no parameter “speed”"):
        run(folder, {"speed": 3})
    with pytest.raises(UserError, match="no device “cuda:7”"):
        run(folder, {"device": "cuda:7"})
    with pytest.raises(UserError, match="empty"):
        PackagedModel(folder).run(np.zeros(GRID.shape, np.int16), GRID, {}, lambda f, m: None, lambda: False)
    (folder / "net.ts").write_bytes((folder / "net.ts").read_bytes()[:400])
    with pytest.raises(UserError):
        run(folder)
