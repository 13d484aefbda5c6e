"""Movies: where the camera goes, looks between looks, and the file."""

import io
import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageSequence

from imaging.errors import UserError
from render.movie_looks import look_between
from render.movie_path import KeyFrame, KeyFrames, TurnAxis, Turntable, camera_between, read_keys
from render.mp4 import encode_mp4
from render.volume_camera import axes_of
from session.look.cut import ClipPlane, CropBox, Cut
from session.look.json_form import to_json
from session.look.lighting import Exposure
from session.look.look import Look
from session.look.segment_look import SegmentLook, Visibility
from session.look.transfer_function import ColorPoint, OpacityPoint, TransferFunction
from session.presentation import VolumeCamera

FRONT = VolumeCamera((10.0, -500.0, 30.0), (10.0, 0.0, 30.0), (0.0, 0.0, 1.0))
TILTED = VolumeCamera((110.0, -480.0, 230.0), (10.0, 20.0, 30.0), (0.1, 0.2, 1.0), 25.0)


def distance(camera: VolumeCamera) -> float:
    return float(np.linalg.norm(np.subtract(camera.position_mm, camera.focal_point_mm)))


def test_a_quarter_of_a_turn_shows_what_was_at_the_right() -> None:
    moments = Turntable().moments(FRONT, Look(), 4)
    assert np.allclose(moments[0].camera.position_mm, FRONT.position_mm)
    right = axes_of(FRONT)[0]
    assert np.allclose(moments[1].camera.position_mm, np.add(FRONT.focal_point_mm, 500 * right))
    assert np.allclose(moments[2].camera.position_mm, (10.0, 500.0, 30.0))
    back = Turntable(-1.0).moments(FRONT, Look(), 4)
    assert np.allclose(back[1].camera.position_mm, moments[3].camera.position_mm)


@pytest.mark.parametrize("axis", TurnAxis)
def test_a_turn_is_even_and_closes(axis) -> None:
    cameras = [m.camera for m in Turntable(2.0, axis).moments(TILTED, Look(), 24)]
    places = np.array([c.position_mm for c in cameras])
    steps = np.linalg.norm(np.diff(np.vstack([places, places[:1]]), axis=0), axis=1)
    assert np.allclose(steps, steps[0])
    assert np.allclose([distance(c) for c in cameras], distance(TILTED))
    for camera in cameras:
        assert np.allclose(np.linalg.norm(camera.view_up), np.linalg.norm(TILTED.view_up))
    if axis is TurnAxis.VIEW:
        assert np.allclose([axes_of(c)[1] for c in cameras], axes_of(TILTED)[1])


def test_a_camera_on_its_way_keeps_its_ends_and_its_mean_distance() -> None:
    far = replace(TILTED, position_mm=(3000.0, 20.0, 30.0), view_up=(0.0, 0.0, 1.0))
    for t, end in ((0.0, FRONT), (1.0, far)):
        found = camera_between(FRONT, far, t)
        assert np.allclose(found.position_mm, end.position_mm)
        assert np.allclose(axes_of(found), axes_of(end))
    middle = camera_between(FRONT, far, 0.5)
    assert distance(middle) == pytest.approx(np.sqrt(distance(FRONT) * distance(far)))
    angles = [np.arccos(np.clip(axes_of(middle)[2] @ axes_of(c)[2], -1, 1)) for c in (FRONT, far)]
    assert angles[0] == pytest.approx(angles[1])


def test_key_frames_rest_at_the_keys_and_come_on_time() -> None:
    side = replace(FRONT, position_mm=(510.0, 0.0, 30.0))
    keys = (KeyFrame(FRONT, None, 1.0), KeyFrame(side, None, 2.0), KeyFrame(FRONT, None, 5.0))
    moments = KeyFrames(keys).moments(Look(), 41)
    assert np.allclose(moments[10].camera.position_mm, side.position_mm, atol=1e-6)
    places = np.array([m.camera.position_mm for m in moments])
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert steps[[0, 9, 10, 39]].max() < 0.2 * steps.max()
    assert np.allclose(places[[0, 40]], FRONT.position_mm)
    assert len(KeyFrames(keys[:1]).moments(Look(), 5)) == 5


def test_looks_begin_at_their_keys_and_stay() -> None:
    bright = Look(exposure=Exposure(is_automatic=False, stops=2.0))
    dark = replace(bright, exposure=Exposure(is_automatic=False, stops=0.0))
    keys = KeyFrames((KeyFrame(FRONT), KeyFrame(FRONT, bright), KeyFrame(FRONT)))
    stops = [m.look.exposure.stops for m in keys.moments(dark, 21)]
    assert stops[0] == 0.0
    assert stops[5] == pytest.approx(1.0)
    assert stops[10:] == [2.0] * 11


