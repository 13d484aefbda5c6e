"""What models may give beside masks, models of several images, and limits of built-in models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceClient, InferenceFailed, LimitReached
from inference.model import Score


@pytest.fixture
def pretend() -> ModelInfo:
    return ModelInfo("pretend", "Pretend", "3.1", ("Bright",), "", "models_for_worker_tests:SeveralImages")


@pytest.fixture
def single(pretend: ModelInfo, client: InferenceClient) -> InferenceClient:
    """The client, with the model that takes one image."""
    client._catalogue = [replace(pretend, factory="models_for_worker_tests:PretendModel")]
    return client


def test_maps_scores_boxes_and_record_arrive(single: InferenceClient, volume: Volume) -> None:
    result = single.segment(volume, "pretend", {"do": "rich"})
    assert result.layers[0].dtype == np.uint16
    assert result.labels[0].voxel_count == volume.voxels[0].size
    assert list(result.maps) == ["uncertainty", "dose"]
    assert (result.maps["uncertainty"] == 7).all()
    np.testing.assert_array_equal(result.maps["dose"], volume.voxels > 0)
    assert result.scores == (Score("Pneumonia", 0.25), Score("None", 0.75))
    assert (result.boxes[0].label, result.boxes[0].score, len(result.boxes[0].corners)) == ("Nodule", 0.5, 8)
    assert result.boxes[0].corners[5] == (1.0, 0.0, 1.0)
    assert result.record == {"backend": "pretend", "seconds": [1.5], "3": None}
    assert result.confinement is None


def test_model_without_masks_gives_its_scores(single: InferenceClient, volume: Volume) -> None:
    result = single.segment(volume, "pretend", {"do": "only_scores"})
    assert (result.layers, result.labels) == ((), ())
    assert result.scores == (Score("Pneumonia", 1.0),)


@pytest.mark.parametrize(
    ("do", "why"),
    [
        ("map_of_floats", "type"),
        ("map_of_labels", "map"),
        ("score_of_two", "number"),
        ("flat_box", "eight corners"),
        ("record_of_nan", "cannot be kept"),
    ],
)
def test_extras_that_make_no_sense_are_not_used(single: InferenceClient, volume: Volume, do: str, why: str) -> None:
    with pytest.raises(InferenceFailed, match=f"cannot be used: .*{why}"):
        single.segment(volume, "pretend", {"do": do})


def test_record_that_is_no_json_is_the_models_bug(single: InferenceClient, volume: Volume) -> None:
    with pytest.raises(InferenceFailed, match=r"Pretend failed \(TypeError\)"):
        single.segment(volume, "pretend", {"do": "record_of_objects"})
    assert single.segment(volume, "pretend").found


def test_all_images_arrive(client: InferenceClient, volume: Volume) -> None:
    source = SourceSeries(modality="PT")
    other = Volume(Geometry((6, 7, 8), np.eye(4)), np.zeros((6, 7, 8), np.float32), Quantity.SUVBW, source)
    last = replace(volume, voxels=volume.voxels[::-1])
    result = client.segment(volume, "pretend", others=[other, last])
    np.testing.assert_array_equal(result.layers[0] == 1, volume.voxels[::-1] > volume.voxels)
    assert result.record["images"] == [["CT", "HU", [1, 1, 2]], ["PT", "SUVbw", [1, 1, 1]], ["CT", "HU", [1, 1, 2]]]


def test_model_of_one_image_refuses_more(single: InferenceClient, volume: Volume) -> None:
    with pytest.raises(UserError, match="takes one image; 2 were given"):
        single.segment(volume, "pretend", others=[volume])


def test_time_limit_holds_for_built_in_models_too(single: InferenceClient, volume: Volume) -> None:
    with pytest.raises(LimitReached, match="ran longer than"):
        single.segment(volume, "pretend", {"do": "deaf"}, time_limit_s=0.3)
    assert single.segment(volume, "pretend").found
