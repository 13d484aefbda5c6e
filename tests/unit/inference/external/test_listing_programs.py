"""Programs that are installed on their own: found, asked once, and listed as models."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from made_program import VERSION, install

from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.volume import Quantity
from inference.catalogue import ModelInfo
from inference.external import listing, totalsegmentator
from inference.external.asking import interpreter_of
from inference.external.kinds import Wishes
from inference.external.listing import external_models, network_question, unplanned
from inference.external.task import ExternalTask
from inference.external.totalsegmentator import TotalSegmentator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
TASK = ExternalTask("totalsegmentator", Path("/bin/ts"), "2.0", "total", ((1, "spleen"),), "CT", False, ("A", "B"), ())


@pytest.fixture(autouse=True)
def _nothing_of_the_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(tmp_path / "home"))
    monkeypatch.delenv("TOTALSEG_WEIGHTS_PATH", raising=False)
    monkeypatch.delenv("LIMNER_TOTALSEGMENTATOR", raising=False)
    monkeypatch.setattr(listing, "_told", {})


def listed(tmp_path: Path, place: str) -> dict[str, ModelInfo]:
    return {info.id: info for info in external_models(tmp_path / "programs.json", {"totalsegmentator": place})}


def test_its_tasks_are_models(tmp_path: Path) -> None:
    command = install(tmp_path / "env")
    models = listed(tmp_path, str(tmp_path / "env"))
    good = models["totalsegmentator:good"]
    assert good.version == VERSION
    assert good.structures == ("spleen", "kidney right")
    assert good.is_external
    assert good.external is not None
    assert good.external.command == command
    assert good.fits(Quantity.HU, "CT", Geometry((4, 4, 4), np.eye(4))) == ""
    assert "made for MR" in models["totalsegmentator:brain_mr"].fits(Quantity.HU, "CT", Geometry((4, 4, 4), np.eye(4)))
    assert "licence number" in models["totalsegmentator:sold"].problem
    assert "licence" not in good.problem


@pytest.mark.parametrize("place", ["", "env", "env/bin/TotalSegmentator"])
def test_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    install(tmp_path / "env")
    if not place:
        monkeypatch.setenv("PATH", f"{tmp_path / 'env' / 'bin'}:/usr/bin:/bin")
    assert "totalsegmentator:good" in listed(tmp_path, place and str(tmp_path / place))


def test_the_word_of_it_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "env")
    monkeypatch.setenv("LIMNER_TOTALSEGMENTATOR", str(tmp_path / "env"))
    assert "totalsegmentator:good" in listed(tmp_path, "/nowhere")
    monkeypatch.setenv("LIMNER_TOTALSEGMENTATOR", "off")
    assert listed(tmp_path, str(tmp_path / "env")) == {}


def test_it_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = install(tmp_path / "env")
    first = listed(tmp_path, str(tmp_path / "env"))
    with monkeypatch.context() as asking:
        asking.setattr(totalsegmentator, "ask", lambda *_: pytest.fail("it was asked again"))
        assert listed(tmp_path, str(tmp_path / "env")) == first
        asking.setattr(listing, "_told", {})  # another process
        assert listed(tmp_path, str(tmp_path / "env")) == first
    about = tmp_path / "env" / "lib" / f"TotalSegmentator-{VERSION}.dist-info"
    about.rename(about.with_name("TotalSegmentator-3.0.dist-info"))
    metadata = about.with_name("TotalSegmentator-3.0.dist-info") / "METADATA"
    metadata.write_text(metadata.read_text().replace(VERSION, "3.0"))
    command.write_text(command.read_text() + "# installed anew\n")
    assert listed(tmp_path, str(tmp_path / "env"))["totalsegmentator:good"].version == "3.0"


@pytest.mark.parametrize("damage", ["{", "[]", '{"totalsegmentator": {"stamp": 1}}', '{"totalsegmentator": 3}'])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    install(tmp_path / "env")
    (tmp_path / "programs.json").write_text(damage)
    assert "totalsegmentator:good" in listed(tmp_path, str(tmp_path / "env"))
    kept = json.loads((tmp_path / "programs.json").read_text())["totalsegmentator"]
    kept["tasks"][0]["labels"] = "spleen"
    monkeypatch.setattr(listing, "_told", {})
    (tmp_path / "programs.json").write_text(json.dumps({"totalsegmentator": kept}))
    assert "totalsegmentator:good" in listed(tmp_path, str(tmp_path / "env"))


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        ("raise RuntimeError('half installed')", "half installed"),
        ("print('news'); class_map = {'total': {'x': 'spleen'}}", "invalid literal"),
        ("class_map = {'total': {-1: 'spleen'}}", "does not answer as it should"),
        ("import atexit; atexit.register(print, 'bye'); class_map = {}", "does not answer as it should"),
    ],
)
def test_one_that_does_not_answer_is_said(tmp_path: Path, classes: str, words: str) -> None:
    install(tmp_path / "env")
    (tmp_path / "env" / "lib" / "totalsegmentator" / "map_to_binary.py").write_text(classes)
    (info,) = listed(tmp_path, str(tmp_path / "env")).values()
    assert info.id == "totalsegmentator"
    assert words in info.problem
    with pytest.raises(UserError):
        info.check(Quantity.HU, "CT", Geometry((4, 4, 4), np.eye(4)))


def test_a_wrong_place_is_said(tmp_path: Path) -> None:
    (info,) = listed(tmp_path, str(tmp_path / "nowhere")).values()
    assert "not where the settings say" in info.problem


def test_what_is_asked_before_a_run(tmp_path: Path) -> None:
    assert network_question(TASK) == (network_question(TASK)[0], True)
    assert "May TotalSegmentator use the network" in network_question(TASK)[0]
    for name in TASK.weights or ():
        (tmp_path / "home" / "nnunet" / "results" / name).mkdir(parents=True)
    assert network_question(TASK) == ("", False)
    unknown = ExternalTask("totalsegmentator", Path("/bin/ts"), "2.0", "total", ())
    question, is_needed = network_question(unknown)
    assert "not known" in question
    assert not is_needed
    assert "without network" in unplanned(TASK, may_connect=False)
    assert "memory is not planned" in unplanned(TASK, may_connect=True)


@pytest.mark.parametrize(
    ("first", "found"),
    [
        ("#!{0}/python3.11\n", "python3.11"),
        ("#!/bin/sh\n'''exec' \"{0}/python3.11\" \"$0\" \"$@\"\n' '''\n", "python3.11"),
        ("#!/usr/bin/env ruby\n", "python3"),
    ],
)
def test_the_python_of_a_script(tmp_path: Path, first: str, found: str) -> None:
    for name in ("python3.11", "python3"):
        (tmp_path / name).touch()
    script = tmp_path / "TotalSegmentator"
    script.write_text(first.format(tmp_path))
    assert interpreter_of(script) == tmp_path / found


def test_the_command(tmp_path: Path) -> None:
    wishes = Wishes("cuda:2", fast=True)
    order = TotalSegmentator().order(TASK, wishes, tmp_path / "in.nii.gz", tmp_path / "out.nii.gz", tmp_path)
    assert order.command == (
        "/bin/ts", "-i", f"{tmp_path}/in.nii.gz", "-o", f"{tmp_path}/out.nii.gz", "--ml", "--task", "total",
        "--device", "gpu:2", "--fast",
    )  # fmt: skip
    assert order.writable == ()


def test_its_progress() -> None:
    read = TotalSegmentator().progress()
    lines = [
        "If you use this tool",
        "Resampling...",
        "Predicting part 1 of 2 ...",
        " 50%|#####     | 4/8 [00:00<00:00]",
    ]
    lines += [
        "Predicting part 2 of 2 ...",
        "  0%|  | 0/8",
        "100%|##########| 8/8",
        "Resampling...",
        "Saving segmentations",
    ]
    told = [read(line) for line in lines]
    assert told[0] is None
    fractions = [step[0] for step in told if step is not None]
    assert fractions == sorted(fractions)
    assert told[2] is not None
    assert told[2] == (told[2][0], "Predicting part 1 of 2")
    assert told[3] is not None
    assert told[2][0] < told[3][0] < fractions[3] < 1


@pytest.mark.parametrize(
    ("printed", "has_network", "words"),
    [
        ("requests.exceptions.ConnectionError: HTTPSConnectionPool", False, "Allow it the network"),
        ("urllib3.exceptions.NameResolutionError", True, "could not be reached"),
        ("It requires a license. For non-commercial usage", False, "makers give one"),
        ("ZeroDivisionError", False, ""),
    ],
)
def test_why_it_failed(printed: str, has_network: bool, words: str) -> None:
    why, hint = TotalSegmentator().reason(printed, has_network)
    assert words in hint
    assert bool(why) == bool(words)
