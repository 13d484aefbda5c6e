"""``limner models``: taking models in and out on the command line, with and without somebody to ask."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import made_bundles
import made_models
import pytest

from app.cli import main
from inference.packages.gathering import model_id

Limner = Callable[..., tuple[int, str, str]]


class Terminal(io.StringIO):
    """A text stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def limner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Limner:
    """Run a command in a workspace of its own; gives the exit status and what was printed."""
    monkeypatch.setenv("LIMNER_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.delenv("LIMNER_MODELS", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(["models", *map(str, arguments)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``answering("y")``: somebody sits at a terminal and types this."""

    def answer(text: str) -> None:
        monkeypatch.setattr("sys.stdin", Terminal(f"{text}\n"))
        monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    return answer


def ids(limner: Limner) -> dict[str, str]:
    """Problems of all models by id."""
    status, out, _ = limner("list", "--json")
    assert status == 0
    return {model["id"]: model["problem"] for model in json.loads(out)["models"]}


def test_a_model_goes_in_is_shown_and_goes_out(limner: Limner, tmp_path: Path) -> None:
    folder = made_models.layer_list(tmp_path / "mesh")
    status, out, err = limner("add", folder)
    assert (status, out) == (0, "Added as tissue-of-the-tests.\n")
    assert "finds: White Matter, Grey Matter" in err
    assert "This model runs no Python of its own." in err
    assert "licence: none was found" in err
    assert ids(limner) == {"ct-anatomy-rules": "", "tissue-of-the-tests": ""}
    status, out, _ = limner("show", "tissue-of-the-tests")
    assert status == 0
    assert "sha256: " in out
    assert re.search(r"^size: [0-9.]+ kB in \d+ files$", out, re.MULTILINE)
    assert str(folder) in out
    assert limner("trust", "tissue-of-the-tests")[1] == "tissue-of-the-tests brings no code; it needs no trust.\n"
    assert limner("add", folder)[1] == "tissue-of-the-tests was in the store already.\n"
    status, out, err = limner("remove", "tissue-of-the-tests")
    assert (status, out) == (2, "")
    assert err.startswith("error: Removing a model needs your consent.")
    assert limner("remove", "tissue-of-the-tests", "--yes")[:2] == (0, "Removed tissue-of-the-tests.\n")
    assert list(ids(limner)) == ["ct-anatomy-rules"]


def test_a_long_name_is_cut_between_words() -> None:
    for name, found in {
        "Tissue segmentation model (gray/white matter)": "tissue-segmentation-model-gray-white",
        "a" * 60: "a" * 40,
        "-".join(["abcdefghi"] * 4) + " jkl": "abcdefghi-abcdefghi-abcdefghi-abcdefghi",
        "-".join(["abcdefghi"] * 4): "abcdefghi-abcdefghi-abcdefghi-abcdefghi",
    }.items():
        assert model_id(name) == found


def test_code_is_listed_and_not_trusted_where_nobody_can_be_asked(limner: Limner, tmp_path: Path) -> None:
    bundle = made_bundles.deepedit(tmp_path / "deepedit")
    (bundle / "models").mkdir()
    made_models.torchscript(bundle / "models" / "model.ts")
    status, out, err = limner("add", bundle)
    assert status == 0
    assert "This model runs Python of its own:" in err
    assert "scripts/transforms.py" in err
    assert "scripts.transforms.OrientationGuidance" in err
    assert "nobody has said that it may run" in out
    assert "nobody has said" in ids(limner)["spleen-deepedit"]
    status, out, _ = limner("trust", "spleen-deepedit", "--json")
    assert (status, json.loads(out)["is_trusted"]) == (0, True)
    assert ids(limner)["spleen-deepedit"] == ""


def test_consent_beforehand(limner: Limner, tmp_path: Path) -> None:
    bundle = made_bundles.deepedit(tmp_path / "deepedit")
    status, out, _ = limner("add", bundle, "--yes", "--json", "--as", "clicked")
    record = json.loads(out)
    assert (status, record["id"], record["is_trusted"], record["prompts"]) == (0, "clicked", True, ["clicks"])
    assert record["weights"][0]["url"] == "https://models.example/model.pt"
    assert "models/model.pt is missing" in record["problem"]


@pytest.mark.parametrize(("typed", "is_added"), [("y", True), ("yes", True), ("n", False), ("", False)])
def test_somebody_at_a_terminal_is_asked(
    typed: str, is_added: bool, limner: Limner, answering: Callable[[str], None], tmp_path: Path
) -> None:
    answering(typed)
    status, _, err = limner("add", made_bundles.deepedit(tmp_path / "deepedit"))
    assert status == 0
    assert "Take it in, and let its code run? [y/N]" in err
    assert ("Nothing was added." in err) is not is_added
    assert ("spleen-deepedit" in ids(limner)) is is_added
    if is_added:
        assert json.loads(limner("show", "spleen-deepedit", "--json")[1])["is_trusted"]


def test_removing_asks(limner: Limner, answering: Callable[[str], None], tmp_path: Path) -> None:
    limner("add", made_models.layer_list(tmp_path / "mesh"))
    answering("n")
    assert "Nothing was removed." in limner("remove", "tissue-of-the-tests")[2]
    answering("y")
    assert limner("remove", "tissue-of-the-tests")[1] == "Removed tissue-of-the-tests.\n"


def test_a_store_for_others(limner: Limner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = made_models.layer_list(tmp_path / "mesh")
    assert limner("add", mesh, "--into", tmp_path / "it")[0] == 0
    assert list(ids(limner)) == ["ct-anatomy-rules"]
    monkeypatch.setenv("LIMNER_MODELS", str(tmp_path / "it"))
    assert list(ids(limner)) == ["ct-anatomy-rules", "tissue-of-the-tests"]
    assert "(read only)" in limner("show", "tissue-of-the-tests")[1]
    assert "cannot be changed" in limner("remove", "tissue-of-the-tests", "--yes")[2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "/nowhere/at/all"], "There is nothing at"),
        (["add", "ftp://host/model.zip"], "http and https addresses only"),
        (["add", "https://host/model.zip", "--sha256", "12"], "64 hexadecimal digits"),
        (["show", "nothing"], "holds no model “nothing”"),
        (["remove", "../settings", "--yes"], "holds no model"),
        (["trust", "ct-anatomy-rules"], "holds no model"),
        (["fetch", "nothing"], "holds no model"),
        (["test", "nothing"], "no model “nothing”"),
        ([], "required"),
    ],
)
def test_mistakes(arguments: list[str], words: str, limner: Limner) -> None:
    status, out, err = limner(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert words in err


def test_the_licence_is_shown_whole_on_request(limner: Limner, tmp_path: Path) -> None:
    bundle = made_bundles.spleen(tmp_path / "spleen")
    (bundle / "LICENSE").write_text("\n".join(f"Line {number}" for number in range(50)))
    err = limner("add", bundle)[2]
    assert "Line 7" in err
    assert "Line 8" not in err
    assert "42 more lines" in err
    assert "Line 49" in limner("show", "spleen-ct")[1]


def test_a_model_is_tried_on_a_made_up_image(
    limner: Limner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = limner("test", "ct-anatomy-rules", "--json")
    record: dict[str, Any] = json.loads(out)
    assert (status, record["id"]) == (0, "ct-anatomy-rules")
    assert record["seconds"] > 0
    mesh = made_models.layer_list(tmp_path / "mesh")
    limner("add", mesh)
    weights = next((tmp_path / "workspace").rglob("model.pth"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    status, _, err = limner("test", "tissue-of-the-tests")
    assert status == 2
    assert "not what was added any more: model.pth" in err


@pytest.mark.slow
def test_a_bundle_runs_out_of_the_store(limner: Limner, tmp_path: Path) -> None:
    pytest.importorskip("monai")
    bundle = made_bundles.template(tmp_path / "template")
    made_bundles.add_random_weights(bundle)
    assert limner("add", bundle)[0] == 0
    status, _, err = limner("test", "template")
    assert status == 2
    assert "nobody has said that it may run" in err
    assert limner("trust", "template")[0] == 0
    status, out, _ = limner("test", "template", "--json")
    assert status == 0
    assert set(json.loads(out)["found"]) <= {"Label 1", "Label 2", "Label 3"}
