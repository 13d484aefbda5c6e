"""Clicks in millimetres: the voxels that hold them on any grid, and the prompts that they become."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.geometry import Geometry
from inference.model import ModelLabel
from inference.packages.description import InputChannel, ModelDescription, ModelFormat, Task
from inference.prompts import Prompts
from session.clicks import Click, ClickedModel, ClickSet, clicked_model, prompts_of, voxel_of, what_is_missing

SHAPE = (9, 11, 13)
VISTA = ClickedModel("vista", "VISTA3D", ("Liver", "Spleen"), may_choose=True, may_add=True)
DEEPEDIT = ClickedModel("edit", "DeepEdit", ("Spleen",))
GROW = ClickedModel("grow", "Deepgrow", may_add=True, needs_click=True)


def turned(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_x, about_z = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]), np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return np.asarray(about_x @ about_z)


def geometry(kind: str) -> Geometry:
    affine = np.eye(4)
    scale = np.diag([0.7, 1.1, 2.5])
    directions = {
        "upright": np.eye(3),
        "flipped": np.diag([-1.0, 1.0, -1.0]),
        "sagittal": np.array([[0.0, 0, 1], [1, 0, 0], [0, -1, 0]]),
        "oblique": turned(27.0),
        "tilted": turned(0.0) + np.array([[0, 0, 0], [0, 0, 0.3], [0, 0, 0]]),  # gantry tilt
    }
    affine[:3, :3] = directions[kind] @ scale
    affine[:3, 3] = (-31.0, 12.0, 77.0)
    return Geometry(SHAPE, affine)


@pytest.mark.parametrize("kind", ["upright", "flipped", "sagittal", "oblique", "tilted"])
def test_a_click_is_in_the_voxel_that_holds_it(kind: str) -> None:
    grid = geometry(kind)
    for voxel in ((0, 0, 0), (12, 10, 8), (4, 7, 2)):
        for shift in ((0.0, 0.0, 0.0), (0.45, -0.45, 0.4), (-0.49, 0.3, -0.4)):
            position = grid.to_world(np.add(voxel, shift))
            assert voxel_of(grid, position.tolist()) == voxel
    for outside in ((-0.6, 0, 0), (12.6, 0, 0), (0, 10.6, 0), (0, 0, 8.6)):
        assert voxel_of(grid, grid.to_world(np.array(outside)).tolist()) is None


def test_prompts_hold_voxels_and_no_name_that_somebody_made_up() -> None:
    grid = geometry("oblique")

    def click(name: str, voxel: tuple[int, int, int], is_inside: bool = True) -> Click:
        x, y, z = grid.to_world(np.array(voxel)).tolist()
        return Click(name, (x, y, z), is_inside)

    given = ClickSet(
        ("Spleen", "Liver", "Clip of Mrs Miller"),
        (click("Liver", (1, 2, 3)), click("Liver", (4, 5, 6), False), click("Clip of Mrs Miller", (7, 8, 2))),
        only_around=True,
    )
    prompts, names = prompts_of(VISTA, given, grid)
    assert prompts == {
        "clicks": {"Liver": [[1, 2, 3]], "new 1": [[7, 8, 2]]},
        "outside": {"Liver": [[4, 5, 6]]},
        "labels": ["Spleen"],
        "new": ["new 1"],
        "only_around_clicks": True,
    }
    assert names == {"new 1": "Clip of Mrs Miller"}
    assert Prompts.of(prompts).clicked_names == ("Liver", "new 1")
    prompts, names = prompts_of(GROW, ClickSet(("Miller's cyst",), (click("Miller's cyst", (1, 1, 1)),)), grid)
    assert (prompts, names) == ({"clicks": {"new 1": [[1, 1, 1]]}}, {"new 1": "Miller's cyst"})
    assert prompts_of(DEEPEDIT, ClickSet(("Spleen",)), grid) == ({}, {})


def test_what_is_missing_is_said() -> None:
    at = (0.0, 0.0, 0.0)
    assert what_is_missing(DEEPEDIT, ClickSet(("Spleen",))) == ""
    assert "Choose a structure" in what_is_missing(VISTA, ClickSet())
    assert what_is_missing(VISTA, ClickSet(("Spleen",))) == ""
    assert "“Clip”" in what_is_missing(VISTA, ClickSet(("Clip",)))
    assert "“Clip”" in what_is_missing(VISTA, ClickSet(("Spleen", "Clip"), (Click("Clip", at, False),)))
    assert what_is_missing(VISTA, ClickSet(("Spleen",), (Click("Spleen", at, False),))) == ""
    assert what_is_missing(VISTA, ClickSet(("Clip",), (Click("Clip", at, True),))) == ""
    assert "Click inside" in what_is_missing(GROW, ClickSet())
    assert what_is_missing(GROW, ClickSet(("a",), (Click("a", at, True),))) == ""


def test_clicks_are_taken_back_and_brought_back() -> None:
    one, other = Click("a", (0.0, 0.0, 0.0), True), Click("b", (1.0, 0.0, 0.0), False)
    given = ClickSet(("a", "b")).with_click(one).with_click(other)
    assert given.without_last().clicks == (one,)
    assert given.without_last().with_undone() == given
    assert given.without_last().with_click(other).undone == ()
    assert given.without(one).clicks == (other,)
    assert given.without_structure("b") == ClickSet(("a",), (one,))
    assert given.clicks_of("b") == (other,)


def test_which_models_take_clicks() -> None:
    def described(prompts: tuple[str, ...], labels: tuple[str, ...] = (), channels: int = 1) -> ModelDescription:
        found = tuple(ModelLabel(n, name) for n, name in enumerate(labels, 1))
        images = (InputChannel("image"),) * channels
        kind = ModelFormat.MONAI_BUNDLE
        return ModelDescription(kind, "Name", "1", Task.SEGMENTATION, "", images, found, prompts=prompts)

    assert clicked_model("a", described(())) is None
    assert clicked_model("a", described(("clicks",), channels=2)) is None
    assert clicked_model("edit", described(("clicks",), ("Background", "Spleen"))) == ClickedModel(
        "edit", "Name", ("Spleen",)
    )
    assert clicked_model("v", described(("label", "clicks", "new"), ("Liver",))) == ClickedModel(
        "v", "Name", ("Liver",), may_choose=True, may_add=True
    )
    assert clicked_model("g", described(("clicks", "new", "slice"))) == ClickedModel(
        "g", "Name", may_add=True, needs_click=True, is_flat=True
    )
