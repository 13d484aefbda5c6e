"""A frame that keeps a decoder busy is given up soon; large images have the time that they need."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from imaging.dicom import foreign
from imaging.errors import UserError
from imaging.sandbox import OutOfTime


def frames(count: int, side: int) -> list[Any]:
    instance = SimpleNamespace(rows=side, columns=side, frame_bytes=2 * side * side)
    return [SimpleNamespace(instance=instance, index=number) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "side", "least", "most"),
    [(1, 512, 2, 3), (10, 512, 2.5, 4), (500, 512, 40, 90), (1, 5000, 8, 12)],
    ids=["a slice", "a few frames", "a series", "a mammogram"],
)
def test_the_time_for_decoding_follows_the_pixels(count: int, side: int, least: float, most: float) -> None:
    assert least < foreign._seconds(frames(count, side)) < most


@pytest.mark.parametrize("count", [1, 10])
def test_a_decoder_that_does_not_end_is_asked_once(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(foreign, "_spare", None)

    class Endless:
        def __init__(self, ahead: str) -> None: ...
        def __enter__(self) -> Endless:
            return self

        def __exit__(self, *_: object) -> None: ...
        def stream(self, _function: str, _argument: dict[str, Any], seconds: float, _slot_bytes: int) -> Any:
            asked.append(seconds)
            raise OutOfTime("The decoder took too long.")

    monkeypatch.setattr(foreign, "Sandbox", Endless)
    monkeypatch.setattr(foreign, "picture_of", lambda _instance: {})
    monkeypatch.setattr(foreign, "_memory", lambda _frames: 1)
    with pytest.raises(UserError, match="too long"):
        list(foreign.decoded_frames(frames(count, 512), lambda _number: memoryview(b"")))
    assert asked == [foreign._seconds(frames(count, 512))]
