"""What is said before runs whose memory nobody plans."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity, SourceSeries, Volume
from inference.catalogue import CT_ANATOMY_RULES, PACKAGED, ModelInfo
from inference.external.task import ExternalTask
from inference.plan import Plan
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


class Planner(Client):
    """Plans, and does not know how long it takes."""

    def plan(self, *_: Any) -> Plan:
        return Plan("cpu", (8, 8, 8), (8, 8, 8), 1, 700.0, 0.0, 8000.0, 0.0, None, "", fits=True)


def test_how_long_earlier_runs_took_stands_in_for_what_nobody_measured(
    volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("session.before_run.seconds_in_log", lambda _settings, model, _geometry: {"odd": 7.0}[model])
    settings = Settings(tmp_path / "settings.json")
    told = before_run(volume, Wishes(BUNDLE, Planner(), {}), settings)  # type: ignore[arg-type]
    assert told.plan is not None
    assert told.plan.seconds == 7.0


def test_what_the_run_would_refuse_is_refused_before_anything_is_told(volume: Volume, tmp_path: Path) -> None:
    for_mr = replace(BUNDLE, modalities=("MR",))
    with pytest.raises(UserError, match="made for MR"):
        said(volume, tmp_path, for_mr)

    class Strict(Client):
        def plan(self, *_: Any) -> Plan:
            raise UserError("There is no device “cuda:7” here.")

    with pytest.raises(UserError, match="cuda:7"):
        before_run(volume, Wishes(BUNDLE, Strict(), {}), Settings(tmp_path / "settings.json"))  # type: ignore[arg-type]
