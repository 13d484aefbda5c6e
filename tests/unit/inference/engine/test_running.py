"""Whole runs of a small network: regions, flips, short memory, strange answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.backends.torch_backend import TorchPredictor
from inference.engine import running
from inference.engine.packaged_model import PackagedModel
from inference.engine.recipe import Windows
from inference.model import ModelImage, ModelResult

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
GRID = Geometry((20, 24, 28), np.array([[-0.9, 0, 0, 5], [0, 1.1, 0, -3], [0, 0, 2.0, 8], [0, 0, 0, 1.0]]))
SIDE: dict[str, Any] = {
    "name": "Bright things",
    "version": "3",
    "channels": [{"name": "CT", "modality": "CT"}],
    "labels": [{"value": 7, "name": "thing"}],
    "intensity": [{"step": "scale", "from_low": 0, "from_high": 200}],
    "window": {"roi": [16, 16, 16], "overlap": 0.25},
    "head": "softmax",
}


class Threshold(torch.nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.full_like(image, 0.5), image], 1)


class Ramp(torch.nn.Module):
    """Brighter along its first axis: not the same when flipped."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        ramp = torch.arange(image.shape[2], dtype=torch.float32).reshape(1, 1, -1, 1, 1) / image.shape[2]
        return torch.cat([torch.full_like(image, 0.5), ramp.expand_as(image)], 1)


