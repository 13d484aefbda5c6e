"""Broken structure sets are read or refused: no other error, and no file takes long."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import pytest

from imaging.errors import UserError
from imaging.formats.label_file import LabelFile, LabelSegment
from imaging.geometry import Geometry
from imaging.objects import elements
from imaging.objects.source_series import source_without_dicom
from imaging.objects.structure_set_masks import read_structures
from imaging.objects.structure_set_write import write_structure_set

MUTANTS = 300
MAX_SECONDS = 5.0  # of this process's time
SHAPE = (6, 30, 30)
NUMBERS = (b"1e308", b"-1e9", b"nan", b"inf", b"1_0", b"", b"\\\\", b"0x10", b"\xff", b"99999999")


@pytest.fixture
def valid(tmp_path: Path) -> bytes:
    layer = np.random.default_rng(1).integers(0, 3, SHAPE).astype(np.uint8)
    segments = [LabelSegment("One", (1, 2, 3), 1), LabelSegment("Two", None, 2)]
    write_structure_set(LabelFile(grid(), [layer], segments), source_without_dicom(grid()), tmp_path / "valid.dcm")
    return (tmp_path / "valid.dcm").read_bytes()


def grid() -> Geometry:
    return Geometry(SHAPE, np.diag([1.0, 1.0, 2.0, 1.0]), "1.2.3.4")


def bent(data: bytes, chance: random.Random) -> bytes:
    """One to four changes: a byte, a number, a length, a piece left out or repeated, an early end."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(132, len(changed))
        kind = chance.randrange(6)
        if kind == 0:
            changed[at] = chance.randrange(256)
        elif kind == 1:
            begin = changed.find(b"\\", at)
            end = changed.find(b"\\", begin + 1)
            number = chance.choice(NUMBERS)
            if 0 < begin < end:
                changed[begin + 1 : end] = (
                    number if chance.random() < 0.3 else number[: end - begin - 1].ljust(end - begin - 1)
                )
        elif kind == 2:
            tag = changed.find(b"\x06\x30", at)  # an element of the structure set: its length
            if tag > 0:
                changed[tag + 4 : tag + 8] = chance.choice([0, 7, 1 << 16, 0xFFFFFFFF, 0xFFFFFFFE]).to_bytes(
                    4, "little"
                )
        elif kind == 3:
            del changed[at : at + chance.choice([1, 8, 100])]
        elif kind == 4:
            changed[at:at] = changed[at : at + chance.choice([1, 8, 500])]
        elif chance.random() < 0.3:
            del changed[at:]
    return bytes(changed)


def test_mutants_are_read_or_refused(valid: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: object) -> None:
        raise UserError("Only the sandbox may look at this.")

    monkeypatch.setattr(elements, "_rewritten", refuse)  # it has tests of its own, and takes a process for each file
    path = tmp_path / "mutant.dcm"
    answers = {"read": 0, "refused": 0}
    for seed in range(MUTANTS):
        path.write_bytes(bent(valid, random.Random(seed)))
        began = time.process_time()
        try:
            assert read_structures(path, grid(), consent=True).labels.segments, seed
            answers["read"] += 1
        except UserError:
            answers["refused"] += 1
        assert time.process_time() - began < MAX_SECONDS, seed
    assert min(answers.values()) > MUTANTS // 10, answers
