"""Finding the case that somebody began on an image, so that opening the image goes on with it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from imaging.case.schema import connect_reader
from imaging.dicom.directory import is_directory_name
from imaging.errors import UserError
from imaging.geometry import Geometry
from imaging.json_text import read_json


def find_case(folder: Path, image_path: Path, series_id: str, geometry: Geometry) -> Path | None:
    """The newest case in a folder that was made on this series at this path, None when there is none.

    Cases that cannot be read are passed over; opening them says why.
    """
    if not folder.is_dir():
        return None
    cases = sorted(folder.glob("*.limner"), key=lambda p: p.stat().st_mtime, reverse=True)
    return next((c for c in cases if _belongs(c, image_path, series_id, geometry)), None)


def _belongs(case: Path, image_path: Path, series_id: str, geometry: Geometry) -> bool:
    try:
        connection = connect_reader(case)
    except UserError:
        return False
    try:
        meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        images = read_json(meta["images"])
        shape = tuple(read_json(meta["geometry"])["shape"])
        place = _place(image_path.resolve())
        same = any(i["series_id"] == series_id and _place(Path(i["path"])) == place for i in images)
    except (sqlite3.Error, LookupError, TypeError, ValueError):
        return False  # damaged: whoever opens it is told
    finally:
        connection.close()
    return same and shape == geometry.shape


def _place(path: Path) -> Path:
    """The folder of a disc, whether the disc was opened by its folder or by its directory."""
    return path.parent if is_directory_name(path.name) else path
