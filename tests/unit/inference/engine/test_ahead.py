"""A network that is compiled before its run is the one the run would have compiled, and is used once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.backends.choosing import key_of
from inference.backends.network_file import Content
from inference.engine import ahead
from inference.engine.ahead import open_ahead, take_compiled
from inference.engine.packaged_model import PackagedModel
from inference.engine.parameters import RunParameters
from inference.packages.package import Package, read_package
from inference.packages.trial import trial_volumes
from inference.prompts import Prompts

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("monai", reason="bundles are read with MONAI (install with --ai)")
pytest.importorskip("openvino", reason="needs OpenVINO (install with --ai)")
import made_bundles  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning", "ignore::torch.jit.TracerWarning"
)
CANDIDATE = {"backend": "openvino", "device": "cpu", "precision": "fp32", "is_channels_last": False}


class Folder:
    """A shelf that keeps what is offered at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name

    def offer(self, name: str, content: Content) -> None:
        self.path(name).write_bytes(content.tobytes())


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    folder = made_bundles.spleen(tmp_path_factory.mktemp("models") / "spleen")
    made_bundles.add_random_weights(folder)
    return read_package(folder)


@pytest.fixture(scope="module")
def shelf(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """With the network of a first run."""
    folder = Folder(tmp_path_factory.mktemp("kept"))
    assert run(package, wanted(package), folder).record["network"] == "converted"
    return folder


@pytest.fixture(autouse=True)
def _nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_waiting", [])


def wanted(package: Package, memory: Any = (1000, 5)) -> RunParameters:
    """Wishes of a run after others, which were the fastest with OpenVINO."""
    window = windows_of(package)
    key = key_of(f"{package.id}+{package.weights_hash}", window, "cpu")
    facts = {"key": key, "candidate": CANDIDATE, "name": "openvino fp32 on cpu"}
    return RunParameters(device="cpu", known_choices=(facts | ({"memory": list(memory)} if memory else {}),))


def windows_of(package: Package) -> tuple[int, int, int]:
    from inference.opening.formats import open_package

    windows = open_package(package).recipe.windows
    assert windows is not None
    return windows.roi


def run(package: Package, wishes: RunParameters, shelf: Folder) -> Any:
    (volume,) = trial_volumes(package.description)
    model = PackagedModel(package.content)
    model.shelf = shelf
    parameters = {"device": "cpu", "known_choices": list(wishes.known_choices)}
    return model.run(volume.voxels, volume.geometry, parameters, lambda *_: None, lambda: False)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Shapes that OpenVINO compiled a network for."""
    from inference.backends.openvino_backend import OpenVinoPredictor

    compile_, shapes = OpenVinoPredictor._compile, []

    def counted(self: OpenVinoPredictor, shape: tuple[int, ...]) -> None:
        shapes.append(shape)
        compile_(self, shape)

    monkeypatch.setattr(OpenVinoPredictor, "_compile", counted)
    return shapes


def test_the_run_takes_what_was_compiled_ahead(package: Package, shelf: Folder, compiled: list[Any]) -> None:
    wishes = wanted(package)
    first = run(package, wishes, shelf)
    assert len(compiled) == 1
    open_ahead(package, wishes, shelf)
    assert len(compiled) == 2
    second = run(package, wishes, shelf)
    assert len(compiled) == 2  # not once more
    assert (second.record["network"], second.record["backend"]) == ("kept", first.record["backend"])
    np.testing.assert_array_equal(second.layers[0], first.layers[0])
    run(package, wishes, shelf)
    assert len(compiled) == 3  # it waited for one run only


def test_nothing_is_converted_before_a_run(package: Package, tmp_path: Path, compiled: list[Any]) -> None:
    open_ahead(package, wanted(package), Folder(tmp_path))
    assert (take_compiled(package, wanted(package)), compiled) == (None, [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "other",
    [
        lambda wishes: replace(wishes, known_choices=()),
        lambda wishes: replace(wishes, precision="fp32"),
        lambda wishes: replace(wishes, known_choices=({**wishes.known_choices[0], "memory": [10**15, 5]},)),
        lambda wishes: replace(wishes, known_choices=({**wishes.known_choices[0], "memory": None},)),
        lambda wishes: replace(wishes, known_choices=({**wishes.known_choices[0], "key": "another machine"},)),
    ],
    ids=["nothing is known", "a wish of its own", "too large", "size unknown", "measured elsewhere"],
)
def test_only_what_will_surely_be_used_and_fits_is_compiled(
    package: Package, shelf: Folder, compiled: list[Any], other: Callable[[RunParameters], RunParameters]
) -> None:
    open_ahead(package, other(wanted(package)), shelf)
    assert compiled == []


def test_another_run_does_not_get_it(package: Package, shelf: Folder) -> None:
    wishes = wanted(package)
    open_ahead(package, wishes, shelf)
    asked = replace(wishes, prompts=Prompts(labels=(1,)))
    assert take_compiled(package, asked) is None
    assert take_compiled(package, wishes) is None  # its memory is free again
    open_ahead(package, wishes, shelf)
    assert take_compiled(package, wishes) is not None
