"""VISTA3D with clicks: the numbers of MONAI's own inferer on the network's grid, and clicks that make no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.errors import UserError
from imaging.geometry import Geometry
from inference.backends.forms import networks_key
from inference.engine.packaged_model import PackagedModel
from inference.engine.parameters import RunParameters
from inference.engine.planning import plan_run
from inference.engine.preparing import prepare, start
from inference.engine.way_back import to_source
from inference.model import ModelResult
from inference.opening.bundle import open_folder
from inference.opening.opened import Opened, TorchNetworks
from inference.packages.monai_bundle import read
from inference.packages.package import read_package
from inference.prompts import Prompts

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytest.importorskip("monai", reason="bundles are read with MONAI (install with --ai)")
import made_bundles  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
# turned, flipped along one axis, and about twice a window long along another
TURNED = Geometry((26, 34, 40), np.array([[0.0, 0, 1.5, 0], [-1.1, 0, 0, 4], [0, 1.9, 0, 7], [0, 0, 0, 1.0]]))
INSIDE, OUTSIDE = (30, 12, 9), (8, 24, 20)
AT_AN_EDGE = (8, 25, 20)  # half a voxel from a window's end, where MONAI's own network fails
NEW_VALUE = 133


def voxels(grid: Geometry) -> NDArray[np.int16]:
    smooth = np.random.default_rng(1).normal(0, 1, grid.shape).cumsum(-1).cumsum(-2)
    return np.asarray(np.round(40 * smooth).astype(np.int16))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = made_bundles.vista3d(tmp_path_factory.mktemp("vista") / "vista3d")
    made_bundles.add_random_weights(made)
    return made


def opened(folder: Path, **prompts: Any) -> Opened:
    return open_folder(folder, read(folder), Prompts.of(prompts))


def run(folder: Path, **prompts: Any) -> ModelResult:
    model = PackagedModel(folder)
    parameters = {"prompts": prompts, "doubt": True}
    return model.run(voxels(TURNED), TURNED, parameters, lambda fraction, message: None, lambda: False)


class Theirs:
    """MONAI's inferer on the network's grid."""

    def __init__(self, made: Opened) -> None:
        from monai.data.meta_tensor import MetaTensor

        assert isinstance(made.networks, TorchNetworks)
        self.network: Any = made.networks.modules[0]
        self.prepared = prepare(start([voxels(TURNED)], TURNED), made.recipe.steps, lambda _: None)
        self.image: Any = MetaTensor(torch.from_numpy(self.prepared.image)[None], affine=np.eye(4))

    def around(self, number: int, clicks: dict[tuple[int, int, int], int], everywhere: Any = None) -> NDArray[Any]:
        """Scores around clicks, as the bundle's own inferer asks for them."""
        from monai.apps.vista3d.inferer import point_based_window_inferer

        points = [self.prepared.grid.place_of(voxel) for voxel in clicks]
        is_known = number <= self.network.vista.point_head.last_supported
        with torch.inference_mode():
            scores = point_based_window_inferer(
                self.image, (32, 32, 32), self.network.vista, torch.tensor([points], dtype=torch.float64),
                torch.tensor([list(clicks.values())]), torch.tensor([[number]]) if is_known else None,
                torch.tensor([[number]]), everywhere, transpose=True,
            )  # fmt: skip
        return np.asarray(scores[0, 0])

    def everywhere(self, number: int) -> Any:
        """Scores of the whole image, (1, 1, x, y, z)."""
        from monai.inferers.utils import sliding_window_inference

        with torch.inference_mode():
            return sliding_window_inference(
                self.image, (32, 32, 32), 1, self.network.vista, 0.3, "gaussian",
                class_vector=torch.tensor([[number]]), transpose=True,
            )  # fmt: skip

    def back(self, mask: NDArray[Any]) -> NDArray[Any]:
        """On the image's grid."""
        return to_source(mask.astype(np.uint8), self.prepared.axes, TURNED.shape)


