from __future__ import annotations

from pathlib import Path

import pytest
from made_models import layer_list

from inference.catalogue import folder_info


def test_a_folder_is_found_from_the_workers_own_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layer_list(tmp_path / "mesh")
    monkeypatch.chdir(tmp_path)
    assert folder_info(Path("mesh")).package == tmp_path / "mesh"
