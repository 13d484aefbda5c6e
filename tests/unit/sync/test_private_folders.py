"""What names patients is made for its user alone, whatever the others on the computer may do by default."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from imaging.case.case import Case
from imaging.geometry import Geometry
from imaging.workspace.study_index import INDEX_NAME, StudyIndex
from sync.deidentification.key import REGISTER, read_or_make_key
from sync.deidentification.register import Register
from sync.incoming import Incoming
from sync.outbox import Outbox

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights of files are those of POSIX")


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    """What others may do."""
    return path.stat().st_mode & 0o077


@pytest.mark.parametrize(
    "make",
    [Incoming, Outbox, Register, read_or_make_key, lambda folder: StudyIndex(folder / INDEX_NAME)],
    ids=["received", "outbox", "register", "key", "index"],
)
def test_a_new_workspace_is_for_its_user_alone(tmp_path, make: Callable[[Path], object]) -> None:
    made = make(tmp_path / "of" / "mine")
    assert rights(tmp_path / "of" / "mine") == 0
    if hasattr(made, "close"):
        made.close()


def test_a_folder_of_others_keeps_its_rights(tmp_path) -> None:
    tmp_path.chmod(0o755)
    Outbox(tmp_path).close()
    assert rights(tmp_path) == 0o055


def test_the_log_beside_the_register_is_private_from_its_first_byte(tmp_path) -> None:
    with Register(tmp_path):
        logs = list(tmp_path.glob(f"{REGISTER}*"))
        assert len(logs) > 1
        assert [rights(path) for path in logs] == [0] * len(logs)


def test_a_new_folder_of_cases_is_for_its_user_alone(tmp_path) -> None:
    Case.create(tmp_path / "cases" / "one.limner", Geometry((2, 2, 2), np.eye(4)), []).close()
    assert rights(tmp_path / "cases") == 0
