"""Ray casting leaves nothing out: not where VTK leaps over empty space, and not after whatever was shown before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.geometry import Geometry
from render.cinematic.scene import ClassMap, ClassRecord, Field
from render.raycast.scene import RaycastScene
from render.raycast.volume import RaycastVolume
from render.volume_camera import fitted
from render.volume_renderer import Quality, VolumeRenderer
from render.volume_scene import VolumeSceneState, corners_mm
from session.look.cut import ClipPlane, CropBox, Cut
from session.look.lighting import Background, Material
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction

pytestmark = pytest.mark.usefixtures("opengl")

SIZE = (200, 200)
SHAPE = (66, 40, 70)
CELL = 11  # voxels from one block to the next
WHITE = (ColorPoint(0, (1, 1, 1)),)
BRIGHT = TransferFunction(WHITE, (OpacityPoint(700, 0), OpacityPoint(800, 0.99)))
MEDIUM = TransferFunction(WHITE, (OpacityPoint(200, 0), OpacityPoint(300, 0.99), OpacityPoint(600, 0)))
PLAIN = Look(transfer=BRIGHT, material=Material(surface=0.0), background=Background((0, 0, 0), (0, 0, 0)))


@pytest.fixture(params=[2, 3, 8])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """A machine with so many processors, as VTK sees it."""
    from vtkmodules.vtkCommonCore import vtkMultiThreader

    present = vtkMultiThreader.GetGlobalDefaultNumberOfThreads()
    vtkMultiThreader.SetGlobalDefaultNumberOfThreads(request.param)
    yield request.param
    assert vtkMultiThreader.GetGlobalDefaultNumberOfThreads() == request.param
    vtkMultiThreader.SetGlobalDefaultNumberOfThreads(present)


def blocks() -> tuple[NDArray[np.uint16], NDArray[np.uint8], list[tuple[int, int, int]]]:
    """Values, classes 1-3 in turn, and the middles (k, j, i) of blocks of 5 voxels, each at a depth of its own.

    Seen from the front no block hides another. Blocks of class 3 are less bright than the others.
    """
    values, classes = np.zeros(SHAPE, np.uint16), np.zeros(SHAPE, np.uint8)
    middles: list[tuple[int, int, int]] = []
    for k in range(5, SHAPE[0] - 5, CELL):
        for i in range(5, SHAPE[2] - 5, CELL):
            j = 4 + len(middles) * 17 % (SHAPE[1] - 8)
            place = tuple(slice(n - 2, n + 3) for n in (k, j, i))
            classes[place] = len(middles) % 3 + 1
            values[place] = 26000 if classes[k, j, i] == 3 else 60000
            middles.append((k, j, i))
    return values, classes, middles


def field_of(values: NDArray[np.uint16]) -> Field:
    """16-bit voxels of a millimetre that stand for 0 to 1000."""
    return Field(values, 0.0, 1000.0, np.eye(4), (1.0, 1.0, 1.0))


def picture(renderer: VolumeRenderer, scene: RaycastScene, quality: Quality) -> NDArray[np.int_]:
    camera = replace(fitted(corners_mm(Geometry(SHAPE, np.eye(4))), 1.0), view_angle_deg=1.0)
    focus, away = np.asarray(camera.focal_point_mm), np.array([0.0, -4500.0, 0.0])  # hardly any perspective
    state = VolumeSceneState(replace(camera, position_mm=tuple(focus + away)), raycast=scene)
    return renderer.render(state, SIZE, quality).rgb.astype(int)


def new_renderer(is_software: bool) -> VolumeRenderer:
    made = VolumeRenderer()
    made._raycast = RaycastVolume(made._renderer, is_software)
    return made


@pytest.mark.parametrize("has_segments", [False, True])
@pytest.mark.parametrize("quality", list(Quality))
def test_every_block_is_seen_whatever_number_of_processors(threads: int, quality: Quality, has_segments: bool) -> None:
    values, classes, middles = blocks()
    look = replace(PLAIN, transfer=TransferFunction(WHITE, (OpacityPoint(200, 0), OpacityPoint(300, 0.99))))
    scene = RaycastScene(field_of(values), None, (), look)
    if has_segments:
        records = tuple(ClassRecord(n, (255, 255, 255 - n)) for n in (1, 2, 3))
        look = replace(look, segment=SegmentLook(tint=1.0))
        scene = replace(scene, classes=ClassMap(classes, (1, 2, 3), np.full(4, 900.0)), records=records, look=look)
    renderer = new_renderer(is_software=True)
    shown = picture(renderer, scene, quality)
    renderer.close()
    scale = SIZE[1] / 2 / (4500 * np.tan(np.radians(0.5)))
    missing = [
        (k, j, i)
        for k, j, i in middles
        if shown[round(100 - (k - 32.5) * scale), round(100 + (i - 34.5) * scale)].min() < 150
    ]
    assert missing == []


def sequence() -> list[tuple[str, RaycastScene]]:
    """Scenes one after the other, in which something appears that was not there, or the other way round."""
    values, classes, _ = blocks()
    field = field_of(values)
    class_map = ClassMap(classes, (1, 2, 3), np.array([0.0, 900.0, 900.0, 400.0]))
    records = tuple(ClassRecord(n, c) for n, c in ((1, (230, 40, 40)), (2, (40, 210, 60)), (3, (60, 80, 240))))
    bright = PLAIN
    lit = replace(PLAIN, material=Material())
    organs = replace(lit, transfer=MEDIUM, segment=SegmentLook(tint=0.8, solidity=0.9))
    hidden = organs.with_segment(1, SegmentLook(Visibility.HIDDEN)).with_segment(3, SegmentLook(Visibility.HIDDEN))
    whole = RaycastScene(field, class_map, records, bright)
    turned = replace(whole, field=field_of(np.ascontiguousarray(values[::-1])), classes=None, records=())
    edges = replace(MEDIUM, gradient_opacities=(OpacityPoint(20.0, 0.0), OpacityPoint(100.0, 1.0)))
    looks = [
        ("plain", bright),
        ("other values", replace(bright, transfer=MEDIUM)),
        ("plain again", bright),
        ("organs", organs),
        ("segments hidden", hidden),
        ("others hidden", organs.with_segment(2, SegmentLook(Visibility.HIDDEN))),
        ("organs again", organs),
        ("box", replace(organs, cut=Cut(box=CropBox((0, 0, 0.5), (1, 1, 1))))),
        ("other box", replace(organs, cut=Cut(box=CropBox((0, 0, 0), (1, 1, 0.5))))),
        ("plane", replace(organs, cut=Cut((ClipPlane((34.5, 0, 0), (1, 0, 0)),)))),
        ("plane on plain", replace(bright, cut=Cut((ClipPlane((34.5, 0, 0), (-1, 0, 0)),)))),
        ("edges", replace(lit, transfer=edges)),
        ("edges of organs", replace(organs, transfer=edges)),
        ("uncut again", bright),
    ]
    scenes = [(name, replace(whole, look=look)) for name, look in looks]
    return [
        *scenes,
        ("new field", turned),
        ("new field, other values", replace(turned, look=replace(bright, transfer=MEDIUM))),
        ("first field", scenes[0][1]),
        ("new classes", replace(scenes[3][1], classes=replace(class_map, classes=np.ascontiguousarray(classes[::-1])))),
        ("first classes", scenes[3][1]),
    ]


def differing(
    is_software: bool, scenes: list[tuple[str, RaycastScene]], qualities: tuple[Quality, ...]
) -> list[object]:
    """Names of the scenes that look otherwise after those before them than in a new renderer, with how many pixels."""
    kept = new_renderer(is_software)
    found: list[object] = []
    for name, scene in scenes:
        for quality in qualities:
            fresh = new_renderer(is_software)
            expected = picture(fresh, scene, quality)
            fresh.close()
            assert expected.max() > 60, name
            away = np.abs(picture(kept, scene, quality) - expected).max(axis=-1) > 3
            if away.any():
                found.append((name, quality.value, int(away.sum())))
    kept.close()
    return found


@pytest.mark.parametrize(
    "qualities", [tuple(Quality), pytest.param((Quality.STILL,), marks=pytest.mark.slow)], ids=["both", "still"]
)
def test_a_picture_does_not_depend_on_those_before(qualities: tuple[Quality, ...]) -> None:
    assert differing(True, sequence(), qualities) == []


def test_hiding_and_showing_segments_keeps_the_colours_of_the_label_map() -> None:
    """VTK scales a label map by the number of labels there were when it was uploaded."""
    scenes = dict(sequence())
    names = ("others hidden", "organs again", "segments hidden")
    assert differing(False, [(name, scenes[name]) for name in names], (Quality.MOVING,)) == []


@pytest.mark.slow
@pytest.mark.parametrize("qualities", [(Quality.STILL,), tuple(Quality)], ids=["still", "both"])
def test_a_picture_of_the_graphics_card_does_not_depend_on_those_before(qualities: tuple[Quality, ...]) -> None:
    assert differing(False, sequence(), qualities) == []


@pytest.mark.parametrize("is_software", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_scenes_that_a_stage_has_not_drawn_do_not_disturb_it(is_software: bool) -> None:
    """While things move only the coarse stage draws: the fine one meets the last scene after many it never saw."""
    kept = new_renderer(is_software)
    scenes = dict(sequence())
    for last in ("organs", "plain", "box", "new field", "new classes"):
        for name in ("plain", "organs", "segments hidden", "edges", last):
            picture(kept, scenes[name], Quality.MOVING)
        fresh = new_renderer(is_software)
        expected = picture(fresh, scenes[last], Quality.STILL)
        fresh.close()
        assert np.abs(picture(kept, scenes[last], Quality.STILL) - expected).max() <= 3, last
    kept.close()
