"""A client whose worker runs the pretend model."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


Foreign = Callable[..., ModelInfo]


@pytest.fixture
def foreign(tmp_path: Path) -> Foreign:
    """``foreign(code, name)`` makes the folder of a foreign model whose ``act`` does what the code says."""

    def make(code: str, name: str = "Guest") -> ModelInfo:
        package = tmp_path / "models" / name
        (package / "scripts").mkdir(parents=True)
        (package / "scripts" / "__init__.py").touch()
        act = textwrap.indent(textwrap.dedent(code), "    ")
        (package / "scripts" / "behaviour.py").write_text(f"def act(voxels, report, cancelled):\n{act}\n")
        factory = "foreign_for_tests:ForeignModel"
        return ModelInfo(name.lower(), name, "2.0", (), "", factory, package=package, package_hash="0123abcd")

    return make


@pytest.fixture
def clients() -> Iterator[Callable[..., InferenceClient]]:
    """``clients(info, ...)`` makes a client of these models, closed at the test's end."""
    made: list[InferenceClient] = []

    def make(*infos: ModelInfo, **options: Any) -> InferenceClient:
        made.append(InferenceClient(infos, [HERE], **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def volume() -> Volume:
    voxels = np.random.default_rng(7).integers(-1000, 1000, (12, 20, 30), np.int16)
    return Volume(Geometry((12, 20, 30), np.diag([1.0, 1, 2, 1])), voxels, Quantity.HU, SourceSeries(modality="CT"))
