"""From samples to ever better pictures: stages, exposure, and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from traced_scenes import ball_field, looking_along_z, scene_of, solid_from, with_look

from render.cinematic.finish import gradient
from render.cinematic.painter import FOLLOWS, Effort, Painted, Painter, stages
from render.cinematic.scene import LinearPicture, TracedScene
from session.look.lighting import Exposure

SIZE = (24, 20)


class FakeTracer:
    """Pictures of one grey in their middle, and a record of what it was asked for."""

    name = "fake"
    device = "none"

    def __init__(self) -> None:
        self.shown: list[TracedScene] = []
        self.light = 0.18
        self.noise = 1.0
        self.samples = 0
        self.most = 10**6
        self.trouble: Exception | None = None
        self.is_closed = False

    def show(self, scene: TracedScene) -> None:
        self.shown.append(scene)
        self.samples = 0
        if self.trouble is not None:
            raise self.trouble

    def sample(self, count: int, is_wanted: Callable[[], bool] = lambda: True) -> int:
        added = 0
        while added < count and is_wanted() and self.samples < self.most:
            self.samples += 1
            added += 1
        return added

    def picture(self) -> LinearPicture:
        rgba = np.zeros((SIZE[1], SIZE[0], 4), np.float32)
        rgba[4:16, 4:20] = (self.light, self.light, self.light, 1.0)
        return LinearPicture(rgba, self.samples, self.noise)

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def tracer() -> FakeTracer:
    return FakeTracer()


@pytest.fixture
def painter(tracer: FakeTracer) -> Iterator[Painter]:
    made = Painter(tracer, None)
    yield made
    made.close()
    assert tracer.is_closed


@pytest.fixture(scope="module")
def scene() -> TracedScene:
    return scene_of(ball_field(16), solid_from(400.0), size_px=SIZE)


def counts(pictures: Iterator[Painted]) -> list[tuple[int, bool]]:
    return [(painted.samples, painted.is_final) for painted in pictures]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 1, [1]),
        (1, 8, [1, 2, 4, 8]),
        (1, 100, [1, 2, 4, 8, 16, 32, 64, 100]),
        (4, 20, [4, 8, 16, 20]),
        (0, 2, [1, 2]),
        (8, 2, [8]),
    ],
)
def test_pictures_come_whenever_the_samples_have_doubled(first: int, last: int, expected: list[int]) -> None:
    assert stages(first, last) == expected


def test_pictures_get_better_until_there_are_enough_samples(painter: Painter, scene: TracedScene) -> None:
    assert counts(painter.paint(scene, effort=Effort(6))) == [(1, False), (2, False), (4, False), (6, True)]


def test_it_stops_when_more_samples_would_not_be_seen(painter: Painter, tracer: FakeTracer, scene: TracedScene) -> None:
    pictures = painter.paint(scene, effort=Effort(256))
    assert not next(pictures).is_final
    tracer.noise = 0.001
    assert counts(pictures) == [(2, True)]


def test_while_things_move_there_is_one_picture(painter: Painter, scene: TracedScene) -> None:
    assert counts(painter.paint(scene, effort=Effort(256, 1, is_moving=True))) == [(1, True)]


def test_the_same_scene_goes_on_where_it_was(painter: Painter, tracer: FakeTracer, scene: TracedScene) -> None:
    list(painter.paint(scene, effort=Effort(8)))
    assert counts(painter.paint(replace(scene), effort=Effort(32))) == [(8, False), (16, False), (32, True)]
    assert len(tracer.shown) == 1
    assert counts(painter.paint(replace(scene, seed=9), effort=Effort(2))) == [(1, False), (2, True)]
    assert len(tracer.shown) == 2


def test_nothing_comes_once_it_is_not_wanted(painter: Painter, tracer: FakeTracer, scene: TracedScene) -> None:
    assert counts(painter.paint(scene, effort=Effort(8), is_wanted=lambda: False)) == []
    answers = iter([True] * 4)
    came = counts(painter.paint(scene, effort=Effort(64), is_wanted=lambda: next(answers, False)))
    assert [samples for samples, _ in came] == [1, 2]
    assert tracer.samples == 2


def test_a_tracer_that_failed_to_show_a_scene_is_asked_again(
    painter: Painter, tracer: FakeTracer, scene: TracedScene
) -> None:
    tracer.trouble = RuntimeError("no")
    with pytest.raises(RuntimeError):
        next(painter.paint(scene))
    tracer.trouble = None
    assert counts(painter.paint(scene, effort=Effort(1))) == [(1, True)]
    assert len(tracer.shown) == 2


# --- what is behind, and how bright it is


def test_what_is_not_covered_is_the_backdrop_or_the_look_s_background(painter: Painter, scene: TracedScene) -> None:
    (plain,) = painter.paint(scene, effort=Effort(1))
    ground = gradient(scene.look.background, SIZE)
    assert (plain.rgb[:4] == ground[:4]).all()
    assert (plain.rgb[6:14, 6:18] != ground[6:14, 6:18]).any()
    behind = np.full((SIZE[1], SIZE[0], 3), 77, np.uint8)
    (backed,) = painter.paint(replace(scene, seed=3), behind, Effort(1))
    assert (backed.rgb[:4] == 77).all()
    assert (backed.rgb[6:14, 6:18] == plain.rgb[6:14, 6:18]).all()


def test_automatic_exposure_evens_out_how_bright_a_scene_is(
    painter: Painter, tracer: FakeTracer, scene: TracedScene
) -> None:
    shades = []
    for light in (0.02, 0.2, 2.0):
        tracer.light = light
        look = replace(scene.look, lighting=replace(scene.look.lighting, strength=light))
        (painted,) = painter.paint(replace(scene, look=look), effort=Effort(1))
        shades.append(int(painted.rgb[10, 10, 0]))
    assert max(shades) - min(shades) <= 2
    assert 150 < shades[0] < 250


def test_exposure_follows_slowly_when_only_the_camera_moved(
    painter: Painter, tracer: FakeTracer, scene: TracedScene
) -> None:
    list(painter.paint(scene, effort=Effort(1)))
    before = painter.exposure(scene.look)
    tracer.light *= 4
    moved = replace(scene, camera=looking_along_z(covers_mm=60.0))
    list(painter.paint(moved, effort=Effort(1, 1, is_moving=True)))
    assert painter.exposure(scene.look) == before  # nothing flickers while something is dragged
    list(painter.paint(replace(moved, camera=looking_along_z(covers_mm=61.0)), effort=Effort(1)))
    assert painter.exposure(scene.look) == pytest.approx(before * 0.25**FOLLOWS, rel=0.05)
    list(painter.paint(with_look(moved, ghost=0.5), effort=Effort(1)))
    assert painter.exposure(scene.look) == pytest.approx(before / 4, rel=0.01)


def test_exposure_stays_while_a_picture_gets_better(painter: Painter, tracer: FakeTracer, scene: TracedScene) -> None:
    pictures = painter.paint(scene, effort=Effort(8))
    next(pictures)
    before = painter.exposure(scene.look)
    tracer.light *= 2
    list(pictures)
    assert painter.exposure(scene.look) == before


def test_exposure_by_hand_is_that(painter: Painter, tracer: FakeTracer, scene: TracedScene) -> None:
    by_hand = with_look(scene, exposure=Exposure(False, 2.0))
    for light in (0.1, 0.4):
        tracer.light = light
        list(painter.paint(replace(by_hand, seed=int(light * 10)), effort=Effort(1)))
        assert painter.exposure(by_hand.look) == pytest.approx(4.0)
