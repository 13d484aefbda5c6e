"""`limner render` and `limner movie` on a small torso: the files they make, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from PIL import Image

from app import cli
from imaging.case.case import Case
from imaging.case.images import ImageReference
from imaging.edit import AddSegment, PaintEdit
from imaging.geometry import Box
from imaging.measurement import Measurement, MeasurementKind
from imaging.measurements import AddMeasurement
from imaging.phantom.series import write_dicom_series
from imaging.phantom.torso import make_torso
from imaging.segment import Segment
from render.graphics_probe import probed
from session.document import Document
from session.look.presets import look_for, preset_named
from session.presentation import PresentationState, VolumeCamera
from session.reading import choose_series, read_volumes_of

QUICK = ("--size", "40x32", "--spp", 2, "--no-denoise", "--backend", "numba")
CAMERA = {"position_mm": [0, -900, 0], "focal_point_mm": [0, 0, 0], "view_up": [0, 0, 1], "view_angle_deg": 30}


class Limner:
    """Runs commands in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object, status: int = 0) -> str:
        """Run one; returns what it said on stdout, and on stderr when it fails."""
        found = cli.main([str(word) for word in words])
        said = self._capsys.readouterr()
        assert found == status, said.err
        return said.err if status else said.out

    def json(self, *words: object) -> Any:
        return json.loads(self(*words, "--json"))

    def refused(self, *words: object) -> str:
        """Run what must be refused; returns the error line."""
        lines = self(*words, status=2).splitlines()
        errors = [line for line in lines if line.startswith("error: ")]
        assert len(errors) == 1
        assert all(line.startswith(("error: ", "hint: ")) for line in lines)
        return errors[0]


@pytest.fixture
def limner(capsys: pytest.CaptureFixture[str]) -> Limner:
    return Limner(capsys)


