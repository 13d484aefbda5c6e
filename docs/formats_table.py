"""Write docs/formats.md: what becomes of every image in a folder of test data.

    python docs/formats_table.py FOLDER [OUT]

Each series is opened with all its voxels, as `limner convert` would; each that is refused is listed with its reason.
Nothing that identifies a patient is written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from imaging.errors import UserError
from imaging.opening import Series, find_series, open_series

HEAD = """# What Limner makes of each test image

Made by `python docs/formats_table.py FOLDER` from the folder of real images that the tests use; do not edit. One line
per series. Shape is slices x rows x columns, spacing is along i, j, k in millimetres. Warnings are the codes that
`limner info` shows.

| folder or file | kind | transfer syntax | shape | spacing (mm) | values | outcome |
|---|---|---|---|---|---|---|
"""

SURFACES = "\n## Surfaces that Limner writes\n"


def places(root: Path) -> list[Path]:
    """Folders that make one study are opened as one; collections of single odd files file by file."""
    found: list[Path] = []
    for folder in sorted(p for p in root.iterdir() if p.is_dir()):
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        is_collection = folder.name[:2] in ("10", "12", "13", "14", "15") or any(f.suffix == ".zip" for f in files)
        if is_collection:
            found += sorted({f.parent if f.parent != folder else f for f in files})
        elif any(f.suffix in (".dcm", ".gz", ".nrrd") for f in files):
            found.append(folder)
    return found


def rows(root: Path, place: Path) -> list[str]:
    """One table line per series at a place."""
    name = place.relative_to(root).as_posix()
    try:
        found = find_series(place)
    except UserError as error:
        return [_line(name, "", "", "", "", "", f"refused: {error.message}")]
    lines = [_series_line(name, series) for series in found.series]
    lines += [_line(name, "", "", "", "", "", f"refused ({file}): {reason}") for file, reason in found.unreadable]
    return lines


def _series_line(name: str, series: Series) -> str:
    kind = " ".join(filter(None, [series.modality, "" if series.transfer_syntax else series.id]))
    syntax = series.transfer_syntax.removeprefix("1.2.840.10008.")
    try:
        volumes = open_series(series)
    except UserError as error:
        return _line(name, kind, syntax, "", "", "", f"refused: {error.message}")
    volume = volumes[0]
    shape = " x ".join(map(str, volume.geometry.shape)) + (f", {len(volumes)} volumes" if len(volumes) > 1 else "")
    spacing = " x ".join(f"{s:.4g}" for s in volume.geometry.spacing_mm)
    values = f"{volume.quantity.value}, {volume.voxels.dtype} {volume.voxels.min():g} to {volume.voxels.max():g}"
    notes = [w.value for w in volume.warnings] + (["inverted display"] if volume.is_inverted else [])
    return _line(name, kind, syntax, shape, spacing, values, "opens" + (": " + ", ".join(notes) if notes else ""))


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def main() -> int:
    """Write the table; say how many lines it has."""
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    root = Path(sys.argv[1])
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).with_name("formats.md")
    lines = [line for place in places(root) for line in rows(root, place)]
    kept = out.read_text().partition(SURFACES)[2] if out.exists() else ""  # written by hand
    out.write_text(HEAD + "\n".join(lines) + "\n" + (SURFACES + kept if kept else ""))
    print(f"{out}: {len(lines)} series, {sum('| opens' in line for line in lines)} of them open")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
