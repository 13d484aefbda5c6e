"""Converted networks in the workspace: found again for the same model only, bounded, and gone with their model."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

import made_models
import pytest

from inference.packages import kept_networks
from inference.packages.kept_networks import FOLDER, KeptNetworks
from inference.packages.store import ModelStore

NAME, OTHER = "0" * 32, "1" * 32
HASH = "a" * 64


@pytest.fixture
def kept(tmp_path: Path) -> KeptNetworks:
    return KeptNetworks(tmp_path / FOLDER)


def put(kept: KeptNetworks, mine: Path, name: str, content: bytes) -> Path:
    kept.keep(mine, name, len(content), lambda file: _write(file, content))
    return mine / f"{name}.network"


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)


def folder(kept: KeptNetworks, model: str = "liver", package_hash: str = HASH, package: Path = Path("x")) -> Path:
    found = kept.of(model, package, package_hash)
    assert found is not None
    return found


def test_a_network_is_found_again_by_the_same_model_only(kept: KeptNetworks) -> None:
    path = put(kept, folder(kept), NAME, b"first")
    assert path.read_bytes() == b"first"
    put(kept, folder(kept), NAME, b"second")
    assert path.read_bytes() == b"second"
    assert folder(kept) == path.parent
    others = {folder(kept, "liver", "b" * 64), folder(kept, "liver-2"), folder(kept, "spleen")}
    assert path.parent not in others
    assert len(others) == 3
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # nothing half written is left


def test_a_folder_outside_the_store_counts_by_what_is_in_it(kept: KeptNetworks, tmp_path: Path) -> None:
    package = tmp_path / "mine"
    made_models.layer_list(package)
    first = folder(kept, package_hash="", package=package)
    assert folder(kept, package_hash="", package=package) == first
    (package / "notes.txt").write_text("1")
    second = folder(kept, package_hash="", package=package)
    state = (package / "notes.txt").stat()
    (package / "notes.txt").write_text("2")
    os.utime(package / "notes.txt", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert len({first, second, folder(kept, package_hash="", package=package)}) == 3


def test_those_of_the_model_that_ran_longest_ago_make_room(kept: KeptNetworks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_networks, "MOST_BYTES", 250)
    old, new = folder(kept, "old"), folder(kept, "new")
    paths = [put(kept, old, NAME, bytes(100)), put(kept, new, NAME, bytes(100))]
    for age, path in ((50, old), (40, new)):
        os.utime(path, (1e9 - age, 1e9 - age))
    paths.append(put(kept, new, OTHER, bytes(100)))
    assert [path.exists() for path in paths] == [False, True, True]
    os.utime(paths[1], (1e9, 1e9))
    paths.append(put(kept, new, "2" * 32, bytes(100)))
    assert [path.exists() for path in paths] == [False, False, True, True]


def test_a_full_disk_and_an_interrupted_writing_leave_what_was_there(
    kept: KeptNetworks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mine = folder(kept)
    path = put(kept, mine, NAME, b"first")

    def interrupted(file: BinaryIO) -> None:
        file.write(b"sec")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.keep(mine, NAME, 6, interrupted)

    def full(file: BinaryIO) -> None:
        raise OSError(28, "No space left on device")

    kept.keep(mine, NAME, 6, full)
    assert "cannot be kept" in caplog.text
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))  # type: ignore[attr-defined]
    put(kept, mine, OTHER, b"second")
    assert "too little room" in caplog.text
    assert [p.name for p in mine.iterdir()] == [path.name]
    assert path.read_bytes() == b"first"


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    assert KeptNetworks(tmp_path / FOLDER).of("liver", tmp_path, HASH) is None


def test_they_go_with_their_model(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store")
    with store.candidate(
        str(made_models.layer_list(tmp_path / "mesh")), "Ada", lambda *_: None, lambda: False
    ) as candidate:
        model = store.accept(candidate)
    kept = KeptNetworks(store.folder / FOLDER)
    mine, namesake = folder(kept, model.id), folder(kept, f"{model.id}-two")
    put(kept, mine, NAME, b"network")
    assert [found.id for found in store.models()] == [model.id]  # the folder of networks is no model
    store.remove(model.id)
    assert not mine.exists()
    assert namesake.exists()


def test_a_crash_of_its_worker_forgets_the_models_networks(kept: KeptNetworks) -> None:
    mine, other = folder(kept), folder(kept, "spleen")
    paths = [put(kept, mine, NAME, b"1"), put(kept, mine, OTHER, b"2"), put(kept, other, NAME, b"3")]
    kept.forget(mine)
    assert [path.exists() for path in paths] == [False, False, True]