def test_clicks_correct_a_structure_as_monai_does_it(folder: Path) -> None:
    prompts: dict[str, Any] = {"clicks": {"Spleen": [list(INSIDE)]}, "outside": {"spleen": [list(OUTSIDE)]}}
    theirs = Theirs(opened(folder, **prompts))
    assert max(theirs.prepared.shape) > 32
    scores = theirs.around(3, {INSIDE: 1, OUTSIDE: 0}, theirs.everywhere(3))
    result = run(folder, **prompts)
    np.testing.assert_array_equal(result.layers[0] == 3, theirs.back(scores > 0) > 0)
    assert result.found == {3: True}
    alone = run(folder, labels=[3])
    assert (alone.layers[0] != result.layers[0]).any()
    assert result.maps["uncertainty"].max() > 0


def test_only_around_clicks_is_monais_answer_and_nothing_elsewhere(folder: Path) -> None:
    prompts: dict[str, Any] = {"clicks": {"pancreas": [list(INSIDE)]}, "only_around_clicks": True}
    theirs = Theirs(opened(folder, **prompts))
    scores = theirs.around(4, {INSIDE: 1})
    assert np.isnan(scores).any()  # there is an elsewhere
    result = run(folder, **prompts)
    np.testing.assert_array_equal(result.layers[0] == 4, theirs.back(np.nan_to_num(scores) > 0) > 0)
    assert result.record["backend"] == "torch fp32"


def test_a_new_structure_keeps_the_parts_that_were_clicked(folder: Path) -> None:
    from monai.transforms.utils import keep_components_with_positive_points

    prompts: dict[str, Any] = {
        "clicks": {"stent": [list(INSIDE), list(OUTSIDE)]}, "outside": {"stent": [[20, 20, 12]]}, "new": ["stent"],
    }  # fmt: skip
    theirs = Theirs(opened(folder, **prompts))
    kinds = {INSIDE: 1, OUTSIDE: 1, (20, 20, 12): 0}
    scores = theirs.around(NEW_VALUE, kinds)
    points = torch.tensor([[theirs.prepared.grid.place_of(voxel) for voxel in kinds]])
    kept = keep_components_with_positive_points(
        torch.from_numpy(scores.copy())[None, None], points, torch.tensor([[1, 1, 0]])
    )
    expected = np.nan_to_num(np.asarray(kept[0, 0])) > 0
    result = run(folder, **prompts)
    assert expected.sum() < (np.nan_to_num(scores) > 0).sum()
    np.testing.assert_array_equal(result.layers[0] == NEW_VALUE, theirs.back(expected) > 0)
    assert [label.name for label in opened(folder, **prompts).recipe.labels] == ["stent"]


def test_special_structures_are_told_apart(folder: Path) -> None:
    made = opened(folder, clicks={"spleen": [list(INSIDE)]}, only_around_clicks=True)
    seen: list[list[int]] = []

    class Watching(torch.nn.Module):
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner, self.point_head = inner, inner.point_head

        def forward(self, *given: Any, point_labels: Any, **more: Any) -> Any:
            seen.append(point_labels[0].tolist())
            return self.inner(*given, point_labels=point_labels, **more)

    from dataclasses import replace

    from inference.engine.around_clicks import draw_around_clicks, nothing_found

    assert made.around_clicks is not None
    (spleen,) = made.around_clicks.structures
    tumour = replace(spleen, value=26, outside=(AT_AN_EDGE,))
    around = replace(made.around_clicks, structures=(spleen, tumour), module=Watching(made.around_clicks.module))
    prepared = prepare(start([voxels(TURNED)], TURNED), made.recipe.steps, lambda _: None)
    decision = nothing_found(around, made.recipe.head, prepared.shape, wants_doubt=False)
    told: list[tuple[int, int]] = []
    draw_around_clicks(decision, around, prepared, "cpu", lambda done, count: told.append((done, count)))
    assert {tuple(kinds) for kinds in seen} == {(1,), (3, 2)}
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_several_structures_with_and_without_clicks(folder: Path) -> None:
    result = run(folder, labels=["liver"], clicks={"spleen": [list(INSIDE)], "clip": [[5, 5, 5]]}, new=["clip"])
    assert set(result.found) == {1, 3, NEW_VALUE}
    made = opened(folder, labels=["liver"], clicks={"spleen": [[1, 1, 1]]}, only_around_clicks=True)
    assert made.recipe.head.values == (0, 1)
    assert made.around_clicks is not None
    assert not made.around_clicks.is_all


