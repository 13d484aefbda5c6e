from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from app.commands import segment
from imaging.errors import UserError


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    segment.add(parser.add_subparsers())
    return parser.parse_args(["segment", *words])


def written(folder: Path, prompts: Any) -> str:
    path = folder / "prompts.json"
    path.write_text(prompts if isinstance(prompts, str) else json.dumps(prompts))
    return str(path)


def test_prompts_of_a_file_go_to_the_model_as_they_are(tmp_path: Path) -> None:
    prompts = {"clicks": {"spleen": [[1, 2, 3]]}, "labels": ["liver", 3]}
    words = ["image.nii", "-o", "out.nii", "--prompts", written(tmp_path, prompts)]
    assert segment._wishes(arguments(*words)).parameters == {"prompts": prompts}


def test_prompts_that_make_no_sense_are_refused_before_anything_runs(tmp_path: Path) -> None:
    for prompts, words in (("{", "JSON"), ([1], "cannot be understood"), ({"clicks": {"a": [[1]]}}, "three whole")):
        with pytest.raises(UserError, match=words):
            segment._wishes(arguments("i.nii", "-o", "o.nii", "--prompts", written(tmp_path, prompts)))
    with pytest.raises(UserError, match="JSON"):
        segment._wishes(arguments("i.nii", "-o", "o.nii", "--prompts", str(tmp_path / "absent.json")))


def test_clicks_are_for_one_image_and_labels_for_many(tmp_path: Path) -> None:
    for kind in ("clicks", "outside"):
        clicks = written(tmp_path, {kind: {"spleen": [[1, 2, 3]]}})
        with pytest.raises(UserError, match="one image"):
            segment._wishes(arguments("a.nii", "b.nii", "-o", "folder", "--prompts", clicks))
    labels = written(tmp_path, {"labels": ["liver"]})
    assert segment._wishes(arguments("a.nii", "b.nii", "-o", "folder", "--prompts", labels)).parameters
