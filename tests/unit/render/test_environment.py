"""Light from all sides: the gradient, pictures of every kind, and files that are refused."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imaging.errors import UserError
from render.cinematic.environment import BRIGHTEST, COLUMNS, HDR_MEAN, ROWS, environment_of, read_environment, sky
from render.cinematic.radiance_file import read_radiance
from render.cinematic.tables import linear
from session.look.lighting import Lighting

RNG = np.random.default_rng(11)


def rgbe(picture: np.ndarray) -> np.ndarray:
    """(rows, columns, 4) uint8, written from the format's description."""
    largest = picture.max(axis=2)
    _, exponent = np.frexp(largest)
    scale = np.where(largest > 1e-32, 256 / np.exp2(exponent), 0)
    codes = np.concatenate([picture * scale[..., None], (exponent + 128)[..., None]], axis=2)
    codes[largest <= 1e-32] = 0
    return codes.astype(np.uint8)


def packed(row: np.ndarray) -> bytes:
    """One channel: runs of at least 4 as runs, everything else literally."""
    out, place = bytearray(), 0
    while place < len(row):
        run = 1
        while place + run < len(row) and run < 127 and row[place + run] == row[place]:
            run += 1
        if run >= 4:
            out += bytes([128 + run, row[place]])
        else:
            run = min(run, 127)
            out += bytes([run]) + bytes(row[place : place + run])
        place += run
    return bytes(out)


def header(rows: int, columns: int, form: str = "32-bit_rle_rgbe", size: str = "-Y {} +X {}") -> bytes:
    return f"#?RADIANCE\nSOFTWARE=a test\nFORMAT={form}\n\n{size.format(rows, columns)}\n".encode()


def by_channels(codes: np.ndarray) -> bytes:
    rows, columns = codes.shape[:2]
    start = bytes([2, 2, columns >> 8, columns & 255])
    return header(rows, columns) + b"".join(
        start + b"".join(packed(row[:, channel]) for channel in range(4)) for row in codes
    )


def light() -> np.ndarray:
    """Some of it even, so that there are runs, and some of any brightness."""
    picture = np.exp(RNG.uniform(-8, 8, (20, 300, 3)))
    picture[5:9] = [0.5, 0.25, 0.125]
    picture[:, 40:100] = [3.0, 7.0, 0.01]
    picture[0, 0] = 0
    return picture


def assert_like(found: np.ndarray, wanted: np.ndarray) -> None:
    assert found.dtype == np.float32
    assert (np.abs(found - wanted) <= wanted.max(axis=2, keepdims=True) / 256 + 1e-30).all()


def test_a_radiance_file_by_channels(tmp_path: Path) -> None:
    picture = light()
    (tmp_path / "a.hdr").write_bytes(by_channels(rgbe(picture)))
    assert_like(read_radiance(tmp_path / "a.hdr", 10_000), picture)


def test_a_radiance_file_without_runs(tmp_path: Path) -> None:
    picture = light()
    (tmp_path / "a.hdr").write_bytes(header(20, 300) + rgbe(picture).tobytes())
    assert_like(read_radiance(tmp_path / "a.hdr", 10_000), picture)


def test_a_radiance_file_with_runs_of_whole_pixels(tmp_path: Path) -> None:
    picture = np.full((2, 600, 3), 0.75)
    picture[:, 599] = 0.125
    one, two = rgbe(picture)[0, 0].tobytes(), rgbe(picture)[0, 599].tobytes()
    # 598 more of the first: 86 and then 2 times 256
    row = one + bytes([1, 1, 1, 86]) + bytes([1, 1, 1, 2]) + two
    (tmp_path / "a.hdr").write_bytes(header(2, 600) + row + row)
    assert_like(read_radiance(tmp_path / "a.hdr", 10_000), picture)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"P6 nothing of the kind",
        b"#?RADIANCE\n" + b"A=1\n" * 1000,
        header(4, 4, form="32-bit_rle_xyze") + bytes(64),
        header(4, 4, size="+Y {} +X {}") + bytes(64),
        header(4, 4, size="-Y {} +X many") + bytes(64),
        header(0, 4),
        header(-4, 4) + bytes(64),
        header(4, 4) + bytes(10),
        header(1, 300) + bytes([2, 2, 1, 44, 255, 7, 255, 7, 255, 7, 255, 7]),
        header(1, 300) + bytes([2, 2, 1, 44, 0, 7]),
        header(1, 300) + bytes([1, 1, 1, 200]),
        header(1, 300) + bytes([9, 9, 9, 128, 1, 1, 1, 255, 1, 1, 1, 255]),
        header(100_000, 100_000),
    ],
)
def test_damaged_and_enormous_radiance_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.hdr").write_bytes(content)
    with pytest.raises(UserError, match=r"bad\.hdr"):
        read_environment(tmp_path / "bad.hdr")


