"""Multipart bodies: whole parts come out whatever the chunks, and nothing endless or cut is believed."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from imaging.errors import UserError
from sync.dicomweb.find import _parameters, as_record
from sync.dicomweb.multipart import boundary_of, parts_of, write_parts
from sync.query import Level, Query, checked_uid

BODIES = [b"", b"one", b"--b\r\n", b"\r\n--", bytes(range(256)) * 40]


def body() -> bytes:
    return b"".join(write_parts(([one] for one in BODIES), b"b-b", "application/dicom"))


def chunks(data: bytes, sizes: random.Random) -> Iterator[bytes]:
    place = 0
    while place < len(data):
        size = sizes.choice((1, 2, 3, 7, 100, 5000))
        yield data[place : place + size]
        place += size


@pytest.mark.parametrize("seed", range(20))
def test_parts_come_out_whole_whatever_the_chunks(seed) -> None:
    assert list(parts_of(chunks(body(), random.Random(seed)), b"b-b", 1 << 20)) == BODIES


@pytest.mark.parametrize("cut", [5, 40, 60, 100, 10_300])
def test_a_body_that_is_cut_is_an_error(cut) -> None:
    with pytest.raises(UserError):
        list(parts_of([body()[:-cut]], b"b-b", 1 << 20))


def test_parts_and_headers_without_end_are_refused() -> None:
    def endless() -> Iterator[bytes]:
        yield b"--b-b\r\n\r\n"
        while True:
            yield b"x" * 1000

    with pytest.raises(UserError, match="larger"):
        list(parts_of(endless(), b"b-b", 10_000))
    with pytest.raises(UserError, match="header"):
        list(parts_of([b"--b-b\r\n" + b"x" * 20_000], b"b-b", 10_000))
    with pytest.raises(UserError, match="begin"):
        list(parts_of([b"x" * 20_000], b"b-b", 10_000))


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ('multipart/related; type="application/dicom"; boundary="a b"', b"a b"),
        ("Multipart/Related;boundary=x;type=y", b"x"),
    ],
)
def test_the_boundary_is_found(content_type, boundary) -> None:
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    "content_type", ["", "text/html", "multipart/related", f"multipart/related; boundary={'x' * 300}"]
)
def test_what_is_not_in_parts_is_said(content_type) -> None:
    with pytest.raises(UserError):
        boundary_of(content_type)


@pytest.mark.parametrize("uid", ["", "1.2/../3", "1.2 3", "1" * 65, "abc", "1.2?x"])
def test_only_uids_get_into_addresses(uid) -> None:
    with pytest.raises(UserError):
        checked_uid(uid)


def test_answers_are_read_and_nonsense_is_passed_over() -> None:
    found = {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Grün^Ada"}]},
        "00080061": {"vr": "CS", "Value": ["CT", "SEG"]},
        "00201208": {"vr": "IS", "Value": [12]},
        "00080020": {"vr": "DA"},
        "nonsense": 5,
        "00080050": "no element",
    }
    assert as_record(found) == {
        "PatientName": "Grün^Ada",
        "ModalitiesInStudy": "CT\\SEG",
        "NumberOfStudyRelatedInstances": "12",
    }
    assert as_record([1, 2]) == {}


def test_wild_cards_stand_in_an_address_as_the_standard_writes_them() -> None:
    asked = _parameters(Query(Level.STUDY, {"PatientName": "Grü?^A*", "ModalitiesInStudy": "CT\\MR"}), 5, 0)
    assert asked.startswith("PatientName=Gr%C3%BC?%5EA*&ModalitiesInStudy=CT,MR&includefield=")
    assert asked.endswith("&limit=5&offset=0")
    assert "a%26b%3Dc%23d%2Be%20f" in _parameters(Query(Level.STUDY, {"PatientName": "a&b=c#d+e f"}), 5, 0)
