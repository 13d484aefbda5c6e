"""What is said before runs whose memory nobody plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import CT_ANATOMY_RULES, PACKAGED, ModelInfo
from inference.external.task import ExternalTask
from inference.worker.confinement import Confinement
from session.before_run import before_run
from session.segment_to_file import Wishes
from session.settings import Settings

TASK = ExternalTask("totalsegmentator", Path("/nowhere"), "2.0", "total", ((1, "spleen"),))
EXTERNAL = ModelInfo("ts:total", "Total", "2.0", ("spleen",), "", "inference.external.model:X", external=TASK)
BUNDLE = ModelInfo("odd", "Odd", "1", (), "", PACKAGED, package=Path("/nowhere"))


class Client:
    """Knows what the model cannot do; must not be asked for a plan."""

    def confinement(self, _model: str) -> Confinement:
        return Confinement("namespace", "allow-list", "watched", "none")


@pytest.fixture
def volume() -> Volume:
    return Volume(Geometry((2, 3, 4), np.eye(4)), np.zeros((2, 3, 4), np.int16), Quantity.HU, SourceSeries())


def said(volume: Volume, tmp_path: Path, info: ModelInfo, **parameters: Any) -> str:
    wishes = Wishes(info, Client(), parameters)  # type: ignore[arg-type]
    return " ".join(before_run(volume, wishes, Settings(tmp_path / "settings.json")).sentences)


def test_a_program_of_its_own(volume: Volume, tmp_path: Path) -> None:
    told = said(volume, tmp_path, EXTERNAL)
    assert "memory is not planned" in told
    assert "runs without network" in told
    assert "may use the network for this run" in said(volume, tmp_path, EXTERNAL, network=True)


def test_a_bundles_own_workflow(volume: Volume, tmp_path: Path) -> None:
    told = said(volume, tmp_path, BUNDLE, stock=True)
    assert "memory is not planned" in told
    assert "The model has no network." in told


def test_what_is_part_of_the_program(volume: Volume, tmp_path: Path) -> None:
    assert said(volume, tmp_path, CT_ANATOMY_RULES) == ""
