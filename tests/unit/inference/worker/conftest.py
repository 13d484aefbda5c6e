"""A client whose worker runs the pretend model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import ModelInfo
from inference.client import InferenceClient

HERE = Path(__file__).parent


@pytest.fixture
def pretend() -> ModelInfo:
    return ModelInfo("pretend", "Pretend", "3.1", ("Bright",), "", "models_for_worker_tests:PretendModel")


@pytest.fixture
def client(pretend: ModelInfo, monkeypatch: pytest.MonkeyPatch) -> Iterator[InferenceClient]:
    monkeypatch.syspath_prepend(HERE)
    client = InferenceClient([pretend], [HERE])
    yield client
    client.close()


@pytest.fixture
def volume() -> Volume:
    voxels = np.random.default_rng(7).integers(-1000, 1000, (12, 20, 30), np.int16)
    return Volume(Geometry((12, 20, 30), np.diag([1.0, 1, 2, 1])), voxels, Quantity.HU, SourceSeries(modality="CT"))
