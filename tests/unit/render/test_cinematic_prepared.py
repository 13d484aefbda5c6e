"""What a change of the scene makes again: never more than depends on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from traced_scenes import WHITE_SKY, ball_field, halves, looking_along_z, scene_of, solid_from, with_look

from render.cinematic import prepared
from render.cinematic.prepared import Preparer
from render.cinematic.scene import ClassRecord, TracedScene
from session.look.cut import CropBox, Cut
from session.look.lighting import Exposure, Lens, Lighting, Material
from session.look.segment_look import SegmentLook

pytestmark = pytest.mark.slow  # compiles

RECORDS = (ClassRecord(1, (255, 0, 0)), ClassRecord(2, (0, 0, 255)))
LIGHTS = Lighting(sky_top=(0.1, 0.2, 0.3))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what is computed."""
    counted: Counter[str] = Counter()

    def counting(name: str) -> Any:
        real = getattr(prepared, name)

        def call(*arguments: Any) -> Any:
            counted[name] += 1
            return real(*arguments)

        return call

    for name in ("value_bricks", "class_bricks", "majorants", "class_tables", "environment_of", "occupancy_of"):
        monkeypatch.setattr(prepared, name, counting(name))
    return counted


@pytest.fixture
def scene() -> TracedScene:
    field = ball_field()
    return scene_of(field, solid_from(400.0), classes=halves(field), records=RECORDS)


def test_a_change_of_the_look_finds_no_bricks_again(made: Counter[str], scene: TracedScene) -> None:
    preparer = Preparer()
    preparer.prepare(scene)
    made.clear()
    for n in range(1, 6):
        preparer.prepare(with_look(scene, transfer=scene.look.transfer.shifted(10.0 * n)))
    assert made["majorants"] == made["class_tables"] == 5
    assert not made["value_bricks"]
    assert not made["class_bricks"]
    assert not made["environment_of"]


@pytest.mark.parametrize(
    ("change", "computed"),
    [
        ({"camera": looking_along_z(covers_mm=50.0)}, set()),
        ({"size_px": (20, 30)}, set()),
        ({"seed": 5}, set()),
        ({"backdrop_mm": np.ones((48, 48), np.float32)}, set()),
        ({"look": {"lighting": replace(WHITE_SKY, azimuth_deg=3.0, strength=2.0)}}, set()),
        ({"look": {"exposure": Exposure(False, 1.0)}}, set()),
        ({"look": {"lens": Lens(5.0)}}, set()),
        ({"look": {"cut": Cut(box=CropBox((0.2, 0.0, 0.0)))}}, set()),
        ({"look": {"lighting": LIGHTS}}, {"environment_of"}),
        ({"look": {"material": Material(gloss=0.9)}}, {"class_tables", "majorants"}),
        ({"look": {"segment": SegmentLook(tint=0.5)}}, {"class_tables", "majorants"}),
    ],
)
def test_nothing_is_made_that_does_not_depend_on_the_change(
    made: Counter[str], scene: TracedScene, change: dict[str, Any], computed: set[str]
) -> None:
    preparer = Preparer()
    before = preparer.prepare(scene)
    made.clear()
    change = dict(change)
    look = change.pop("look", {})
    after = preparer.prepare(with_look(replace(scene, **change), **look))
    assert set(made) <= computed
    assert after.values is before.values
    assert after.classes is before.classes
    assert after.occupancy is before.occupancy


def test_another_image_makes_all_of_it_again(made: Counter[str], scene: TracedScene) -> None:
    preparer = Preparer()
    before = preparer.prepare(scene)
    made.clear()
    field = ball_field(24)
    after = preparer.prepare(replace(scene, field=field, classes=halves(field)))
    assert {"value_bricks", "class_bricks", "majorants", "class_tables"} <= set(made)
    for name in ("values", "classes", "bounds", "table", "occupancy", "parameters"):
        assert getattr(after, name) is not getattr(before, name), name
    assert after.sky is before.sky