@pytest.fixture(scope="module")
def torso(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DICOM series of a very small torso."""
    folder = tmp_path_factory.mktemp("torso")
    write_dicom_series(make_torso(scale=0.15).volume, folder)
    return folder


@pytest.fixture(scope="module")
def case(torso: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with two segments, looked at from the left with the skin's look; one segment is hidden."""
    path = tmp_path_factory.mktemp("case") / "torso.limner"
    series = choose_series(torso, None)
    volume = read_volumes_of(series)[0]
    made = Case.create(path, volume.geometry, [ImageReference(str(torso), series.id, "CT", "torso")])
    document = Document([volume], made, author="test")
    k, j, i = volume.geometry.shape
    for number, name in ((1, "front"), (2, "back")):
        document.apply(AddSegment(Segment(number, name, (200, 60, 60))), title=name, tool="segment.add")
        box = Box(0, k, 0, j // 2, 0, i) if number == 1 else Box(0, k, j // 2, j, 0, i)
        document.apply(PaintEdit(number, box, np.ones(box.shape, bool)), title=name, tool="brush")
    one, other = ((250.0, y, 0.0) for y in (-40.0, 40.0))  # before the camera's eyes, beside the patient
    ruler = Measurement(1, MeasurementKind.LENGTH, (one, other), (0.0, 0.0, 1.0), "Length 1", (0, 255, 0))
    document.apply(AddMeasurement(ruler), title="Measure Length 1", tool="measure.length")
    shown = PresentationState(
        volume_camera=VolumeCamera((900.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
        look=look_for(preset_named("ct-skin"), volume),
        hidden_segments=frozenset({2}),
    )
    document.case.journal.flush()
    document.case.journal.save_state("presentation", shown.to_text())
    document.close()
    return path


def picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


@pytest.mark.parametrize("backend", ["numba", "glsl"])
def test_a_cinematic_picture(limner, torso, tmp_path, backend) -> None:
    if backend == "glsl" and not probed().is_available:
        pytest.skip("no OpenGL")
    record = limner.json(
        "render", torso, "-o", tmp_path / "p.png", "--size", "64x48", "--spp", 3, "--backend", backend,
        "--preset", "ct-bone", "--camera", "left",
    )  # fmt: skip
    assert (record["size"], record["samples"], record["backend"]) == ([64, 48], 3, backend)
    assert record["device"]
    assert record["denoiser"]
    assert picture(tmp_path / "p.png").shape == (48, 64, 3)
    assert picture(tmp_path / "p.png").std() > 5


def test_a_ray_cast_picture_with_and_without_background(limner, torso, tmp_path) -> None:
    if not probed().is_available:
        pytest.skip("no OpenGL")
    words = ("render", torso, "--mode", "raycast", "--preset", "ct-bone", "--size", "60x50")
    assert limner.json(*words, "-o", tmp_path / "p.tiff")["backend"] == "vtk"
    limner(*words, "-o", tmp_path / "clear.png", "--transparent")
    opaque, clear = picture(tmp_path / "p.tiff"), picture(tmp_path / "clear.png")
    assert opaque.shape == (50, 60, 3)
    assert clear.shape == (50, 60, 4)
    assert (clear[0, 0, 3], clear[..., 3].max()) == (0, 255)
    solid = clear[..., 3] == 255
    assert np.abs(opaque - clear[..., :3])[solid].max() <= 3


def test_transparent_pictures_carry_the_mark(limner, torso, tmp_path) -> None:
    limner("render", torso, "-o", tmp_path / "p.png", *QUICK, "--transparent", "--mark", "top-left", "--zoom", 0.1)
    alpha = picture(tmp_path / "p.png")[..., 3]
    assert alpha[:10, :20].max() > 100
    assert alpha[-8:, -8:].max() == 0


def test_the_same_seed_gives_the_same_picture(limner, torso, tmp_path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        limner("render", torso, "-o", tmp_path / f"{name}.png", *QUICK, "--seed", seed)
    a, b, c = (picture(tmp_path / f"{name}.png") for name in "abc")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_segments_ghosts_and_cuts_change_the_picture(limner, case, tmp_path) -> None:
    pictures = []
    for n, words in enumerate(
        ((), ("--segments", "front"), ("--ghost", "FRONT"), ("--clip", "left:50%"), ("--segments", "front,back"))
    ):
        limner("render", case, "-o", tmp_path / f"{n}.png", *QUICK, *words)
        pictures.append(picture(tmp_path / f"{n}.png"))
    for n, one in enumerate(pictures):
        assert all(np.abs(one - other).mean() > 0.3 for other in pictures[n + 1 :])


def test_a_case_is_drawn_as_it_was_last_seen(limner, case, torso, tmp_path) -> None:
    (tmp_path / "camera.json").write_text(json.dumps({"camera": {**CAMERA, "position_mm": [900, 0, 0]}}))
    limner("render", case, "-o", tmp_path / "case.png", *QUICK)
    said = ("--camera", tmp_path / "camera.json", "--preset", "ct-skin", "--segments", "front,rest")
    limner("render", case, "-o", tmp_path / "said.png", *QUICK, "--camera", tmp_path / "camera.json")
    limner("render", torso, "-o", tmp_path / "image.png", *QUICK, *said[:4])
    limner("render", case, "-o", tmp_path / "front.png", *QUICK, "--camera", "anterior")
    seen = picture(tmp_path / "case.png")
    assert np.array_equal(seen, picture(tmp_path / "said.png"))
    assert np.abs(seen - picture(tmp_path / "image.png")).mean() > 1  # the half that is hidden
    assert np.abs(seen - picture(tmp_path / "front.png")).mean() > 1


def test_dicom_in_the_study_of_the_series(limner, torso, tmp_path) -> None:
    limner("render", torso, "-o", tmp_path / "p.dcm", *QUICK)
    limner("render", torso, "-o", tmp_path / "p.png", *QUICK)
    found, source = pydicom.dcmread(tmp_path / "p.dcm"), pydicom.dcmread(next(torso.iterdir()))
    assert found.StudyInstanceUID == source.StudyInstanceUID
    assert found.PatientID == source.PatientID
    assert "2 samples" in found.DerivationDescription
    assert np.array_equal(found.pixel_array, picture(tmp_path / "p.png"))
    assert "without" in limner("render", torso, "-o", tmp_path / "t.dcm", "--transparent", status=2)


def test_a_turntable_is_a_movie(limner, torso, tmp_path) -> None:
    record = limner.json("movie", torso, "-o", tmp_path / "m.mp4", *QUICK, "--seconds", 0.4, "--fps", 10)
    assert (record["frames"], record["size"], record["fps"]) == (4, [40, 32], 10)
    data = (tmp_path / "m.mp4").read_bytes()
    assert data[4:8] == b"ftyp"
    assert b"av01" in data
    assert data.index(b"moov") < data.index(b"mdat")
    assert [f.name for f in tmp_path.iterdir()] == ["m.mp4"]


def test_frames_go_on_where_they_were_stopped(limner, torso, tmp_path) -> None:
    out = tmp_path / "frames"
    words = ("movie", torso, "-o", out, *QUICK, "--seconds", 0.3, "--fps", 10)
    assert limner.json(*words)["drawn"] == 3
    frames = {f.name: f.read_bytes() for f in sorted(out.glob("*.png"))}
    assert list(frames) == ["frame-00001.png", "frame-00002.png", "frame-00003.png"]
    assert len(set(frames.values())) == 3
    (out / "frame-00002.png").unlink()
    assert limner.json(*words)["drawn"] == 1
    assert (out / "frame-00002.png").read_bytes() == frames["frame-00002.png"]
    assert "other files" in limner.refused(*words, "--seed", 1)


def test_key_frames_begin_and_end_at_their_cameras(limner, torso, tmp_path) -> None:
    ends = [CAMERA, {**CAMERA, "position_mm": [500, 0, 0]}]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [{"camera": camera} for camera in ends]}))
    fixed = ("--preset", tmp_path / "look.json")
    preset = {"look": {"transfer": {"opacities": [{"value": 100, "opacity": 0}, {"value": 300, "opacity": 0.9}]}}}
    preset["look"]["exposure"] = {"is_automatic": False, "stops": 0.5}
    (tmp_path / "look.json").write_text(json.dumps(preset))
    limner(
        "movie", torso, "-o", tmp_path / "f", *QUICK, *fixed, "--keys", tmp_path / "keys.json",
        "--seconds", 0.3, "--fps", 10,
    )  # fmt: skip
    for name, camera in (("frame-00001", ends[0]), ("frame-00003", ends[1])):
        (tmp_path / "camera.json").write_text(json.dumps(camera))
        limner("render", torso, "-o", tmp_path / "p.png", *QUICK, *fixed, "--camera", tmp_path / "camera.json")
        assert np.abs(picture(tmp_path / "p.png") - picture(tmp_path / "f" / f"{name}.png")).mean() < 0.5


def test_odd_sizes_are_made_even_for_players(limner, torso, tmp_path) -> None:
    words = ("--size", "41x33", "--spp", 1, "--no-denoise", "--backend", "numba", "--seconds", 0.2, "--fps", 10)
    assert limner.json("movie", torso, "-o", tmp_path / "m.mp4", *words)["size"] == [40, 32]


def test_stopping_leaves_no_half_movie(limner, torso, tmp_path, monkeypatch) -> None:
    from app.pictures.artist import Artist

    drawn = []
    paint = Artist.paint

    def stopped(self: Artist, *arguments: Any) -> Any:
        if len(drawn) == 2:
            raise KeyboardInterrupt
        drawn.append(1)
        return paint(self, *arguments)

    monkeypatch.setattr(Artist, "paint", stopped)
    assert "Stopped" in limner("movie", torso, "-o", tmp_path / "m.mp4", *QUICK, "--seconds", 1, status=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-o", "p.jpg"), "not written"),
        (("-o", "nowhere/p.png"), "no folder"),
        (("-o", "p.png", "--preset", "ct-nothing"), "preset"),
        (("-o", "p.png", "--camera", "below"), "view"),
        (("-o", "p.png", "--segments", "liver"), "no segment"),
        (("-o", "p.png", "--ghost", "liver"), "no segment"),
        (("-o", "p.png", "--size", "40"), "no size"),
        (("-o", "p.png", "--size", "4x4"), "cannot be drawn"),
        (("-o", "p.png", "--size", "99999x99999"), "cannot be drawn"),
        (("-o", "p.png", "--clip", "up:30"), "no cut"),
        (("-o", "p.png", "--clip", "left:nan"), "no cut"),
        (("-o", "p.png", "--spp", "0"), "samples"),
        (("-o", "p.png", "--zoom", "nan"), "zoom"),
        (("-o", "p.png", "--window", "40"), "no window"),
        (("-o", "p.png", "--window", "nan,inf"), "no window"),
        (("-o", "p.png", "--backend", "vtk"), "paths"),
        (("-o", "p.png", "--mode", "raycast"), "only draws cinematic"),
        (("-o", "p.png", "--mode", "oil"), "invalid choice"),
        (("-o", "p.png", "--series", "1.2"), "no image series"),
    ],
)
def test_mistakes_are_one_error_line(limner, torso, tmp_path, monkeypatch, words, says) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in limner.refused("render", torso, *QUICK, *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-o", "m.avi"), "not written"),
        (("-o", "m.mp4", "--fps", "0"), "frames a second"),
        (("-o", "m.mp4", "--fps", "nan"), "frames a second"),
        (("-o", "m.mp4", "--seconds", "0"), "seconds"),
        (("-o", "m.mp4", "--seconds", "nan"), "seconds"),
        (("-o", "m.mp4", "--seconds", "1e9"), "seconds"),
        (("-o", "m.mp4", "--turns", "inf"), "turns"),
        (("-o", "m.mp4", "--keys", "none.json"), "no file"),
        (("-o", "m.mp4", "--keys", "keys.json", "--turntable"), "not allowed"),
        (("-o", "m.mp4", "--axis", "x"), "invalid choice"),
    ],
)
def test_mistakes_in_movies(limner, torso, tmp_path, monkeypatch, words, says) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in limner.refused("movie", torso, *QUICK, *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"keys": []}',
        '{"keys": [3]}',
        '{"keys": [{}]}',
        '{"keys": [{"camera": {"position_mm": [0, 0]}}]}',
        json.dumps({"keys": [{"camera": {**CAMERA, "position_mm": [0, 0, 0]}}]}),
        json.dumps({"keys": [{"camera": {**CAMERA, "view_up": [0, 1, 0]}}]}),
        json.dumps({"keys": [{"camera": CAMERA, "seconds": 1}, {"camera": CAMERA, "seconds": 1}]}),
        json.dumps({"keys": [{"camera": CAMERA, "look": {"ghost": 7}}]}),
        json.dumps({"keys": [{"camera": {**CAMERA, "view_angle_deg": 1e400}}]}),
        "[" * 100_000,
    ],
)
def test_hostile_key_frames(limner, torso, tmp_path, text) -> None:
    (tmp_path / "keys.json").write_text(text)
    limner.refused("movie", torso, "-o", tmp_path / "m.mp4", *QUICK, "--keys", tmp_path / "keys.json")
    assert not (tmp_path / "m.mp4").exists()