class Halved(torch.nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.avg_pool3d(image, 2)


class Silent(torch.nn.Module):
    def forward(self, image: torch.Tensor) -> dict[str, list[str]]:
        return {"nothing": ["here"]}


def voxels() -> NDArray[np.int16]:
    image = np.zeros(GRID.shape, np.int16)
    image[4:19, 3:21, 2:26] = 180
    return image


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def go(parameters: dict[str, Any] | None = None, network: Any = None, **changes: Any) -> ModelResult:
        torch.jit.script(network or Threshold()).save(str(tmp_path / "net.ts"))
        (tmp_path / "limner-model-side.json").write_text(json.dumps(SIDE | changes))
        wanted = {"backend": "torch", "device": "cpu"} | (parameters or {})
        return PackagedModel(tmp_path).run(voxels(), GRID, wanted, lambda f, m: None, lambda: False)

    return go


def whole() -> NDArray[Any]:
    return np.where(voxels() > 100, 7, 0)


@pytest.mark.parametrize(
    "box", [(0, 20, 0, 24, 0, 28), (2, 9, 5, 24, 14, 20), (10, 99, -5, 9, 0, 50), (19, 20, 23, 24, 0, 1)]
)
def test_a_region_has_the_labels_of_the_whole_run(run: Any, box: tuple[int, ...]) -> None:
    k0, k1, j0, j1, i0, i1 = box
    inside = np.zeros(GRID.shape, bool)
    inside[max(k0, 0) : k1, max(j0, 0) : j1, max(i0, 0) : i1] = True
    found = run({"roi": list(box)}).layers
    np.testing.assert_array_equal(found[0], np.where(inside, whole(), 0))


def test_a_region_beside_the_image_is_refused(run: Any) -> None:
    with pytest.raises(UserError, match="outside"):
        run({"roi": [40, 50, 0, 10, 0, 10]})


def test_a_region_of_a_resampled_image_has_the_labels_of_the_whole_run(run: Any) -> None:
    changes = {"spacing_mm": [1.3, 1.7, 1.1]}
    everything = run(**changes).layers[0]
    box = (5, 12, 8, 20, 10, 22)
    part = run({"roi": list(box)}, **changes).layers[0]
    place = (slice(5, 12), slice(8, 20), slice(10, 22))
    np.testing.assert_array_equal(part[place], everything[place])
    assert part.sum() == part[place].sum()


def test_flips_are_averaged_where_somebody_wishes_it(run: Any) -> None:
    plain = run(network=Ramp(), window="whole image")
    assert 0 < (plain.layers[0] == 7).mean() < 1
    assert plain.record["mirrored"] is False
    mirrored = run({"mirror": True}, Ramp(), window="whole image")
    assert mirrored.record["mirrored"] is True
    assert (mirrored.layers[0] == 7).mean() in (0.0, 1.0)  # both ends are alike
    sided = [{"value": 7, "name": "left thing"}]  # the ramp runs from left to right, where nothing is flipped
    kept = run({"mirror": True}, Ramp(), window="whole image", labels=sided)
    np.testing.assert_array_equal(kept.layers[0], plain.layers[0])
    assert mirrored.notes == kept.notes == plain.notes


def test_a_wish_for_flips_that_nothing_can_be_flipped_for_is_answered(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.opening.side_file.mirror_axes", lambda *_: ())
    plain, asked = run(), run({"mirror": True})
    assert asked.record["mirrored"] is False
    (note,) = set(asked.notes) - set(plain.notes)
    assert "not averaged over flips" in note


def test_an_unknown_wish_is_answered_by_those_that_people_may_have(run: Any) -> None:
    with pytest.raises(UserError, match="no parameter “fast”") as caught:
        run({"fast": True})
    assert "mirror" in caught.value.hint
    assert "known_choices" not in caught.value.hint  # this program's own


def test_short_of_memory_windows_come_one_by_one(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    compute, calls = TorchPredictor.__call__, []

    def short(self: TorchPredictor, batch: Any) -> Any:
        calls.append(len(batch))
        if len(calls) == 3:
            raise MemoryError
        return compute(self, batch)

    monkeypatch.setattr(TorchPredictor, "__call__", short)
    np.testing.assert_array_equal(run().layers[0], whole())
    assert len(calls) > 6  # all windows again


def test_a_run_begins_where_its_plan_says_and_goes_on_from_there(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rungs that surely lack memory are not tried: on some systems that would end the worker."""
    sizes: list[int] = []

    def answer(self: TorchPredictor, batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        return torch.cat([torch.full_like(batch, 0.5), batch], 1)

    monkeypatch.setattr(TorchPredictor, "__call__", answer)
    windows = Windows((16, 16, 16), (0.25, 0.25, 0.25), batch=4)
    monkeypatch.setattr(running.NetworkRun, "_windows", lambda self: windows)
    asked: list[int] = []

    def planned(*given: Any) -> int:
        asked.append(len(given[-1]))
        return 1

    monkeypatch.setattr(running, "planned_rung", planned)
    result = run()
    assert set(sizes) == {1}
    assert asked == [2]
    assert result.record["rung"] == {"planned": 1, "used": 1}
    np.testing.assert_array_equal(result.layers[0], whole())
    monkeypatch.setattr(running, "planned_rung", lambda *given: 0)
    sizes.clear()
    assert run().record["rung"] == {"planned": 0, "used": 0}
    assert max(sizes) == 4


def test_no_memory_at_all_is_said(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: TorchPredictor, batch: Any) -> Any:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(TorchPredictor, "__call__", never)
    with pytest.raises(MemoryError):
        run()


@pytest.mark.parametrize("network", [Halved, Silent])
def test_a_network_that_answers_something_else_is_refused_in_words(run: Any, network: Any) -> None:
    with pytest.raises(UserError, match="network"):
        run(network=network())


def test_a_network_with_more_channels_than_labels_is_refused_in_words(run: Any) -> None:
    class Three(torch.nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return torch.cat([image, image, image], 1)

    with pytest.raises(UserError, match="3 channels"):
        run(network=Three())


@pytest.mark.parametrize(
    ("quantity", "modality", "is_ct", "is_said"),
    [
        (Quantity.SIGNAL, "", False, True),
        (Quantity.SIGNAL, "", True, False),
        (Quantity.HU, "CT", False, False),  # the file says what it is
    ],
)
def test_an_image_whose_numbers_are_not_those_of_a_ct_is_remarked(
    run: Any, tmp_path: Path, quantity: Quantity, modality: str, is_ct: bool, is_said: bool
) -> None:
    run()  # writes the model
    numbers = voxels().astype(np.int16)
    numbers = np.where(numbers > 100, 40, -1000).astype(np.int16) if is_ct else np.abs(numbers)
    image = ModelImage(numbers, GRID, quantity, modality)
    parameters = {"backend": "torch", "device": "cpu"}
    found = PackagedModel(tmp_path).run_images([image], parameters, lambda f, m: None, lambda: False)
    assert any("not those of a CT" in note for note in found.notes) == is_said
