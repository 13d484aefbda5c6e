"""The store of models: whole or not at all, one model at a time, noticed when changed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import made_bundles
import made_models
import pytest

from imaging.errors import UserError
from inference.catalogue import BUILT_IN, models
from inference.packages import stored_model
from inference.packages.contents import Stopped, changed_files, hash_of_all, stamps_of
from inference.packages.in_use import in_use, users_of
from inference.packages.package import read_package
from inference.packages.record import NAME as RECORD
from inference.packages.store import ModelStore, system_stores, without_secrets
from inference.packages.stored_model import StoredModel, must_be_unchanged


def never() -> bool:
    return False


def silent(fraction: float, message: str) -> None:
    """Nobody watches."""


def add(store: ModelStore, source: Path | str, trusted_by: str = "", wanted_id: str = "") -> StoredModel:
    with store.candidate(str(source), "Ada", silent, never, wanted_id=wanted_id) as candidate:
        return candidate.known or store.accept(candidate, trusted_by)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "store", (), ["ct-anatomy-rules"])


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    return made_models.layer_list(tmp_path / "mesh")


def leftovers(store: ModelStore) -> list[str]:
    return [path.name for path in store.folder.iterdir() if path.name.startswith((".adding", ".removed"))]


def test_a_folder_is_added_whole_with_its_record(store: ModelStore, mesh: Path) -> None:
    model = add(store, mesh)
    assert model.id == "tissue-of-the-tests"
    record = json.loads((store.folder / model.id / RECORD).read_text("utf-8"))
    assert record["source"] == str(mesh)
    assert record["added_by"] == "Ada"
    assert record["sha256"] == hash_of_all(stamps_of(mesh))
    assert record["size_bytes"] == sum(f.stat().st_size for f in mesh.iterdir())
    assert record["format"] == "list of layers"
    assert (model.problem, model.is_trusted, model.is_system) == ("", True, False)  # it brings no code
    assert sorted(f.name for f in model.content.iterdir()) == sorted(f.name for f in mesh.iterdir())
    assert leftovers(store) == []
    package = read_package(model.folder)
    assert (package.id, package.content) == (model.id, model.content)


def test_a_zip_with_or_without_a_folder_around(store: ModelStore, tmp_path: Path) -> None:
    bundle = made_bundles.spleen(tmp_path / "spleen")
    for name, around in (("bare.zip", ""), ("around.zip", "models/spleen_ct/")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for file in sorted(f for f in bundle.rglob("*") if f.is_file()):
                archive.write(file, around + file.relative_to(bundle).as_posix())
            archive.writestr("unrelated.txt", "not of the model")
        model = add(store, tmp_path / name, wanted_id=name[:-4])
        assert model.description is not None
        assert model.description.name == "Spleen CT"
        assert model.content.parent.name == "content"
        assert [path.name for path in model.content.parent.iterdir()] == [model.content.name]
    assert (store.folder / "around" / "content" / "spleen_ct" / "configs" / "metadata.json").is_file()


def test_a_network_takes_its_side_file_along(store: ModelStore, tmp_path: Path) -> None:
    folder = made_models.bare_network(tmp_path / "net")
    made_models.torchscript(folder / "second.ts")
    (folder / "limner-model-side.json").rename(folder / "second.limner.json")
    model = add(store, folder / "second.ts")
    assert sorted(f.name for f in model.content.iterdir()) == ["limner-model-side.json", "second.ts"]
    with pytest.raises(UserError, match=r"net\.limner\.json or limner-model-side\.json is missing"):
        add(store, folder / "net.ts")


@pytest.mark.parametrize(
    ("name", "words"),
    [("nowhere", "There is nothing"), ("model.tar.gz", "only zips can"), ("model.txt", "is no model")],
)
def test_what_is_no_model(name: str, words: str, store: ModelStore, tmp_path: Path) -> None:
    if name != "nowhere":
        (tmp_path / name).write_text("x")
    with pytest.raises(UserError, match=words):
        add(store, tmp_path / name)
    assert store.models() == []
    assert leftovers(store) == []


def test_what_can_never_run_is_not_taken_in(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="aligns images"):
        add(store, made_bundles.mednist_reg(tmp_path / "reg"))
    with pytest.raises(UserError, match=r"lacks its weights: models/model\.ts is missing") as refused:
        add(store, made_models.mmar(tmp_path / "mmar", with_network=False))
    assert "does not say from where" in refused.value.hint
    assert store.models() == []


def test_a_bundle_without_weights_is_listed_with_what_is_missing(store: ModelStore, tmp_path: Path) -> None:
    model = add(store, made_bundles.spleen(tmp_path / "spleen"), "Ada")
    assert "models/model.pt is missing" in model.problem
    assert "`limner models fetch spleen-ct`" in model.hint
    assert "https://models.example/model.pt" in model.hint


def test_a_folder_into_which_the_missing_weights_were_put_completes_the_model(
    store: ModelStore, tmp_path: Path
) -> None:
    bundle = made_bundles.spleen(tmp_path / "spleen")
    assert "models/model.pt is missing" in add(store, bundle, "Ada").problem
    (bundle / "models").mkdir()
    made_models.safetensors(bundle / "models" / "model.pt", {"weight": (1,)})
    model = add(store, bundle, "Grace")
    assert (model.id, model.problem) == ("spleen-ct", "")
    assert model.record is not None
    assert model.record.trusted_by == "Grace"
    assert leftovers(store) == []
    made_models.safetensors(bundle / "models" / "model.pt", {"weight": (2,)})  # nothing is missing any more
    with pytest.raises(UserError, match="another model “spleen-ct” already"):
        add(store, bundle)


def test_another_model_does_not_pass_for_one_that_lacks_its_weights(store: ModelStore, tmp_path: Path) -> None:
    bundle = made_bundles.spleen(tmp_path / "spleen")
    add(store, bundle, "Ada")
    (bundle / "models").mkdir()
    made_models.safetensors(bundle / "models" / "model.pt", {"weight": (1,)})
    (bundle / "scripts").mkdir()
    (bundle / "scripts" / "more.py").write_text("import os")
    with pytest.raises(UserError, match="another model “spleen-ct” already"):
        add(store, bundle)


def test_code_of_its_own_needs_trust(store: ModelStore, tmp_path: Path) -> None:
    bundle = made_bundles.spleen(tmp_path / "spleen")
    (bundle / "models").mkdir()
    made_models.torchscript(bundle / "models" / "model.ts")
    model = add(store, bundle)
    assert not model.is_trusted
    assert "nobody has said that it may run" in model.problem
    model = store.trust(model.id, "Grace")
    assert (model.is_trusted, model.problem) == (True, "")
    assert model.record is not None
    assert model.record.trusted_by == "Grace"


def test_trust_is_not_given_to_other_files_than_those_added(store: ModelStore, tmp_path: Path) -> None:
    bundle = made_bundles.spleen(tmp_path / "spleen")
    model = add(store, bundle)
    (model.content / "LICENSE").write_text("Another licence, of another length")
    with pytest.raises(UserError, match="not what was added any more: LICENSE"):
        store.trust(model.id, "Grace")


def test_the_same_again_is_the_same_and_another_one_is_refused(store: ModelStore, mesh: Path) -> None:
    first = add(store, mesh)
    assert add(store, mesh) == first
    (mesh / "colormap.json").unlink()
    with pytest.raises(UserError, match="another model “tissue-of-the-tests” already"):
        add(store, mesh)
    assert add(store, mesh, wanted_id="second").id == "second"
    assert [model.id for model in store.models()] == ["second", "tissue-of-the-tests"]
    for wrong in ("Second", "a/b", "../x", ".hidden"):
        with pytest.raises(UserError, match="no name for a model"):
            add(store, mesh, wanted_id=wrong)
    with pytest.raises(UserError, match="is a built-in model"):
        add(store, mesh, wanted_id="ct-anatomy-rules")


def test_a_changed_file_is_noticed(store: ModelStore, mesh: Path) -> None:
    model = add(store, mesh)
    must_be_unchanged(model.folder)
    store.verify(model.id)
    weights = model.content / "model.pth"
    state = weights.stat()
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")  # same size
    with pytest.raises(UserError, match=r"not what was added any more: model\.pth"):
        must_be_unchanged(model.folder)
    os.utime(weights, ns=(state.st_atime_ns, state.st_mtime_ns))  # somebody hides it; only reading everything helps
    must_be_unchanged(model.folder)
    with pytest.raises(UserError, match=r"model\.pth"):
        store.verify(model.id)


def test_a_file_that_was_only_touched_is_fine(store: ModelStore, mesh: Path) -> None:
    model = add(store, mesh)
    os.utime(model.content / "model.pth", (1, 1))
    must_be_unchanged(model.folder)


@pytest.mark.parametrize("change", ["gone", "further", "longer"])
def test_a_list_shows_gross_changes(change: str, store: ModelStore, mesh: Path) -> None:
    model = add(store, mesh)
    if change == "gone":
        (model.content / "colormap.json").unlink()
    elif change == "further":
        (model.content / "more.py").write_text("print()")
    else:
        (model.content / "colormap.json").write_text("{ }")
    assert "is not what was added any more" in store.model(model.id).problem
    assert changed_files(model.content, model.record.files if model.record else (), thorough=False) != []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', '{"schema": 7}'])
def test_a_broken_record_is_listed_and_can_be_removed(text: str, store: ModelStore, mesh: Path) -> None:
    model = add(store, mesh)
    (model.folder / RECORD).write_text(text)
    broken = store.model(model.id)
    assert broken.problem
    assert broken.record is None
    info = next(info for info in models(store) if info.id == model.id)
    assert info.problem == broken.problem
    store.remove(model.id)
    assert store.models() == []


def test_a_record_cannot_be_moved_or_edited(store: ModelStore, mesh: Path) -> None:
    model = add(store, mesh)
    text = (model.folder / RECORD).read_text("utf-8")
    (model.folder / RECORD).write_text(text.replace("colormap.json", "colormop.json"), "utf-8")
    assert "was changed" in store.model(model.id).problem
    (model.folder / RECORD).write_text(text, "utf-8")
    model.folder.rename(store.folder / "elsewhere")
    assert "belongs to another one" in store.model("elsewhere").problem


def test_a_model_in_use_is_not_removed(store: ModelStore, mesh: Path) -> None:
    model = add(store, mesh)
    with in_use(model.folder):
        assert users_of(model.folder) == [os.getpid()]
        with pytest.raises(UserError, match=f"being run by process {os.getpid()}"):
            store.remove(model.id)
        assert store.model(model.id) == model
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    (store.folder / ".in-use" / model.id / dead.stdout.decode().strip()).touch()  # of a program that was killed
    store.remove(model.id)
    assert store.models() == []
    assert leftovers(store) == []
    with in_use(mesh), in_use(None):
        assert not (mesh.parent / ".in-use").exists()


def test_models_of_it_are_read_and_never_changed(mesh: Path, tmp_path: Path) -> None:
    add(ModelStore(tmp_path / "it"), mesh)
    store = ModelStore(tmp_path / "mine", [tmp_path / "it", tmp_path / "absent"])
    assert [(model.id, model.is_system) for model in store.models()] == [("tissue-of-the-tests", True)]
    for change in (store.remove, lambda key: store.trust(key, "Ada"), lambda key: store.fetch(key, silent, never)):
        with pytest.raises(UserError, match="cannot be changed"):
            change("tissue-of-the-tests")
    own = add(store, mesh)  # one's own goes before it
    assert not own.is_system
    assert [model.is_system for model in store.models()] == [False]


def test_where_it_puts_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_MODELS", f"/one{os.pathsep}{os.pathsep}/two")
    assert system_stores() == (Path("/one"), Path("/two"))
    monkeypatch.delenv("LIMNER_MODELS")
    assert system_stores() == ()


def test_stopping_leaves_nothing(store: ModelStore, mesh: Path) -> None:
    with pytest.raises(Stopped), store.candidate(str(mesh), "Ada", silent, lambda: True):
        pass
    assert (leftovers(store), store.models()) == ([], [])
    with store.candidate(str(mesh), "Ada", silent, never) as candidate:
        assert candidate.id == "tissue-of-the-tests"
    assert (leftovers(store), store.models()) == ([], [])  # nobody accepted it


def test_what_killed_programs_left_is_cleared_away_in_time(store: ModelStore, mesh: Path) -> None:
    for name in (".adding-old", ".removed-old", ".adding-new"):
        (store.folder / name / "content").mkdir(parents=True)
    for name in (".adding-old", ".removed-old"):
        os.utime(store.folder / name, (0, time.time() - 3 * 24 * 3600))
    add(store, mesh)
    assert leftovers(store) == [".adding-new"]


def test_two_programs_add_the_same_at_once(store: ModelStore, mesh: Path) -> None:
    with (
        store.candidate(str(mesh), "Ada", silent, never) as one,
        store.candidate(str(mesh), "Bob", silent, never) as two,
    ):
        store.accept(one)
        with pytest.raises(UserError, match="was added meanwhile"):
            store.accept(two)
    assert [model.id for model in store.models()] == ["tissue-of-the-tests"]
    assert leftovers(store) == []


def test_many_processes_at_once(store: ModelStore, mesh: Path) -> None:
    code = f"""