@pytest.mark.parametrize("text", ["", "[]", "3", '{"camera": 4}', '{"position_mm": [0, 0, 0]}', "[" * 100_000, "\xff"])
def test_hostile_cameras(limner, torso, tmp_path, text) -> None:
    (tmp_path / "camera.json").write_bytes(text.encode("latin-1"))
    limner.refused("render", torso, "-o", tmp_path / "p.png", *QUICK, "--camera", tmp_path / "camera.json")


def test_images_that_are_no_volumes_of_values(limner, tmp_path) -> None:
    colour = sitk.GetImageFromArray(np.zeros((4, 5, 6, 3), np.uint8), isVector=True)
    sitk.WriteImage(colour, str(tmp_path / "rgb.mha"))
    assert "no values" in limner.refused("render", tmp_path / "rgb.mha", "-o", tmp_path / "p.png", *QUICK)
    (tmp_path / "junk.nii").write_bytes(b"\0" * 400)
    (tmp_path / "junk.limner").write_bytes(b"SQLite format 3\0 and no more")
    for name in ("junk.nii", "junk.limner", "missing"):
        limner.refused("render", tmp_path / name, "-o", tmp_path / "p.png", *QUICK)
        limner.refused("movie", tmp_path / name, "-o", tmp_path / "m.mp4", *QUICK)


