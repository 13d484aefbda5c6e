"""Objects that left without identifiers and came back: their patient is found again by the workspace's register."""

from __future__ import annotations

from pathlib import Path

from imaging.formats.replacing import replacing
from imaging.objects.writing import check_replaces_no_image
from sync.deidentification.key import read_or_make_key
from sync.deidentification.register import Register
from sync.deidentification.run import read_object


def bring_back(path: Path, out: Path, workspace: Path) -> None:
    """Write an object with its patient's ID and the UIDs that it refers to.

    Raises:
        UserError: it cannot be read, is not ours, or the file cannot be written; a DICOM file that another program
            made is not replaced.
    """
    check_replaces_no_image(out)
    found = read_object(path)
    key = read_or_make_key(workspace)
    with Register(workspace) as register:
        register.reidentify(found, key)
    with replacing(out) as file:
        found.save_as(file, enforce_file_format=True)
