"""The network of the last run is kept, as long as its file and its configuration are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inference.opening.kept_network import kept_network

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")


def test_only_the_same_file_with_the_same_configuration_is_kept(tmp_path: Path) -> None:
    made: list[Any] = []

    def make() -> Any:
        made.append(torch.nn.Identity())
        return made[-1]

    one, other = tmp_path / "one.pt", tmp_path / "other.pt"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    first = kept_network(one, {"channels": 2}, make)
    assert kept_network(one, {"channels": 2}, make) is first
    assert kept_network(one, {"channels": 3}, make) is not first
    assert kept_network(other, {"channels": 3}, make) is made[-1]
    assert kept_network(one, {"channels": 2}, make) is not first  # one at most is held
    one.write_bytes(b"13")
    assert kept_network(one, {"channels": 2}, make) is made[-1]
    assert len(made) == 5
