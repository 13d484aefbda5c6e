import pytest

from imaging.errors import UserError
from session.look.cut import ClipPlane, Cut
from session.look.look import Look
from session.look.scene_description import SceneDescription, read_scene, scene_to_text
from session.look.segment_look import SegmentLook
from session.presentation import VolumeCamera, VolumeMode

SCENE = SceneDescription(
    image="study/ct",
    series="3",
    mode=VolumeMode.RAYCAST,
    look=Look(name="mine", cut=Cut((ClipPlane((1.0, 2.0, 3.0), (0.0, 0.0, 1.0)),))).with_segment(3, SegmentLook()),
    camera=VolumeCamera((0.0, -500.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    size_px=(640, 480),
)


def test_a_scene_comes_back_whole(tmp_path):
    path = tmp_path / "scene.json"
    path.write_text(scene_to_text(SCENE), "utf-8")
    assert read_scene(path) == SCENE


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"size_px": [1]}', '{"camera": {}}', "[" * 100_000])
def test_what_is_no_scene_is_refused(tmp_path, text):
    path = tmp_path / "scene.json"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError, match=r"scene\.json"):
        read_scene(path)