def test_radiance_files_have_a_usual_brightness_and_no_sparks(tmp_path: Path) -> None:
    picture = np.full((512, 1024, 3), 4000.0)
    picture[200, 100] = 1e9
    (tmp_path / "sun.hdr").write_bytes(by_channels(rgbe(picture)))
    found = read_environment(tmp_path / "sun.hdr")
    assert found.shape == (ROWS, COLUMNS, 3)
    assert found.max() == BRIGHTEST
    assert found[0, 0, 0] < HDR_MEAN
    (tmp_path / "even.hdr").write_bytes(by_channels(rgbe(np.full((8, 16, 3), 4000.0))))
    assert read_environment(tmp_path / "even.hdr") == pytest.approx(HDR_MEAN)


def test_a_black_radiance_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "night.hdr").write_bytes(header(4, 8) + bytes(4 * 4 * 8))
    with pytest.raises(UserError, match="black"):
        read_environment(tmp_path / "night.hdr")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_ordinary_pictures_become_linear_light(tmp_path: Path, suffix: str) -> None:
    codes = np.zeros((16, 32, 3), np.uint8)
    codes[:8] = [250, 128, 16]
    Image.fromarray(codes).save(tmp_path / f"a{suffix}", **({"quality": 100} if suffix == ".jpg" else {}))
    found = read_environment(tmp_path / f"a{suffix}")
    assert found.shape == (16, 32, 3)
    assert found.dtype == np.float32
    assert np.abs(found[2] - linear(np.array([250, 128, 16]) / 255)).max() < 0.02
    assert np.abs(found[14]).max() < 0.01


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16", "F"])
def test_every_kind_of_pixel_is_understood(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((8, 16), 65535, np.uint16))
    elif mode == "F":
        image = Image.fromarray(np.full((8, 16), 1.0, np.float32))
    else:
        image = Image.new("RGB", (16, 8), (255, 255, 255)).convert(mode)
    image.save(tmp_path / "a.tif")
    assert read_environment(tmp_path / "a.tif") == pytest.approx(1.0, abs=1e-3)


def test_large_pictures_are_averaged_in_light_not_in_codes(tmp_path: Path) -> None:
    codes = np.zeros((2 * ROWS, 4 * COLUMNS, 3), np.uint8)
    codes[::2] = 255
    Image.fromarray(codes).save(tmp_path / "stripes.png")
    found = read_environment(tmp_path / "stripes.png")
    assert found.shape == (ROWS, COLUMNS, 3)
    assert found == pytest.approx(0.5, abs=1e-3)


def test_odd_sizes_keep_their_mean(tmp_path: Path) -> None:
    codes = RNG.integers(0, 256, (301, 700, 3)).astype(np.uint8)
    Image.fromarray(codes).save(tmp_path / "odd.png")
    found = read_environment(tmp_path / "odd.png")
    assert found.shape == (ROWS, COLUMNS, 3)
    assert found.mean() == pytest.approx(linear(codes / 255).mean(), rel=0.02)


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(9000, 8000), (12_000, 10_000), (100_000, 100_000)])
def test_bombs_are_refused_before_they_go_off(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb(*size))
    with pytest.raises(UserError, match="too many pixels"):
        read_environment(tmp_path / "bomb.png")


@pytest.mark.parametrize(
    "name", ["absent.png", "absent.hdr", "text.png", "cut.png", "sky.exr", "folder.png", "a\0b.png"]
)
def test_what_is_no_picture_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(bomb(64, 64)[:60])
    (tmp_path / "sky.exr").write_bytes(b"\x76\x2f\x31\x01")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(UserError) as refused:
        read_environment(tmp_path / name)
    assert "PNG" in refused.value.hint


def test_the_sky_goes_from_the_colour_above_to_the_one_below() -> None:
    lighting = Lighting(sky_top=(1.0, 0.5, 0.0), sky_bottom=(0.0, 0.5, 1.0))
    found = environment_of(lighting)
    assert np.array_equal(found, sky(lighting))
    assert found.shape[1:] == (1, 3)
    assert found[0, 0] == pytest.approx(linear([1.0, 0.5, 0.0]), abs=1e-3)
    assert found[-1, 0] == pytest.approx(linear([0.0, 0.5, 1.0]), abs=1e-3)
    assert (np.diff(found[:, 0, 0]) < 0).all()


def test_a_file_takes_the_place_of_the_sky(tmp_path: Path) -> None:
    Image.new("RGB", (4, 2), (255, 255, 255)).save(tmp_path / "white.png")
    assert environment_of(Lighting(environment=str(tmp_path / "white.png"))) == pytest.approx(1.0)
