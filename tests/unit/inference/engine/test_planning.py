"""What a run is expected to take, before it begins."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from imaging.geometry import Geometry
from inference.answers import ResultInvalid
from inference.backends.choosing import key_of
from inference.engine import planning
from inference.engine.footprint_of_network import known_memory, traced_memory, window_memory
from inference.engine.parameters import RunParameters
from inference.engine.planning import plan_run, planned_rung
from inference.engine.rungs import rungs
from inference.opening.formats import open_package
from inference.packages.package import read_package
from inference.plan import Plan

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
SIDE: dict[str, Any] = {
    "name": "Bright things",
    "version": "3",
    "licence": "CC0",
    "channels": [{"name": "CT", "modality": "CT"}],
    "labels": [{"value": 1, "name": "bright"}],
    "orientation": "RAS",
    "spacing_mm": [2.0, 2.0, 2.0],
    "window": {"roi": [64, 64, 64], "overlap": 0.5},
    "head": "softmax",
}
PLAN = Plan("cpu", (100, 90, 80), (64, 64, 64), 8, 2048.0, 0.0, 8192.0, 0.0, 40.2, "torch fp32 on cpu", fits=True)


SAID: dict[str, Any] = json.loads(json.dumps(PLAN.to_json()))


class Threshold(torch.nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.full_like(image, 0.5), image], 1)


def ct(k: int, j: int, i: int) -> Geometry:
    return Geometry((k, j, i), np.diag([1.0, 1.0, 2.0, 1.0]))


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``network(geometry, **side)`` plans; 8 GB are free unless the test says otherwise."""
    free(monkeypatch, 8192)

    def plan(geometry: Geometry, wanted: RunParameters | None = None, **changes: Any) -> Plan:
        torch.jit.script(Threshold()).save(str(tmp_path / "net.ts"))
        (tmp_path / "limner-model-side.json").write_text(json.dumps(SIDE | changes))
        k, j, i = geometry.shape
        return plan_run(read_package(tmp_path), geometry, 2 * k * j * i, wanted or RunParameters(device="cpu"))

    return plan


def free(monkeypatch: pytest.MonkeyPatch, mb: float) -> None:
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=mb * 2**20))


def test_grid_and_windows_are_those_of_the_run(network: Any) -> None:
    plan = network(ct(100, 256, 200))
    assert plan.device == "cpu"
    assert plan.network_shape == (100, 128, 100)  # x, y, z: 2 mm each
    assert plan.window == (64, 64, 64)
    assert plan.windows == 3 * 3 * 3
    assert network(ct(10, 20, 30)).network_shape == (64, 64, 64)  # padded to one window
    assert network(ct(10, 20, 30)).windows == 1


def test_memory_is_plausible_and_grows_with_image_window_and_classes(network: Any) -> None:
    small = network(ct(100, 256, 200))
    assert planning.LIBRARIES_MB < small.memory_mb < planning.LIBRARIES_MB + 300
    larger = network(ct(200, 512, 400))
    assert larger.memory_mb - small.memory_mb > 7 * 2 * 100 * 256 * 200 / 2**20  # the image alone is 8 times as large
    assert network(ct(100, 256, 200), window={"roi": [96, 96, 96], "overlap": 0.5}).memory_mb > small.memory_mb
    many = [{"value": n, "name": f"organ {n}"} for n in range(1, 100)]
    sums = 99 * 64 * 128 * 100 * 4 / 2**20  # one slab, not the volume
    assert network(ct(100, 256, 200), labels=many).memory_mb - small.memory_mb > sums
    assert small.gpu_memory_mb == 0


def test_maps_of_uncertainty_and_probability_are_counted(network: Any) -> None:
    geometry = ct(200, 256, 256)
    without = network(geometry).memory_mb
    winner = network(geometry, RunParameters(probability=("winner",))).memory_mb
    one_map = (200 * 128 * 128 + 3 * 200 * 256 * 256) / 2**20  # on the network's grid, and three times on the image's
    assert winner - without == pytest.approx(one_map + 4 * 2 * 64 * 128 * 200 * 4 / 2**20, abs=8)
    more = network(geometry, RunParameters(probability=("bright",), doubt=True)).memory_mb
    assert more - winner == pytest.approx(2 * one_map, abs=4)
    assert network(geometry, RunParameters(doubt=True), head="labels", window="whole image").memory_mb == (
        network(geometry, head="labels", window="whole image").memory_mb
    )


