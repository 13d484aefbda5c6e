"""What came back gets its patient again, and takes the place of nothing that somebody else made."""

from __future__ import annotations

from pathlib import Path

import pytest

from imaging.errors import UserError
from session.identity import bring_back


def test_a_foreign_object_is_not_replaced(tmp_path: Path) -> None:
    image = tmp_path / "image.dcm"
    image.write_bytes(bytes(128) + b"DICM" + bytes(400))
    before = image.read_bytes()
    with pytest.raises(UserError, match="not replaced"):
        bring_back(image, image, tmp_path / "workspace")
    assert image.read_bytes() == before
