"""Broken and hostile models end in a message, whatever they hold; nothing of theirs is run or opened as a pickle."""

from __future__ import annotations

import json
import os
import pickle
import stat
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import made_bundles
import made_models
import pytest

from imaging.errors import UserError
from inference.packages import config_files, unpacking
from inference.packages.config_files import read_config, text_of, walk
from inference.packages.recognise import describe, find_model
from inference.packages.store import ModelStore


def never() -> bool:
    return False


def silent(fraction: float, message: str) -> None:
    """Nobody watches."""


def unpack(path: Path) -> list[str]:
    """Names of the files that come out."""
    target = path.with_suffix("")
    target.mkdir()
    unpacking.unpack_zip(path, target, silent, never)
    return sorted(file.relative_to(target).as_posix() for file in target.rglob("*") if file.is_file())


def zipped(path: Path, names: list[str], mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, "content")
    return path


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.system, (f"touch {self.witness}",)


@pytest.mark.parametrize("name", ["model.pt", "model.pkl", "model.ts"])
def test_a_pickle_with_code_is_listed_and_not_opened(name: str, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    folder = made_bundles.spleen(tmp_path / "spleen")
    (folder / "models").mkdir()
    (folder / "models" / name).write_bytes(pickle.dumps(Malicious(witness)))
    (folder / "scripts").mkdir()
    (folder / "scripts" / "__init__.py").write_text(f"open({str(witness)!r}, 'w')")
    store = ModelStore(tmp_path / "store")
    with store.candidate(str(folder), "me", silent, never) as candidate:
        model = store.accept(candidate)
    assert model.description is not None
    assert model.description.code.pickles == (f"models/{name}",)
    assert model.description.code.files == ("scripts/__init__.py",)
    assert not model.is_trusted
    store.verify(model.id)
    assert not witness.exists()


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a/../../evil", "C:/evil", "..\\evil", "x" * 300, "a/\x1b[31mred", "//evil", ".."]
)
def test_paths_out_of_a_zip_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="outside of its folder"):
        unpack(zipped(tmp_path / "model.zip", ["configs/metadata.json", name]))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["model", "model.zip"]


def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path) -> None:
    for number, mode in enumerate((stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o600)):
        with pytest.raises(UserError, match="a link or a device"):
            unpack(zipped(tmp_path / f"m{number}.zip", ["configs"], mode))


def test_names_that_one_platform_cannot_tell_apart_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="two files of the name"):
        unpack(zipped(tmp_path / "model.zip", ["Model.pt", "model.pt"]))


def test_a_zip_bomb_is_refused_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "BOMB_TOTAL", 1 << 20)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.pt", bytes(8 << 20))
    with pytest.raises(UserError, match="would grow from 0 MB"):
        unpack(path)
    assert list((tmp_path / "bomb").iterdir()) == []


