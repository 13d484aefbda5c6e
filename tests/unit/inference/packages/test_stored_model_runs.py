"""What is wrong with a stored model is said before a worker is started."""

from __future__ import annotations

from pathlib import Path

import made_bundles
import made_models
import pytest

from imaging.errors import UserError
from inference.catalogue import models
from inference.client import InferenceClient
from inference.packages.store import ModelStore
from inference.packages.stored_model import StoredModel
from inference.packages.trial import trial_volumes


def add(store: ModelStore, source: Path) -> StoredModel:
    with store.candidate(str(source), "Ada", lambda *_: None, lambda: False) as candidate:
        return store.accept(candidate)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "store")


def test_a_changed_model_is_not_run(store: ModelStore, tmp_path: Path) -> None:
    model = add(store, made_models.layer_list(tmp_path / "mesh"))
    weights = model.content / "model.pth"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    client = InferenceClient(models(store))
    with pytest.raises(UserError, match=r"not what was added any more: model\.pth"):
        client.segment(trial_volumes(model.description)[0], model.id)
    assert client.foreign_pid is None  # no worker was even started
    client.close()


def test_an_untrusted_model_is_not_run(store: ModelStore, tmp_path: Path) -> None:
    bundle = made_bundles.spleen(tmp_path / "spleen")
    (bundle / "models").mkdir()
    made_models.torchscript(bundle / "models" / "model.ts")
    model = add(store, bundle)
    client = InferenceClient(lambda: models(store))
    with pytest.raises(UserError, match="nobody has said that it may run"):
        client.segment(trial_volumes(model.description)[0], model.id)
    assert client.foreign_pid is None
    client.close()