def test_between_two_looks() -> None:
    plane = ClipPlane((0.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    curve = TransferFunction((ColorPoint(0.0, (0.0, 0.0, 0.0)),), (OpacityPoint(0.0, 0.0), OpacityPoint(100.0, 1.0)))
    a = Look(name="a", ghost=0.1, transfer=curve, cut=Cut((plane,), CropBox((0.0, 0.0, 0.0))))
    b = replace(
        a, name="b", ghost=0.3, transfer=curve.shifted(50),
        cut=Cut((ClipPlane((0.0, 0.0, 40.0), (1.0, 0.0, 0.0)),), CropBox((0.5, 0.0, 0.0))),
    )  # fmt: skip
    middle = look_between(a, b, 0.5)
    assert middle.ghost == pytest.approx(0.2)
    assert middle.transfer == curve.shifted(25)
    assert middle.cut.planes[0].point_mm == (0.0, 0.0, 20.0)
    assert np.allclose(middle.cut.planes[0].normal, (np.sqrt(0.5), np.sqrt(0.5), 0.0))
    assert middle.cut.box.low[0] == pytest.approx(0.25)
    assert (look_between(a, b, 0.4).name, middle.name) == ("a", "b")
    assert look_between(a, b, 0.0) is a
    assert look_between(a, b, 1.0) is b


def test_what_has_no_middle_changes_at_one_half() -> None:
    plane = ClipPlane((0.0, 0.0, 0.0), (0.0, 1.0, 0.0))
    a = Look(cut=Cut((plane,))).with_segment(1, SegmentLook(tint=0.2))
    b = Look(rest=SegmentLook(Visibility.HIDDEN)).with_segment(2, SegmentLook(tint=0.8))
    for t, end in ((0.3, a), (0.7, b)):
        found = look_between(a, b, t)
        assert (found.cut.planes, found.segments) == (end.cut.planes, end.segments)
        assert found.rest.visibility is end.rest.visibility
    turned = Look(cut=Cut((ClipPlane((0.0, 0.0, 0.0), (0.0, -1.0, 0.0)),)))
    assert look_between(Look(cut=Cut((plane,))), turned, 0.5).cut.planes[0].normal == (0.0, -1.0, 0.0)


def test_key_frames_come_back_from_a_file(tmp_path) -> None:
    keys = (KeyFrame(FRONT, Look(ghost=0.02), 0.0), KeyFrame(TILTED, None, 3.5))
    (tmp_path / "k.json").write_text(json.dumps({"keys": [to_json(key) for key in keys]}))
    found = read_keys(tmp_path / "k.json")
    assert found == KeyFrames(keys)
    assert found.seconds == 3.5
    (tmp_path / "k.json").write_text("{}")
    with pytest.raises(UserError):
        read_keys(tmp_path / "k.json")


def moving_square(count, size=(64, 48)):
    for n in range(count):
        frame = np.full((size[1], size[0], 3), (40, 60, 90), np.uint8)
        frame[10:30, 4 * n : 4 * n + 16] = (220, 180, 60)
        yield frame


def boxes(data, start=0, end=None):
    end = len(data) if end is None else end
    while start < end:
        length, kind = struct.unpack_from(">I4s", data, start)
        yield kind.decode(), start + 8, start + length
        if kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
            yield from boxes(data, start + 8, start + length)
        start += length


def test_the_file_says_what_it_holds() -> None:
    data = encode_mp4(moving_square(7), 7, 12.5)
    found = {kind: data[start:end] for kind, start, end in boxes(data)}
    assert list(found)[:2] == ["ftyp", "moov"]
    assert found["hdlr"][8:12] == b"vide"
    assert struct.unpack(">2I", found["stts"][8:16]) == (7, 7200)  # of 90,000 ticks a second
    assert struct.unpack(">II", found["mvhd"][12:20]) == (90_000, 7 * 7200)
    assert struct.unpack(">II", found["tkhd"][-8:]) == (64 << 16, 48 << 16)
    sizes = struct.unpack(">7I", found["stsz"][12:])
    assert sum(sizes) == len(found["mdat"])
    (first,) = struct.unpack(">I", found["stco"][8:12])
    assert data[first : first + 3] == data[data.index(b"mdat") + 4 :][:3]
    assert data[first] == 0x12  # a temporal delimiter begins every AV1 sample


def test_the_pictures_come_back_in_order() -> None:
    """By Pillow, which reads them when the file's brand says that it is a sequence of pictures."""
    data = encode_mp4(moving_square(7), 7, 25)
    as_pictures = data.replace(b"isomiso2av01mp41", b"avisavisav01msf1", 1).replace(b"ftypisom", b"ftypavis", 1)
    with Image.open(io.BytesIO(as_pictures)) as sequence:
        frames = [np.asarray(frame.convert("RGB")).astype(int) for frame in ImageSequence.Iterator(sequence)]
    assert len(frames) == 7
    for found, wanted in zip(frames, moving_square(7), strict=True):
        assert np.abs(found - wanted).mean() < 6


def test_what_is_no_movie() -> None:
    with pytest.raises(ValueError):
        encode_mp4(moving_square(1), 1, 25)
    with pytest.raises(ValueError):
        encode_mp4(iter([np.zeros((8, 8, 3), np.uint8), np.zeros((8, 6, 3), np.uint8)]), 2, 25)


def test_a_frame_that_fails_is_told() -> None:
    def frames():
        yield np.zeros((16, 16, 3), np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_mp4(frames(), 5, 25)
