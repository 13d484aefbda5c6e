"""Hostile and unlucky networks through the whole way: client, confined worker, engine. Each costs a message."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import PACKAGED, ModelInfo, folder_info
from inference.client import InferenceCancelled, InferenceClient, InferenceFailed, LimitReached

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

SIDE: dict[str, Any] = {
    "name": "Bright things",
    "version": "3",
    "licence": "CC0",
    "channels": [{"name": "CT", "modality": "CT"}],
    "labels": [{"value": 7, "name": "bright"}],
    "orientation": "RAS",
    "window": {"roi": [16, 16, 16], "overlap": 0.25},
    "head": "softmax",
}
GRID = Geometry((24, 32, 32), np.eye(4))


class Threshold(torch.nn.Module):
    """Well-behaved: bright is what is above 100."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.full_like(image, 100.5), image], 1)


class Endless(torch.nn.Module):
    """Computes for ever, in torch's own interpreter, where Python cannot interrupt it."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        while bool(image.abs().sum() > -1.0):
            image = image + 0.0
        return torch.cat([image, image], 1)


class Greedy(torch.nn.Module):
    """Asks for a terabyte."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.zeros([2, 1 << 37]) + image.sum()


class Slow(torch.nn.Module):
    """Some seconds for each window."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        for _ in range(200_000):
            image = image + 0.0
        return torch.cat([torch.full_like(image, 100.5), image], 1)


@pytest.fixture
def volume() -> Volume:
    voxels = np.random.default_rng(3).integers(-200, 300, GRID.shape, np.int16)
    return Volume(GRID, voxels, Quantity.HU, SourceSeries(modality="CT"))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[InferenceClient]:
    infos = [network(tmp_path / name, made) for name, made in NETWORKS.items()]
    client = InferenceClient(infos)
    yield client
    client.close()


NETWORKS = {"good": Threshold(), "endless": Endless(), "greedy": Greedy(), "slow": Slow()}


def network(folder: Path, module: Any) -> ModelInfo:
    folder.mkdir()
    torch.jit.script(module).save(str(folder / "net.ts"))
    (folder / "limner-model-side.json").write_text(json.dumps(SIDE))
    return replace(folder_info(folder), id=folder.name, name=folder.name)


def works(client: InferenceClient, volume: Volume) -> None:
    """The next run is as good as ever."""
    result = client.segment(volume, "good")
    np.testing.assert_array_equal(result.layers[0], np.where(volume.voxels > 100, 7, 0))


def computing(seen: list[str]) -> bool:
    return any("Computing" in message or "network" in message.lower() for message in seen)


def test_a_network_that_never_ends_is_cancelled(client: InferenceClient, volume: Volume) -> None:
    seen: list[str] = []
    wish = [0.0]

    def cancelled() -> bool:
        if computing(seen) or any("Measuring" in message for message in seen):
            wish[0] = wish[0] or time.monotonic()
        return bool(wish[0])

    with pytest.raises(InferenceCancelled):
        client.segment(volume, "endless", {}, lambda share, message: seen.append(message), cancelled)
    assert time.monotonic() - wish[0] < 30  # in fact a second; not a measurement, only not for ever
    assert client.foreign_pid is None
    works(client, volume)


def test_a_network_that_never_ends_meets_the_limit(client: InferenceClient, volume: Volume) -> None:
    with pytest.raises(LimitReached, match="ran longer than"):
        client.segment(volume, "endless", time_limit_s=15.0)
    assert client.foreign_pid is None
    works(client, volume)


def test_a_network_that_asks_for_a_terabyte_is_out_of_memory(client: InferenceClient, volume: Volume) -> None:
    with pytest.raises(UserError, match="memory") as caught:
        client.segment(volume, "greedy")
    assert caught.value.hint
    works(client, volume)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_worker_that_is_killed_in_the_middle(client: InferenceClient, volume: Volume) -> None:
    seen: list[str] = []

    def report(share: float, message: str) -> None:
        seen.append(message)
        if computing(seen) and client.foreign_pid is not None:
            os.kill(client.foreign_pid, signal.SIGKILL)

    with pytest.raises(InferenceFailed, match="slow stopped"):
        client.segment(volume, "slow", {}, report)
    assert client.foreign_pid is None
    works(client, volume)


def test_the_wrong_modality_and_an_empty_image_are_refused(client: InferenceClient, volume: Volume) -> None:
    mr = replace(volume, quantity=Quantity.SIGNAL, source=SourceSeries(modality="MR"))
    with pytest.raises(UserError, match="made for CT"):
        client.segment(mr, "good")
    with pytest.raises(UserError, match="empty"):
        client.segment(replace(volume, voxels=np.zeros(GRID.shape, np.int16)), "good")
    with pytest.raises(UserError, match="none of its voxels"):
        client.segment(replace(volume, voxels=np.full(GRID.shape, np.nan, np.float32)), "good")
    works(client, volume)


def test_one_slice_and_voxels_without_a_value(client: InferenceClient, volume: Volume) -> None:
    thin = replace(volume, geometry=Geometry((1, 32, 32), np.eye(4)), voxels=volume.voxels[:1])
    np.testing.assert_array_equal(client.segment(thin, "good").layers[0], np.where(thin.voxels > 100, 7, 0))
    holes = volume.voxels.astype(np.float32)
    holes[3:5] = np.nan
    result = client.segment(replace(volume, voxels=holes), "good")
    np.testing.assert_array_equal(result.layers[0], np.where(holes > 100, 7, 0))
    assert any("have no value" in note for note in result.notes)


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_an_expression_cannot_read_what_lies_outside(tmp_path: Path, volume: Volume) -> None:
    pytest.importorskip("monai", reason="bundles are read with MONAI (install with --ai)")
    from made_bundles import add_random_weights, spleen

    folder = spleen(tmp_path / "models" / "spleen")
    add_random_weights(folder)
    (tmp_path / "patient.txt").write_text("1")
    path = folder / "configs" / "inference.json"
    config = json.loads(path.read_text())
    config["network_def"]["in_channels"] = f"$int(open({str(tmp_path / 'patient.txt')!r}).read())"
    path.write_text(json.dumps(config))
    client = InferenceClient([ModelInfo("guest", "Guest", "1", (), "", PACKAGED, package=folder)])
    try:
        with pytest.raises(UserError, match="network_def") as caught:
            client.segment(volume, "guest")
    finally:
        client.close()
    assert "PermissionError" in caught.value.hint
