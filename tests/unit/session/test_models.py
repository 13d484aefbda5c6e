"""The models of the workspace as the program asks for them."""

from __future__ import annotations

import os
from pathlib import Path

import made_models
import pytest

from imaging.errors import UserError
from inference.packages.store import ModelStore
from session.models import known_models, model_store
from session.segmenting import inference_client


def fill(store: ModelStore, source: Path, key: str) -> None:
    with store.candidate(str(source), "Ada", lambda *_: None, lambda: False, wanted_id=key) as candidate:
        store.accept(candidate)


def test_the_workspaces_models_and_those_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("LIMNER_MODELS", os.pathsep.join([str(tmp_path / "it"), str(tmp_path / "absent")]))
    assert [info.id for info in known_models()] == ["ct-anatomy-rules"]
    mesh = made_models.layer_list(tmp_path / "mesh")
    fill(ModelStore(tmp_path / "it"), mesh, "from-it")
    fill(model_store(), mesh, "own")
    assert model_store() is model_store()  # it remembers what it has read
    assert [info.id for info in known_models()] == ["ct-anatomy-rules", "from-it", "own"]
    assert (tmp_path / "workspace" / "models" / "own" / "limner-model.json").is_file()


def test_the_client_sees_models_that_are_added_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path))
    monkeypatch.delenv("LIMNER_MODELS", raising=False)
    client = inference_client()
    with pytest.raises(UserError, match="no model “later”"):
        client.model("later")
    fill(model_store(), made_models.layer_list(tmp_path / "mesh"), "later")
    assert client.model("later").name == "Tissue of the tests"
