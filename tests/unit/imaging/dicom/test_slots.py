"""Decoded frames on their way from the decoder's process: through shared memory, or through the pipe."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless

from imaging import slots
from imaging.dicom import foreign
from imaging.dicom.foreign import picture_of
from imaging.dicom.scan import scan
from imaging.dicom.sources import FileSource
from imaging.errors import UserError
from imaging.opening import list_series, open_series
from imaging.sandbox import Sandbox
from imaging.slots import MOST, SIZE, ReadSlots, slot_count
from imaging.volume import SeriesWarning

SHAPE = (30, 40)
COUNT = 3 * MOST  # every slot is used again
FRAMES = "imaging.dicom.decode:frames"

needs_slots = pytest.mark.skipif(not slots.IS_THERE, reason="this system has no memory without a name")


def picture(k: int, shape: tuple[int, int] = SHAPE) -> Any:
    return np.random.default_rng(k).integers(0, 4096, shape, np.uint16)


def jpegls(k: int, ds: Any) -> None:
    ds.Rows, ds.Columns = SHAPE
    ds.file_meta.TransferSyntaxUID = JPEGLSLossless
    ds.PixelData = encapsulate([imagecodecs.jpegls_encode(picture(k))])
    ds["PixelData"].is_undefined_length = True


@pytest.fixture(params=["shared memory", "pipe"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both ways; a child that was started ahead for the other one does not count."""
    if request.param == "pipe":
        monkeypatch.setattr(slots, "IS_THERE", False)
    elif not slots.IS_THERE:
        pytest.skip("this system has no memory without a name")
    foreign._let_spare_go()
    monkeypatch.setattr(foreign, "_spare", None)
    yield request.param
    foreign._let_spare_go()


def test_every_slice_arrives_where_it_belongs(make_series: Any, way: str) -> None:
    (volume,) = open_series(list_series(make_series(COUNT, jpegls))[0])
    for k in range(COUNT):
        np.testing.assert_array_equal(volume.voxels[k], picture(k).astype(np.int32) - 1024)


def test_damaged_frames_between_good_ones_are_named_and_take_nothing_with_them(make_series: Any, way: str) -> None:
    damaged = {0, 5, 6, 7, MOST + 1, COUNT - 1}

    def bend(k: int, ds: Any) -> None:
        jpegls(k, ds)
        if k in damaged:
            ds.PixelData = encapsulate([b"\xff\xd8\xff" + bytes(60)])
            ds["PixelData"].is_undefined_length = True

    (volume,) = open_series(list_series(make_series(COUNT, bend))[0])
    assert SeriesWarning.DAMAGED_PIXELS in volume.warnings
    for k in range(COUNT):
        wanted = np.full(SHAPE, -1024) if k in damaged else picture(k).astype(np.int32) - 1024
        np.testing.assert_array_equal(volume.voxels[k], wanted)


def test_frames_that_are_too_large_for_slots_take_the_pipe(make_series: Any) -> None:
    shape = (4200, 4200)
    assert slot_count(2 * shape[0] * shape[1]) < 2
    plain = np.full(shape, 7, np.uint16)
    plain[-1, -1] = 9

    def bend(k: int, ds: Any) -> None:
        ds.Rows, ds.Columns = shape
        ds.file_meta.TransferSyntaxUID = JPEGLSLossless
        ds.PixelData = encapsulate([imagecodecs.jpegls_encode(plain)])
        ds["PixelData"].is_undefined_length = True

    (volume,) = open_series(list_series(make_series(1, bend))[0])
    assert volume.voxels[0, -1, -1] == 9 - 1024
    assert (volume.voxels[0].reshape(-1)[:-1] == 7 - 1024).all()


def request_for(path: Path, count: int) -> dict[str, Any]:
    instance = scan([FileSource(str(path))]).frames[0].instance
    return {"pictures": [picture_of(instance)], "wanted": [[0, 0]] * count}


@needs_slots
def test_a_call_that_ends_early_leaves_the_child_ready_for_the_next(make_series: Any) -> None:
    path = make_series(1, jpegls) / "s000.dcm"
    size = 2 * SHAPE[0] * SHAPE[1]
    with Sandbox() as sandbox:
        with pytest.raises(UserError, match="damaged"):
            list(sandbox.stream(FRAMES, request_for(path, 5), slot_bytes=size - 2))  # one pixel too few
        pid = sandbox._child.pid  # type: ignore[union-attr]
        answers = []
        for reply in sandbox.stream(FRAMES, request_for(path, 5), slot_bytes=size):
            target = bytearray(reply.size)
            reply.read_into(memoryview(target))
            answers.append(bytes(target))
        assert answers == [picture(0).tobytes()] * 5
        assert sandbox._child.pid == pid  # type: ignore[union-attr]


@needs_slots
@pytest.mark.parametrize(
    "fields",
    [
        {"slot": -1, "bytes": 10},
        {"slot": MOST, "bytes": 10},
        {"slot": 0, "bytes": 101},
        {"slot": 0, "bytes": -1},
        {"slot": "0", "bytes": 10},
        {"slot": 0},
        {"slot": [], "bytes": {}},
    ],
)
def test_what_the_child_says_of_its_slots_is_not_trusted(fields: dict[str, Any]) -> None:
    with Sandbox() as sandbox:
        sandbox.start()
        with pytest.raises(UserError, match="decoder stopped"):
            sandbox._in_slot(fields, 0, 100)


@needs_slots
def test_the_child_cannot_shorten_the_memory_under_the_program() -> None:
    memory = ReadSlots()
    try:
        for size in (0, SIZE - 1, SIZE + 1):
            with pytest.raises(PermissionError):
                os.ftruncate(memory.handle, size)
        target = bytearray(b"x" * 100)
        memory.read_into(SIZE - 100, memoryview(target))
        assert target == bytes(100)
    finally:
        memory.close()


@pytest.mark.parametrize("what", ["memory", "process"])
def test_what_the_system_refuses_does_not_hide_a_series(
    make_series: Any, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(foreign, "_spare", None)
    folder = make_series(2, jpegls)
    with monkeypatch.context() as patch:
        if what == "memory":
            patch.setattr(slots, "_new_memory", refused)
        else:
            patch.setattr("subprocess.Popen", refused)
        (series,) = list_series(folder)
    (volume,) = open_series(series)
    np.testing.assert_array_equal(volume.voxels[1], picture(1).astype(np.int32) - 1024)


def test_a_decoder_that_was_started_ahead_is_the_one_that_is_used(
    make_series: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Sandbox] = []
    start = Sandbox.start

    def noted(self: Sandbox) -> None:
        started.append(self)
        start(self)

    monkeypatch.setattr(Sandbox, "start", noted)
    monkeypatch.setattr(foreign, "_spare", None)
    series = list_series(make_series(3, jpegls))[0]
    assert len(started) == 1  # the list saw that there is something to decode
    open_series(series)
    assert {id(one) for one in started} == {id(started[0])}
    assert foreign._spare is None


def test_a_decoder_that_died_while_it_waited_is_replaced(make_series: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "_spare", None)
    series = list_series(make_series(1, jpegls))[0]
    child = foreign._spare._child  # type: ignore[union-attr]
    child.kill()
    child.wait()
    (volume,) = open_series(series)
    np.testing.assert_array_equal(volume.voxels[0], picture(0).astype(np.int32) - 1024)
