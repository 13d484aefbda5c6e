"""Values that cannot be read, in items and in the file meta group: they are named, and nothing ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_series import SeriesMaker
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from imaging.errors import UserError
from imaging.objects.validation.findings import Findings
from imaging.objects.validation.values import check_values
from sync.deidentification.run import read_object


@pytest.mark.parametrize(
    ("tag", "representation", "value"),
    [(0x00080100, "Sh", b"T-D4"), (0x00080102, "0x4c 0x14", b"SRT "), (0x00080104, "FD", b"ml")],
    ids=["code", "scheme", "meaning"],
)
def test_an_item_that_cannot_be_read_is_named(tag: int, representation: str, value: bytes) -> None:
    code, whole = Dataset(), Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "T-D4000", "SRT", "Abdomen"
    code._dict[Tag(tag)] = RawDataElement(Tag(tag), representation, len(value), value, 0, False, True)
    whole.ProcedureCodeSequence = Sequence([code])
    found = Findings()
    check_values(whole, found)
    said = {(one.place, one.sentence) for one in found.all()}
    assert ("ProcedureCodeSequence", "an item of it holds what cannot be read") in said
    assert any(place.startswith("ProcedureCodeSequence>Cod") for place, _ in said)


def test_a_kind_in_the_file_meta_group_that_cannot_be_read_is_a_sentence(make_series: SeriesMaker) -> None:
    path: Path = make_series(1) / "s000.dcm"
    data = path.read_bytes()
    assert data.count(b"\x02\x00\x02\x00UI") == 1
    path.write_bytes(data.replace(b"\x02\x00\x02\x00UI", b"\x02\x00\x02\x00U:"))
    with pytest.raises(UserError, match="cannot be read"):
        read_object(path)