import sys
from inference.packages.store import ModelStore
store = ModelStore(__import__("pathlib").Path({str(store.folder)!r}))
for number in range(3):
    key = f"m-{{sys.argv[1]}}-{{number}}"
    with store.candidate({str(mesh)!r}, "me", lambda *a: None, lambda: False, wanted_id=key) as candidate:
        store.accept(candidate)
    assert all(not model.problem for model in store.models()), [m.problem for m in store.models()]
store.remove(f"m-{{sys.argv[1]}}-0")
"""
    running = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(store.models()) == 6


def test_a_list_reads_again_only_what_changed(
    store: ModelStore, mesh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, mesh)
    add(store, made_bundles.spleen(tmp_path / "spleen"))
    before = store.models()
    read: list[str] = []
    describe = stored_model.describe
    monkeypatch.setattr(stored_model, "describe", lambda folder: (read.append(folder.name), describe(folder))[1])
    assert store.models() == before
    assert read == []
    (before[1].content / "colormap.json").write_text("{}")
    assert store.models()[1].problem
    assert read == ["mesh"]


def test_the_catalogue_holds_both_kinds(store: ModelStore, mesh: Path) -> None:
    assert models() == list(BUILT_IN)
    add(store, mesh)
    info = models(store)[-1]
    assert (info.id, info.name, info.structures) == (
        "tissue-of-the-tests",
        "Tissue of the tests",
        ("White Matter", "Grey Matter"),
    )
    assert info.package == store.folder / "tissue-of-the-tests"
    assert info.package_hash == store.model(info.id).record.sha256  # type: ignore[union-attr]
    assert info.modalities == ("MR",)
    info.check_files()


def test_a_full_disk_or_a_read_only_folder_is_a_message(
    mesh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot be written"):
        add(ModelStore(tmp_path / "file" / "store"), mesh)
    store = ModelStore(tmp_path / "store")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inference.packages.store.write_record", full)
    with pytest.raises(UserError, match="could not be stored") as refused:
        add(store, mesh)
    assert "No space left" in refused.value.hint
    assert (leftovers(store), store.models()) == ([], [])


def test_secrets_of_an_address_are_not_kept() -> None:
    typed = "https://ada:secret@models.example:8443/a/b.zip?token=secret#secret"
    assert without_secrets(typed) == "https://models.example:8443/a/b.zip"
    assert without_secrets("/a folder/model.zip?") == "/a folder/model.zip?"


def test_weights_that_cannot_be_put_in_place(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = add(store, made_bundles.spleen(tmp_path / "spleen"), "Ada")

    def full(url: str, target: Path, *_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inference.packages.download.download", full)
    with pytest.raises(UserError, match=r"models/model\.pt could not be stored"):
        store.fetch(model.id, silent, never)
    assert "is missing" in store.model(model.id).problem


def test_a_stated_checksum_holds_for_files_here_too(store: ModelStore, mesh: Path, tmp_path: Path) -> None:
    file = tmp_path / "mesh.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for part in sorted(mesh.iterdir()):
            archive.write(part, part.name)
    right = f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    for source, checksum, words in ((file, "sha256:" + "0" * 64, "not the file"), (mesh, right, "no single checksum")):
        with (
            pytest.raises(UserError, match=words),
            store.candidate(str(source), "Ada", silent, never, checksum),
        ):
            pass
    with store.candidate(str(file), "Ada", silent, never, right) as candidate:
        assert store.accept(candidate).id == "tissue-of-the-tests"