def test_it_fits_or_not_by_what_is_free_now(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = network(ct(100, 256, 200))
    assert plan.fits
    assert plan.free_mb == 8192
    free(monkeypatch, plan.memory_mb * 1.05)  # some must be left
    assert not network(ct(100, 256, 200)).fits
    free(monkeypatch, plan.memory_mb * 1.2)
    assert network(ct(100, 256, 200)).fits


@pytest.mark.parametrize(("free_mb", "rung"), [(4000.0, 0), (300.0, 1), (1.0, 1)])
def test_a_run_begins_on_the_first_rung_that_fits_or_on_the_last(
    network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mb: float, rung: int
) -> None:
    geometry, wanted = ct(100, 256, 200), RunParameters(device="cpu")
    network(geometry, window={"roi": [96, 96, 96], "overlap": 0.5})
    package = read_package(tmp_path)
    opened = open_package(package)
    assert opened.recipe.windows is not None
    shape = (100, 128, 100)
    free(monkeypatch, free_mb)
    assert planned_rung(package, opened, shape, geometry, wanted, rungs(wanted)) == 0  # one window at a time anyway
    recipe = replace(opened.recipe, windows=replace(opened.recipe.windows, batch=4))
    assert planned_rung(package, replace(opened, recipe=recipe), shape, geometry, wanted, rungs(wanted)) == rung


def test_a_plan_says_which_rung_it_is_of(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = ct(100, 256, 200)
    plan = network(geometry)
    assert (plan.rung, plan.fits) == (0, True)
    free(monkeypatch, plan.memory_mb / 2)
    short = network(geometry)
    assert (short.rung, short.fits) == (1, False)


def test_a_plan_says_whether_the_network_was_followed_or_its_memory_is_that_of_a_usual_one(
    network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    geometry = ct(100, 256, 200)
    rough = network(geometry)  # TorchScript is not followed
    assert rough.is_rough
    assert "roughly 0." in rough.words
    package = read_package(tmp_path)
    key = key_of(f"{package.id}+{package.weights_hash}", (64, 64, 64), "cpu")
    known = ({"key": key, "name": "torch fp32 on cpu", "memory": [3 << 30, 2]},)
    followed = network(geometry, RunParameters(device="cpu", known_choices=known))
    assert not followed.is_rough
    assert "roughly" not in followed.words
    assert followed.memory_mb > rough.memory_mb + 2500
    for nonsense in ([3], "much", [1.5, 2], [-1, 2]):
        forged = ({"key": key, "name": "torch fp32 on cpu", "memory": nonsense},)
        assert network(geometry, RunParameters(device="cpu", known_choices=forged)).is_rough


def test_a_gpu_that_is_too_small_leaves_the_work_to_the_cpu_unless_it_was_wished_for(
    network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Pretended")
    available = {"mb": 4000.0}
    monkeypatch.setattr(planning, "_gpu_free", lambda device: available["mb"] if device != "cpu" else 0.0)
    many = [{"value": n, "name": f"organ {n}"} for n in range(1, 100)]

    def plan(device: str) -> Plan:
        found: Plan = network(ct(200, 512, 512), RunParameters(device=device), labels=many)
        return found

    whole = plan("auto")
    assert whole.device == "cuda:0"
    assert whole.fits
    assert "of the GPU's" in whole.words
    available["mb"] = whole.gpu_memory_mb * 0.9
    modest = plan("auto")  # windows are added up in the computer's memory
    assert (modest.device, modest.fits) == ("cuda:0", True)
    assert modest.gpu_memory_mb < whole.gpu_memory_mb
    assert modest.memory_mb > whole.memory_mb
    available["mb"] = 1.0
    assert (plan("auto").device, plan("auto").fits) == ("cpu", True)
    refused = plan("cuda:0")
    assert not refused.fits
    assert "0.0 GB of the GPU's are free" in refused.words


def test_time_is_known_where_it_was_measured(network: Any, tmp_path: Path) -> None:
    geometry = ct(100, 256, 200)
    assert network(geometry).seconds is None
    assert network(geometry).backend == ""
    package = read_package(tmp_path)
    key = key_of(f"{package.id}+{package.weights_hash}", (64, 64, 64), "cpu")
    known = ({"key": key, "name": "openvino fp32 on cpu", "window_s": 0.5},)
    plan = network(geometry, RunParameters(device="cpu", known_choices=known))
    assert (plan.seconds, plan.backend) == (13.5, "openvino fp32 on cpu")
    mirrored = network(geometry, RunParameters(device="cpu", known_choices=known, mirror=True))
    assert mirrored.seconds == 8 * 13.5  # along each of three axes or not
    elsewhere = ({"key": "of another machine", "name": "x", "window_s": 9.0},)
    assert network(geometry, RunParameters(device="cpu", known_choices=elsewhere)).seconds is None


def test_a_networks_window_is_measured_without_computing_it() -> None:
    def convolutions(width: int) -> torch.nn.Module:
        return torch.nn.Sequential(
            torch.nn.Conv3d(1, width, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv3d(width, 5, 1)
        )

    small = window_memory(convolutions(8), (1, 1, 32, 32, 32))
    module = convolutions(8)
    assert known_memory(module, (1, 1, 32, 32, 32)) is None
    assert traced_memory(module, (1, 1, 32, 32, 32)) == known_memory(module, (1, 1, 32, 32, 32)) == small
    assert small is not None
    held, classes = small
    assert classes == 5
    assert 2 * 8 * 32**3 * 4 <= held <= 8 * 8 * 32**3 * 4  # what is read and what is written
    for module, shape in (
        (convolutions(16), (1, 1, 32, 32, 32)),
        (convolutions(8), (1, 1, 48, 32, 32)),
        (convolutions(8), (2, 1, 32, 32, 32)),
    ):
        more = window_memory(module, shape)
        assert more is not None
        assert more[0] > held
    assert window_memory(torch.nn.Conv3d(2, 3, 3), (1, 1, 8, 8, 8)) is None  # it wants two channels

    class Looks(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return image if float(image.mean()) > 0 else -image

    assert window_memory(Looks(), (1, 1, 8, 8, 8)) is None  # goes by the values


def test_the_plan_in_words() -> None:
    assert PLAN.words == "about 40 s, 2.0 GB of memory"
    assert replace(PLAN, seconds=0.2).words == "about 1 s, 2.0 GB of memory"
    assert replace(PLAN, seconds=600.0, gpu_memory_mb=3072.0).words == (
        "about 10 min, 2.0 GB of memory, 3.0 GB of the GPU's"
    )
    assert replace(PLAN, seconds=9000.0).words.startswith("about 2.5 h")
    assert replace(PLAN, seconds=None).words.startswith("not timed on this computer yet")
    assert replace(PLAN, fits=False, free_mb=1024.0).words == "needs 2.0 GB of memory; 1.0 GB are free"


def test_a_plan_survives_the_way_to_the_window() -> None:
    assert Plan.from_json(json.loads(json.dumps(PLAN.to_json()))) == PLAN
    unknown = replace(PLAN, seconds=None)
    assert Plan.from_json(json.loads(json.dumps(unknown.to_json()))) == unknown


@pytest.mark.parametrize(
    "change",
    [
        {"device": 3},
        {"device": "x" * 501},
        {"network_shape": [1, 2]},
        {"network_shape": [1, 2, 0]},
        {"window": [1, 2, "3"]},
        {"window": None},
        {"windows": -1},
        {"memory_mb": float("nan")},
        {"memory_mb": "much"},
        {"free_mb": float("inf")},
        {"gpu_memory_mb": True},
        {"seconds": -5},
        {"seconds": "soon"},
        {"backend": None},
    ],
)
def test_a_foreign_workers_plan_is_read_with_distrust(change: dict[str, Any]) -> None:
    with pytest.raises(ResultInvalid):
        Plan.from_json(SAID | change)


def test_what_is_no_plan_at_all_is_refused() -> None:
    for nonsense in (None, [], "plan", {}):
        with pytest.raises(ResultInvalid):
            Plan.from_json(nonsense)
    assert not Plan.from_json(SAID | {"fits": "yes"}).fits
    assert "\n" not in Plan.from_json(SAID | {"backend": "a\nb"}).backend
