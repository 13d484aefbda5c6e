"""SIGKILL while somebody paints: every stroke that was finished is there again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import killed_painter


@pytest.mark.parametrize("seed", range(3))
def test_every_finished_stroke_is_found_again(tmp_path, seed) -> None:
    image = killed_painter.write_image(tmp_path / "image.nii")
    outcome = killed_painter.paint_and_kill(image, tmp_path / "workspace", seed)
    assert outcome.saved_strokes > 0
    assert outcome.chain_ok
    assert outcome.found_entries >= outcome.saved_entries
    assert outcome.found_voxels >= outcome.saved_voxels
    assert outcome.found_entries >= outcome.entries_finished_in_time
