"""The sentences for translators are those that stand in the code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_collected_sentences_are_up_to_date() -> None:
    command = [sys.executable, ROOT / "docs" / "collect_strings.py", "--check"]
    assert subprocess.run(command, check=False).returncode == 0, "run `python docs/collect_strings.py`"


def test_they_hold_errors_hints_and_news_with_places_for_words() -> None:
    sentences = json.loads((ROOT / "resources" / "translations" / "sentences.json").read_text("utf-8"))
    assert "The segment “{0}” is locked." in sentences
    assert "Use “Save a copy as” and work in the copy." in sentences
    assert "A copy was saved as {0}." in sentences
