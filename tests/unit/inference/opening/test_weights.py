"""Files of weights: whatever their ending says, and nothing in them runs."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.errors import UserError
from inference.opening.weights import load_into, read_checkpoint, read_weights

torch = pytest.importorskip("torch", reason="networks are computed with torch (install with --ai)")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


def weights() -> dict[str, Any]:
    return {"conv.weight": torch.arange(6.0).reshape(2, 3), "conv.bias": torch.ones(2)}


def same(found: dict[str, Any], expected: dict[str, Any]) -> bool:
    return found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in found)


@pytest.mark.parametrize("name", ["net.safetensors", "model.pt", "model.pth", "weights"])
def test_safetensors_are_read_whatever_the_ending(name: str, tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    from safetensors.torch import save_file

    save_file(weights(), tmp_path / name)
    assert same(read_weights(tmp_path / name), weights())


def test_torchs_own_format_is_read_under_the_ending_of_the_other(tmp_path: Path) -> None:
    torch.save(weights(), tmp_path / "net.safetensors")
    assert same(read_weights(tmp_path / "net.safetensors"), weights())


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"epoch": 3, "state_dict": state},
        lambda state: {"model": {"network_weights": state}, "optimizer": {"lr": 0.1}},
        lambda state: {"model_state_dict": state, "best": np.float64(0.93)},
        lambda state: {"net": state, "losses": np.arange(5), "one": np.int64(4)},
    ],
)
def test_weights_are_found_among_what_trainers_write_down(wrap: Any, tmp_path: Path) -> None:
    torch.save(wrap(weights()), tmp_path / "model.pt")
    assert same(read_weights(tmp_path / "model.pt"), weights())


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod."])
def test_names_lose_what_training_put_before_them(prefix: str, tmp_path: Path) -> None:
    torch.save({prefix + name: value for name, value in weights().items()}, tmp_path / "model.pt")
    assert same(read_weights(tmp_path / "model.pt"), weights())


def test_a_networks_own_part_called_module_keeps_its_name(tmp_path: Path) -> None:
    state = {"module.weight": torch.ones(2), "head.weight": torch.ones(3)}
    torch.save(state, tmp_path / "model.pt")
    assert same(read_weights(tmp_path / "model.pt"), state)


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_with_code_is_refused_and_not_run(zipped: bool, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    content = weights() | {"extra": Touch(proof)}
    torch.save(content, tmp_path / "model.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(UserError, match="more than numbers") as caught:
        read_weights(tmp_path / "model.pt")
    assert "safetensors" in caught.value.hint
    assert not proof.exists()
    bare = tmp_path / "bare.pt"
    bare.write_bytes(pickle.dumps(Touch(proof)))
    with pytest.raises(UserError):
        read_weights(bare)
    assert not proof.exists()
    pickle.loads(bare.read_bytes())  # the trap itself works
    assert proof.exists()


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    torch.save({"net": weights(), "objects": np.array([Touch(proof)], dtype=object)}, tmp_path / "model.pt")
    with pytest.raises(UserError, match="more than numbers"):
        read_weights(tmp_path / "model.pt")
    assert not proof.exists()


def test_a_whole_network_is_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Conv3d(1, 2, 3), tmp_path / "model.pt")
    with pytest.raises(UserError, match="more than numbers"):
        read_weights(tmp_path / "model.pt")


def test_files_that_hold_no_weights_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with pytest.raises(UserError, match=r"missing: model\.pt"):
        read_weights(path)
    for content in ({}, {"epoch": 3}, {"state_dict": {}}, {"model": {"lr": 0.1}}):
        torch.save(content, path)
        with pytest.raises(UserError, match="no weights that Limner knows how to find"):
            read_weights(path)
    torch.save([1, 2, 3], path)
    with pytest.raises(UserError, match="no weights but list"):
        read_checkpoint(path)
    around: dict[str, Any] = {}
    around["model"] = around  # holds itself
    torch.save(around, path)
    with pytest.raises(UserError, match="no weights that Limner knows how to find"):
        read_weights(path)


def test_damaged_files_are_refused_in_words(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    from safetensors.torch import save_file

    path = tmp_path / "model.pt"
    torch.save(weights(), path)
    whole = path.read_bytes()
    save_file(weights(), tmp_path / "other.pt")
    other = (tmp_path / "other.pt").read_bytes()
    with zipfile.ZipFile(tmp_path / "strange.zip", "w") as archive:
        archive.writestr("readme", "nothing here")
    strange = (tmp_path / "strange.zip").read_bytes()
    for content in (b"", b"\x00" * 64, whole[:300], other[:-5], other[:20], b"\x10" + b"\0" * 7 + b"{" * 60, strange):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"model\.pt"):
            read_weights(path)


def test_weights_of_another_network_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save(torch.nn.Conv3d(1, 2, 3).state_dict(), path)
    module = torch.nn.Conv3d(1, 2, 3)
    load_into(module, path)
    assert torch.equal(module.weight, read_weights(path)["weight"])
    with pytest.raises(UserError, match="do not fit the network") as caught:
        load_into(torch.nn.Conv3d(1, 4, 3), path)
    assert "weight" in caught.value.hint