def test_clicks_in_the_cut_away_air_are_told(folder: Path) -> None:
    image = np.zeros((40, 40, 40), np.int16)
    image[2:12, 2:12, 2:12] = voxels(TURNED)[:10, :10, :10] | 1
    grid = Geometry(image.shape, np.diag([1.5, 1.5, 1.5, 1.0]))
    parameters = {"prompts": {"clicks": {"spleen": [[38, 38, 38]]}, "only_around_clicks": True}}
    result = PackagedModel(folder).run(image, grid, parameters, lambda fraction, message: None, lambda: False)
    assert any("do not" in note or "does not look" in note for note in result.notes)
    assert not result.layers[0].any()


def test_clicks_that_make_no_sense_are_refused(folder: Path) -> None:
    for prompts, words in (
        ({"clicks": {"stent": [[1, 2, 3]]}}, "no label “stent”"),
        ({"clicks": {"kidney": [[1, 2, 3]]}}, "several structures"),
        ({"outside": {"stent": [[1, 2, 3]]}, "new": ["stent"]}, "needs a click inside"),
        ({"new": ["stent"]}, "needs a click inside"),
        ({"new": "stent"}, "no list of names"),
        ({"only_around_clicks": "yes"}, "true or false"),
        ({"outside": [1]}, "cannot be understood"),
    ):
        with pytest.raises(UserError, match=words) as refused:
            opened(folder, **prompts)
        if prompts == {"clicks": {"stent": [[1, 2, 3]]}}:
            assert "must be called new" in refused.value.hint
    with pytest.raises(UserError, match="outside the image"):
        run(folder, clicks={"spleen": [[40, 0, 0]]}, only_around_clicks=True)


def test_the_next_click_computes_the_windows_around_clicks_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inference.engine import kept_decision, kept_preparation, running

    slid: list[int] = []
    sliding = running.decided
    monkeypatch.setattr(running, "decided", lambda *given, **more: slid.append(1) or sliding(*given, **more))
    monkeypatch.setattr(kept_decision, "_kept", {})
    monkeypatch.setattr(kept_preparation, "_kept", {})
    here: dict[str, Any] = {"clicks": {"spleen": [list(INSIDE)]}}
    there: dict[str, Any] = here | {"outside": {"spleen": [list(OUTSIDE)]}}
    first, second = run(folder, **here), run(folder, **there)
    assert len(slid) == 1
    again = run(folder, **here)  # what was drawn for the clicks before is gone
    np.testing.assert_array_equal(again.layers[0], first.layers[0])
    assert (second.layers[0] != first.layers[0]).any()
    assert (again.record["backend"], again.record["device"]) == (first.record["backend"], first.record["device"])
    run(folder, labels=["liver"], **here)
    assert len(slid) == 2
    monkeypatch.setattr(kept_decision, "_kept", {})
    np.testing.assert_array_equal(run(folder, **there).layers[0], second.layers[0])
    assert len(slid) == 3


def test_networks_that_are_asked_for_something_else_are_kept_apart(folder: Path) -> None:
    def key(**prompts: Any) -> str:
        return networks_key(read_package(folder), Prompts.of(prompts))

    here: dict[str, Any] = {"spleen": [list(INSIDE)]}
    keys = [
        key(labels=[1, 3]),
        key(labels=[3, 1]),  # the channels' order is another
        key(clicks=here),
        key(clicks={"liver": [list(INSIDE)]}),
        key(clicks=here, only_around_clicks=True),
    ]
    assert len(set(keys)) == len(keys)
    assert key(clicks=here) == key(clicks={"spleen": [list(OUTSIDE)]})  # the same network, clicked elsewhere


def test_a_plan_counts_the_windows_around_clicks(folder: Path) -> None:
    def windows(**prompts: Any) -> int:
        return plan_run(read_package(folder), TURNED, 70_000, RunParameters.of({"prompts": prompts})).windows

    everywhere = windows(labels=[3])
    assert windows(clicks={"spleen": [list(INSIDE)]}, outside={"spleen": [list(OUTSIDE)]}) == everywhere + 2
    assert windows(clicks={"spleen": [list(INSIDE)]}, only_around_clicks=True) == 1