def test_a_flat_image_gives_a_picture(limner, tmp_path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.full((1, 6, 6), 7, np.int16)), str(tmp_path / "flat.nii"))
    limner("render", tmp_path / "flat.nii", "-o", tmp_path / "p.png", *QUICK)
    assert picture(tmp_path / "p.png").shape == (32, 40, 3)


def test_a_saved_scene_makes_the_same_picture_again_and_options_come_before_it(
    limner: Limner, torso: Path, tmp_path: Path
) -> None:
    first, again, other, scene = (tmp_path / name for name in ("a.png", "b.png", "c.png", "scene.json"))
    limner("render", torso, "-o", first, *QUICK, "--preset", "ct-bone", "--camera", "left", "--clip", "left:30%",
           "--seed", 5, "--save-scene", scene)  # fmt: skip
    quickly = ("--no-denoise", "--backend", "numba")
    limner("render", torso, "-o", again, "--scene", scene, *quickly)
    with Image.open(first) as one, Image.open(again) as two:
        assert np.array_equal(np.asarray(one), np.asarray(two))
    limner("render", torso, "-o", other, "--scene", scene, *quickly, "--size", "24x24", "--camera", "right")
    with Image.open(other) as drawn:
        assert drawn.size == (24, 24)
    scene.write_text('{"version": 1, "mode": "dream"}')
    assert "scene.json" in limner.refused("render", torso, "-o", again, "--scene", scene, *quickly)


def test_a_cases_lengths_are_drawn_when_asked_for(case: Path, torso: Path, tmp_path: Path, limner: Limner) -> None:
    words = ("--size", "120x100", "--spp", 1, "--no-denoise", "--backend", "numba")

    def greens(path: Path, *more: str) -> int:
        limner("render", path, "-o", tmp_path / "a.png", *words, *more)
        rgb = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).astype(int)
        return int(((rgb[..., 1] > 110) & (rgb[..., 1] > 2 * rgb[..., 0]) & (rgb[..., 1] > 2 * rgb[..., 2])).sum())

    assert greens(case) == 0
    assert greens(case, "--measurements") > 5
    assert greens(torso, "--measurements") == 0  # images alone have none
