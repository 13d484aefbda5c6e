"""The hash that says exactly which rules ran."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from inference.worker.source_hash import source_hash


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model with one operator, in a package that is called as ours."""
    monkeypatch.setattr("inference.worker.source_hash._OWN_PACKAGE", "ruled")
    folder = tmp_path / "ruled"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "model.py").write_text("from ruled import operator\nfrom .other import threshold\nimport json\n")
    (folder / "operator.py").write_text("LEVEL = 1\n")
    (folder / "other.py").write_text("threshold = 5\n")
    (folder / "unused.py").write_text("nothing = 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.startswith("ruled")]:
        monkeypatch.delitem(sys.modules, name)
    return folder


@pytest.mark.parametrize("name", ["model", "operator", "other", "__init__"])
def test_change_in_anything_that_is_used_changes_the_hash(package: Path, name: str) -> None:
    before = source_hash("ruled.model")
    assert source_hash("ruled.model") == before
    path = package / f"{name}.py"
    path.write_text(path.read_text() + "more = 1\n")
    assert source_hash("ruled.model") != before


def test_what_is_not_used_and_line_ends_do_not_matter(package: Path) -> None:
    before = source_hash("ruled.model")
    (package / "unused.py").write_text("nothing = 1\n")
    path = package / "model.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert source_hash("ruled.model") == before
    assert len(before) == 8


def test_built_in_model_is_hashed_with_its_operators() -> None:
    from inference.worker import source_hash as module

    spec = module._found("inference.models.ct_anatomy_rules")
    assert spec is not None
    assert "inference.operators.gas" in module._imported(module._content(spec), spec)
