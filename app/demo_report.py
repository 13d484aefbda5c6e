"""The demo's report: one HTML page with numbers and pictures."""

from __future__ import annotations

import html
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

STYLE = """
body { background: #0e1013; color: #d7dce3; font: 14px/1.5 Inter, system-ui, sans-serif; margin: 32px auto;
  max-width: 1100px }
h1 { font-size: 22px } h2 { font-size: 16px; margin-top: 32px }
table { border-collapse: collapse; width: 100% } td, th { padding: 4px 10px; border-bottom: 1px solid #262b33;
  text-align: left; vertical-align: top } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
.dim { color: #8a93a0 } figure { display: inline-block; margin: 0 8px 16px 0; width: 350px }
img { width: 100%; border-radius: 7px } i { display: inline-block; width: 12px; height: 12px; border-radius: 3px;
  margin-right: 8px }
"""


@dataclass(frozen=True)
class Measured:
    """A segment against the truth."""

    name: str
    volume_ml: float
    truth_ml: float
    dice: float
    color: tuple[int, int, int]


class StepLike(Protocol):
    """What the report reads of a step."""

    title: str
    seconds: float
    peak_mb: float
    notes: list[str]


def write_report(
    folder: Path,
    steps: Sequence[StepLike],
    before: list[Measured],
    after: list[Measured],
    pictures: list[tuple[str, Path]],
    corrected: str,
) -> Path:
    """Write ``report.html`` into the folder and return its path."""
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Limner demo</title>",
        f"<style>{STYLE}</style><h1>Limner: the main job on a computed torso CT</h1>",
        "<p class='dim'>The study is a phantom computed by Limner, so the truth of every voxel is known. "
        f"Made on {html.escape(platform.platform())}, {os.cpu_count()} cores.</p>",
        "<h2>Pictures</h2>",
        *(_figure(folder, caption, path) for caption, path in pictures),
        f"<h2>Volumes</h2><p class='dim'>Dice against the phantom's truth, before and after {corrected} was corrected "
        "with the brush.</p>",
        _volumes(before, after),
        "<h2>Steps</h2>",
        _steps(steps),
        "<p class='dim'>Beside this report: the case (demo.limner) and the masks (masks.seg.nrrd, masks.nii.gz).</p>",
        "</html>",
    ]
    path = folder / "report.html"
    path.write_text("\n".join(parts), "utf-8")
    return path


def _figure(folder: Path, caption: str, path: Path) -> str:
    source = html.escape(path.relative_to(folder).as_posix())
    return f"<figure><img src='{source}' alt='{caption}'><figcaption class='dim'>{caption}</figcaption></figure>"


def _volumes(before: list[Measured], after: list[Measured]) -> str:
    rows = ["<table><tr><th>Segment<th class='n'>Volume (ml)<th class='n'>Truth (ml)<th class='n'>Dice before",
            "<th class='n'>Dice after</tr>"]  # fmt: skip
    for old, new in zip(before, after, strict=True):
        color = f"rgb{new.color}"
        rows.append(
            f"<tr><td><i style='background:{color}'></i>{html.escape(new.name)}<td class='n'>{new.volume_ml:.1f}"
            f"<td class='n'>{new.truth_ml:.1f}<td class='n'>{old.dice:.4f}<td class='n'>{new.dice:.4f}</tr>"
        )
    return "\n".join([*rows, "</table>"])


def _steps(steps: Sequence[StepLike]) -> str:
    rows = ["<table><tr><th>Step<th class='n'>Seconds<th class='n'>Peak memory so far (MB)<th>Notes</tr>"]
    for step in steps:
        notes = html.escape("; ".join(step.notes))
        rows.append(
            f"<tr><td>{html.escape(step.title)}<td class='n'>{step.seconds:.1f}<td class='n'>{step.peak_mb:.0f}"
            f"<td class='dim'>{notes}</tr>"
        )
    return "\n".join([*rows, "</table>"])
