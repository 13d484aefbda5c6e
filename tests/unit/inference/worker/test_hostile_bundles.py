"""Hostile MONAI bundles through the whole way: client, confined worker, engine. Each costs a message."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import made_bundles
import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import PACKAGED, ModelInfo
from inference.client import InferenceClient, InferenceFailed, LimitReached
from inference.worker.landlock import landlock_version

pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("monai", reason="bundles are read with MONAI (install with --ai)")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux" or landlock_version() == 0, reason="the walls are Linux's"),
]
Change = Callable[[dict[str, Any], Path], None]


@pytest.fixture
def volume() -> Volume:
    voxels = np.random.default_rng(3).integers(-200, 300, (24, 32, 32), np.int16)
    return Volume(Geometry((24, 32, 32), np.eye(4)), voxels, Quantity.HU, SourceSeries(modality="CT"))


@pytest.fixture
def client_of(tmp_path: Path) -> Iterator[Callable[[Change], InferenceClient]]:
    """``client_of(change)`` makes a client of a bundle whose configuration was changed, with random weights."""
    made: list[InferenceClient] = []

    def make(change: Change) -> InferenceClient:
        folder = made_bundles.spleen(tmp_path / "models" / "spleen")
        made_bundles.add_random_weights(folder)
        path = folder / "configs" / "inference.json"
        config = json.loads(path.read_text())
        change(config, folder)
        path.write_text(json.dumps(config))
        made.append(InferenceClient([ModelInfo("guest", "Guest", "1", (), "", PACKAGED, package=folder)]))
        return made[-1]

    yield make
    for client in made:
        client.close()


def expression(code: str) -> Change:
    """An expression in the place where the engine evaluates one."""

    def change(config: dict[str, Any], folder: Path) -> None:
        config["network_def"]["in_channels"] = "$" + code.replace("MARK", repr(str(folder / "mark")))

    return change


class Evil:
    """A pickle that runs a program when it is read."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, (f"open({str(self._mark)!r}, 'w').write('x')",))


def evil_weights(config: dict[str, Any], folder: Path) -> None:
    (folder / "models" / "model.pt").write_bytes(pickle.dumps({"x": Evil(folder.parent / "mark")}))


def test_well_meaning_bundle_runs_confined(client_of: Callable[[Change], InferenceClient], volume: Volume) -> None:
    result = client_of(lambda config, folder: None).segment(volume, "guest")
    assert result.layers[0].shape == volume.geometry.shape
    assert result.confinement is not None
    assert result.confinement.is_strong


@pytest.mark.parametrize(
    "change",
    [
        expression("__import__('socket').create_connection(('127.0.0.1', 9)) and 1"),
        expression("open(MARK, 'w') and 1"),
        expression("__import__('subprocess').run(['touch', MARK]) and 1"),
        expression("__import__('os')._exit(0)"),
        evil_weights,
    ],
    ids=["socket", "write", "program", "exit", "pickle"],
)
def test_hostile_bundle_costs_a_message(
    client_of: Callable[[Change], InferenceClient], volume: Volume, change: Change, tmp_path: Path
) -> None:
    client = client_of(change)
    with pytest.raises((InferenceFailed, UserError), match=r"network_def|Guest stopped|weights file"):
        client.segment(volume, "guest")
    assert list(tmp_path.rglob("mark")) == []


def test_bundle_that_never_ends(client_of: Callable[[Change], InferenceClient], volume: Volume) -> None:
    client = client_of(expression("[0 for _ in iter(int, 1)]"))
    with pytest.raises(LimitReached, match="ran longer than"):
        client.segment(volume, "guest", time_limit_s=20.0)
    assert client.foreign_pid is None