def test_a_zip_that_lies_about_its_sizes_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.pt", bytes(8 << 20))
    data = path.read_bytes()
    path.write_bytes(data.replace((8 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    with pytest.raises(UserError, match="broken"):
        unpack(path)
    assert sum(f.stat().st_size for f in (tmp_path / "liar").rglob("*")) <= 100


def test_too_many_files_and_too_little_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MAX_FILES", 3)
    with pytest.raises(UserError, match="holds 4 files"):
        unpack(zipped(tmp_path / "many.zip", [f"f{n}" for n in range(4)]))
    monkeypatch.setattr(unpacking.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 5}))
    with pytest.raises(UserError, match="disk is too full"):
        unpack(zipped(tmp_path / "large.zip", ["f"]))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip at all", b"PK\x05\x06" + bytes(10)])
def test_what_is_no_zip(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.zip").write_bytes(data)
    with pytest.raises(UserError, match="broken"):
        unpack(tmp_path / "model.zip")


def test_a_good_zip_is_unpacked_without_what_systems_leave_in_it(tmp_path: Path) -> None:
    names = ["m/configs/metadata.json", "m\\docs\\README.md", "__MACOSX/m/x", "m/.DS_Store", "m/__pycache__/a.pyc"]
    assert unpack(zipped(tmp_path / "m.zip", names)) == ["m/configs/metadata.json", "m/docs/README.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_of_a_folder(tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "spleen")
    (folder / "inside").symlink_to("LICENSE")
    (tmp_path / "copy").mkdir()
    unpacking.copy_folder(folder, tmp_path / "copy", silent, never)
    assert (tmp_path / "copy" / "inside").read_text() == (folder / "LICENSE").read_text()
    assert not (tmp_path / "copy" / "inside").is_symlink()
    (folder / "passwords").symlink_to("/etc/passwd")
    (tmp_path / "copy2").mkdir()
    with pytest.raises(UserError, match="a link to elsewhere: passwords"):
        unpacking.copy_folder(folder, tmp_path / "copy2", silent, never)
    (folder / "passwords").unlink()
    os.mkfifo(folder / "fifo")
    with pytest.raises(UserError, match="what is no file: fifo"):
        unpacking.copy_folder(folder, tmp_path / "copy2", silent, never)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.json", b"{", "no valid JSON"),
        ("a.json", b'{"a": "\xff\xfe"}', "no valid JSON"),
        ("a.json", b"[" * 100_000, "no valid JSON"),
        ("a.json", b"[1]", "does not hold a table"),
        ("a.json", b'{"a": "' + b"x" * (17 << 20) + b'"}', "larger than any real one"),
        ("a.yaml", b"a: [", "no valid YAML"),
        ("a.yaml", b"a: !!python/object/apply:os.system ['true']", "no valid YAML"),
        ("a.yaml", b"[" * 5000, "no valid YAML"),
        ("a.yaml", b"a: " + b"x" * (257 << 10), "larger than any real one"),
        ("a.yaml", b"\x00\x01", "no valid YAML"),
    ],
)
def test_broken_configurations(name: str, data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=words):
        read_config(tmp_path / name)


def test_yaml_that_grows_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_files, "MAX_NODES", 10_000)
    lines = ["a0: &a0 [x, x, x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    (tmp_path / "laughs.yaml").write_text("\n".join(lines))
    with pytest.raises(UserError, match="larger than any real one"):
        list(walk(read_config(tmp_path / "laughs.yaml")))


@pytest.mark.parametrize("value", [None, [], 5, "text", {"a": None}, [[[]]], -1, 1e400])
@pytest.mark.parametrize("field", ["network_def", "preprocessing", "postprocessing", "handlers", "inferer", "imports"])
def test_fields_of_a_bundle_may_hold_anything(field: str, value: Any, tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "spleen")
    file = folder / "configs" / "inference.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}))
    assert describe(folder).name == "Spleen CT"


@pytest.mark.parametrize(
    "value", [None, [], 5, "text", {"a": None}, {"inputs": {"a": []}, "outputs": {"b": {"channel_def": 3}}}]
)
@pytest.mark.parametrize("file", ["metadata.json"])
def test_metadata_may_hold_anything(file: str, value: Any, tmp_path: Path) -> None:
    folder = made_bundles.spleen(tmp_path / "spleen")
    path = folder / "configs" / file
    path.write_text(json.dumps(dict.fromkeys(json.loads(path.read_text()), value)))
    assert describe(folder).channels


@pytest.mark.parametrize("value", [None, [], 5, "text", {"a": None}, [1, "x", None]])
def test_other_formats_may_hold_anything_too(value: Any, tmp_path: Path) -> None:
    folders = (
        made_models.nnunet(tmp_path / "n"),
        made_models.mmar(tmp_path / "m"),
        made_models.layer_list(tmp_path / "l"),
    )
    for folder in folders:
        for file in (*folder.glob("*.json"), *folder.glob("config/*.json")):
            whole = file.read_text()
            for field in json.loads(whole):
                file.write_text(json.dumps(json.loads(whole) | {field: value}))
                with suppress(UserError):  # refused is fine, anything else is not
                    describe(folder)
            file.write_text(whole)


def test_control_characters_never_reach_the_terminal(tmp_path: Path) -> None:
    assert text_of("\x1b[2Jred\nline\x07") == "[2Jred line"
    folder = made_bundles.spleen(tmp_path / "spleen")
    (folder / "LICENSE").write_bytes(b"free\x1b]0;owned\x07\n\xff\xfe second")
    licence = describe(folder).licence
    assert all(c.isprintable() or c == "\n" for c in licence)
    assert licence.startswith("free")


def test_weights_that_are_cut_off(tmp_path: Path) -> None:
    folder = made_models.layer_list(tmp_path / "mesh")
    whole = (folder / "model.pth").read_bytes()
    (folder / "model.pth").write_bytes(whole[:-40])
    with pytest.raises(UserError, match="is not whole"):
        describe(folder)
    (folder / "model.pth").write_bytes((2**62).to_bytes(8, "little") + b"{}")
    with pytest.raises(UserError, match="no weights in the safetensors format"):
        describe(folder)


def test_a_folder_that_never_ends_is_given_up(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(20):
        deep = deep / "d"
    made_bundles.spleen(deep)
    with pytest.raises(UserError, match="no model that is known here"):
        find_model(tmp_path)


def test_compiled_code_is_listed_and_its_coming_is_noticed(tmp_path: Path) -> None:
    folder = made_bundles.deepedit(tmp_path / "deepedit")
    (folder / "scripts" / "fast.so").write_bytes(b"\x7fELF")
    (folder / "scripts" / "hidden.pyc").write_bytes(b"\xa7\r\r\n")
    store = ModelStore(tmp_path / "store")
    with store.candidate(str(folder), "me", silent, never) as candidate:
        model = store.accept(candidate, "me")
    assert model.description is not None
    assert {"scripts/fast.so", "scripts/hidden.pyc"} <= set(model.description.code.files)
    (model.content / "scripts" / "__pycache__").mkdir()
    (model.content / "scripts" / "__pycache__" / "transforms.cpython-311.pyc").write_bytes(b"")
    assert "is not what was added any more" in store.model(model.id).problem
