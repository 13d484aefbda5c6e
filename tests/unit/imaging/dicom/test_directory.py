"""What a DICOMDIR says, and how little of it is believed: links, names, damage, hostile mutations."""

from __future__ import annotations

import random
import shutil
import struct
from pathlib import Path

import pytest
from made_disc import FILE_ID, FIRST, IN_USE, LOWER, NEXT, Node, element, make_disc, write_directory
from pydicom.data import get_testdata_file

from imaging.dicom import tags
from imaging.dicom.directory import BrokenDirectory, file_records, is_directory, plain_name
from imaging.dicom.disc import read_disc
from imaging.errors import UserError
from imaging.opening import find_series, open_series
from imaging.volume import SeriesWarning


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A disc that no test changes."""
    return make_disc(tmp_path_factory.mktemp("made") / "cd")


@pytest.fixture
def directory(made, tmp_path) -> Path:
    """A copy of it."""
    return shutil.copytree(made.parent, tmp_path / "cd") / made.name


def images(patients: list[Node]) -> list[Node]:
    return [node for patient in patients for node in patient.all() if node.kind == "IMAGE"]


def named(text: str):
    """Bends a directory so that its first image has this name."""

    def bend(patients: list[Node]) -> None:
        images(patients)[0].values[FILE_ID] = ("CS", (text + " " * (len(text) % 2)).encode())

    return bend


def test_records_have_their_patient_study_and_series(directory) -> None:
    records = file_records(directory)
    assert [record.name for record in records[:4]] == [*(f"DICOM/SER00001/IM0000{n}" for n in range(3)),
                                                       "DICOM/SER00002/IM00000"]  # fmt: skip
    first, last = records[0], records[-1]
    assert first.patient is not None
    assert first.patient.human_text(tags.PATIENT_NAME) == "Disc^Donna"
    assert first.study_uid == last.study_uid
    assert first.series_uid != last.series_uid
    assert last.header.integer(tags.INSTANCE_NUMBER) == 4


def test_the_directory_opens_what_the_folder_opens(directory) -> None:
    by_folder, by_directory = find_series(directory.parent), find_series(directory)
    assert [s.id for s in by_directory.series] == [s.id for s in by_folder.series]
    assert by_directory.remarks == []
    assert [s.geometry.shape[0] for s in by_directory.series] == [3, 4]
    (volume,) = open_series(by_directory.series[1])
    assert volume.source.patient_name == "Disc^Donna"


def test_programs_on_the_disc_are_not_opened(directory, monkeypatch) -> None:
    from imaging.dicom import sources

    for name in ("viewer.exe", "help/index.html", "jre/rt.jar"):
        (directory.parent / name).parent.mkdir(exist_ok=True)
        (directory.parent / name).write_bytes(b"no image")
    opened: list[str] = []
    opens = sources.FileReader.__init__
    monkeypatch.setattr(sources.FileReader, "__init__", lambda self, path: opened.append(path) or opens(self, path))
    listing = find_series(directory)
    assert listing.skipped == 3
    assert {Path(path).name[:2] for path in opened} == {"DI", "IM"}


def test_of_a_wanted_series_only_its_own_files_are_opened(directory, monkeypatch) -> None:
    wanted = find_series(directory).series[0].id
    for file in (directory.parent / "DICOM" / "SER00002").iterdir():
        file.write_bytes(b"this must not be read")
    listing = find_series(directory, wanted)
    assert [s.id for s in listing.series] == [wanted]
    assert listing.skipped == 0
    assert [s.id for s in find_series(directory, wanted + ".2").series] == [wanted]  # no such part: all is looked at


@pytest.mark.parametrize("name", ["dicom\\ser00001\\im00000", "DICOM\\SER00001\\IM00000.;1", "DICOM/SER00001/IM00000"])
def test_names_in_other_ways_of_writing_find_their_file(directory, name) -> None:
    write_directory(directory.parent, named(name))
    disc = read_disc(directory)
    assert (len(disc.named), disc.absent, disc.unnamed) == (7, (), ())


def test_files_in_small_letters_with_versions_are_found(directory) -> None:
    folder = directory.parent
    for file in sorted((folder / "DICOM").rglob("IM*")):
        file.rename(file.with_name(file.name.lower() + ".;1"))
    (folder / "DICOM").rename(folder / "dicom")
    directory = directory.rename(folder / "dicomdir.;1")
    assert is_directory(directory)
    disc = read_disc(directory)
    assert (len(disc.named), len(disc.absent), disc.unnamed) == (7, 0, ())


@pytest.mark.parametrize(
    "name",
    ["..\\..\\secret", "\\etc\\passwd", "/etc/passwd", "C:\\secret", "DICOM\\..\\..\\secret", "A\\\0B", "..", "."],
)
def test_names_that_lead_out_of_the_disc_are_refused(directory, name) -> None:
    shutil.copy(directory.parent / "DICOM" / "SER00001" / "IM00000", directory.parent.parent / "secret")
    write_directory(directory.parent, named(name))
    disc = read_disc(directory)
    assert len(disc.outside) == 1
    assert all(Path(one.path).is_relative_to(directory.parent) for one in disc.named)
    listing = find_series(directory)
    assert any("lead out of it: 1" in remark.message for remark in listing.remarks)
    assert sum(s.geometry.shape[0] for s in listing.series) == 7  # the image itself is there, only not named


def test_a_link_out_of_the_disc_is_refused(directory, tmp_path) -> None:
    image = directory.parent / "DICOM" / "SER00001" / "IM00000"
    image.rename(tmp_path / "elsewhere")
    image.symlink_to(tmp_path / "elsewhere")
    assert read_disc(directory).outside == ("DICOM/SER00001/IM00000",)


def test_files_that_are_missing_are_said_and_their_series_marked(directory) -> None:
    last = directory.parent / "DICOM" / "SER00002" / "IM00003"
    last.unlink()  # at the end of the stack: its geometry does not tell
    listing = find_series(directory)
    whole, cut = listing.series
    assert SeriesWarning.ABSENT_FILES not in whole.warnings
    assert SeriesWarning.ABSENT_FILES in cut.warnings
    (remark,) = listing.remarks
    assert remark.message.endswith("not there: 1.")
    assert remark.hint == "Missing: SER00002/IM00003."  # folders above it may be named after the patient
    assert SeriesWarning.ABSENT_FILES in open_series(cut)[0].warnings
    assert SeriesWarning.ABSENT_FILES in find_series(directory, cut.id).series[0].warnings


def test_images_that_the_directory_does_not_name_are_listed_and_said(directory) -> None:
    def only_first(patients: list[Node]) -> None:
        del patients[0].below[0].below[1]

    write_directory(directory.parent, only_first)
    listing = find_series(directory)
    assert [s.geometry.shape[0] for s in listing.series] == [3, 4]
    assert [remark.message for remark in listing.remarks] == [
        "Images and other objects that the directory of the disc does not name: 4."
    ]


def test_a_directory_alone_says_that_its_files_are_missing(directory, tmp_path) -> None:
    (tmp_path / "alone").mkdir()
    with pytest.raises(UserError, match="None of the files"):
        find_series(Path(shutil.copy(directory, tmp_path / "alone")))


def test_deleted_records_are_passed_over(directory) -> None:
    def deleted(patients: list[Node]) -> None:
        patients[0].below[0].below[0].values[IN_USE] = ("US", b"\0\0")

    write_directory(directory.parent, deleted)
    assert len(file_records(directory)) == 4


def broken(link: int, place: int):
    def bend(patients: list[Node]) -> None:
        patients[0].below[0].values[link] = ("UL", struct.pack("<I", place))

    return bend


@pytest.mark.parametrize("place", [1, 0xFFFFFFFF, 132])
@pytest.mark.parametrize("link", [NEXT, LOWER])
def test_links_to_nowhere_make_it_broken(directory, link, place) -> None:
    write_directory(directory.parent, broken(link, place))
    with pytest.raises(BrokenDirectory, match="leads to no record"):
        file_records(directory)
    listing = find_series(directory)
    assert [s.geometry.shape[0] for s in listing.series] == [3, 4]
    assert "Every file of its folder was looked at" in listing.remarks[0].hint


def test_links_in_circles_make_it_broken(directory) -> None:
    data = directory.read_bytes()
    at = data.index(element(FIRST, "UL", b"")[:6]) + 8
    first = data[at : at + 4]

    def circle(patients: list[Node]) -> None:
        images(patients)[-1].values[NEXT] = ("UL", first)

    write_directory(directory.parent, circle)
    with pytest.raises(BrokenDirectory, match="circles"):
        file_records(directory)


def test_a_long_chain_of_records_below_each_other_is_followed(tmp_path) -> None:
    """A chain that would exhaust the stack of a program that follows it by recursion."""
    from made_disc import directory_bytes

    nodes = [Node("PRIVATE", {}) for _ in range(20_000)]
    nodes.append(Node("IMAGE", {FILE_ID: ("CS", b"IM")}))
    data = bytearray(directory_bytes(nodes))
    step = len(data) - data.rindex(b"\xfe\xff\x00\xe0")  # the last record
    first = data.index(b"\xfe\xff\x00\xe0")
    size = (len(data) - step - first) // 20_000
    for n in range(20_000):  # what was beside is below
        place = first + n * size
        beside, below = place + 8 + 8, place + 8 + 12 + 10 + 8
        data[below : below + 4] = data[beside : beside + 4]
        data[beside : beside + 4] = bytes(4)
    path = tmp_path / "DICOMDIR"
    path.write_bytes(bytes(data))
    assert [record.file_id for record in file_records(path)] == [("IM",)]


def test_a_sequence_of_undefined_length_ends_at_its_delimiter(directory) -> None:
    data = directory.read_bytes()
    place = data.index(struct.pack("<HH2sH", 4, 0x1220, b"SQ", 0)) + 8
    directory.write_bytes(data[:place] + b"\xff" * 4 + data[place + 4 :] + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))
    assert len(file_records(directory)) == 7


@pytest.mark.parametrize("content", [b"", b"hello", bytes(128) + b"DICM", bytes(5000)])
def test_what_is_no_directory_at_all_falls_back_to_the_files(directory, content) -> None:
    directory.write_bytes(content)
    listing = find_series(directory)
    assert [s.geometry.shape[0] for s in listing.series] == [3, 4]
    assert len(listing.remarks) == 1


def test_a_broken_directory_without_images_is_said(tmp_path) -> None:
    (tmp_path / "DICOMDIR").write_bytes(b"hello")
    with pytest.raises(UserError, match="no DICOM file"):
        find_series(tmp_path / "DICOMDIR")


@pytest.mark.parametrize("name", ["DICOMDIR", "DICOMDIR-implicit", "DICOMDIR-bigEnd", "DICOMDIR-reordered"])
def test_directories_of_another_program_are_read_alike(name) -> None:
    found = get_testdata_file(f"dicomdirtests/{name}") or get_testdata_file(name)
    assert found is not None
    records = file_records(Path(found))
    assert len(records) == 31
    assert len({record.series_uid for record in records}) == 13
    patients = {record.patient.human_text(tags.PATIENT_NAME) for record in records if record.patient is not None}
    assert patients == {"Doe^Archibald", "Doe^Peter"}


@pytest.mark.parametrize("seed", range(60))
def test_mutated_directories_are_read_or_refused_and_never_lead_out(directory, seed) -> None:
    """Bytes flipped, pieces cut out, repeated or made huge: every image is still listed."""
    rng = random.Random(seed)
    data = bytearray(directory.read_bytes())
    begin = data.index(b"\x04\x00\x00\x12")
    for _ in range(rng.choice((1, 1, 3, 10))):
        place = rng.randrange(begin, len(data))
        match rng.randrange(5):
            case 0:
                data[place] = rng.randrange(256)
            case 1:
                del data[place : place + rng.randrange(1, 40)]
            case 2:
                data[place:place] = data[place : place + rng.randrange(1, 400)]
            case 3:
                data[place : place + 4] = rng.choice((b"\xff" * 4, bytes(4), b"..\\.", b"\xff\xff\xff\x7f"))
            case _:
                del data[max(begin, len(data) - rng.randrange(1, 200)) :]
        begin = min(begin, len(data) - 1)
    directory.write_bytes(bytes(data))
    disc = read_disc(directory)
    assert all(Path(one.path).is_relative_to(directory.parent) for one in disc.named)
    listing = find_series(directory)
    assert sum(s.geometry.shape[0] * s.volume_count for s in listing.series if s.geometry is not None) == 7
    told = disc.problem is not None or disc.absent or disc.outside or disc.unnamed
    assert bool(listing.remarks) == bool(told)


def test_names_are_compared_as_dicom_means_them() -> None:
    assert plain_name("im00001.;1") == plain_name("IM00001") == "IM00001"
    assert plain_name("im1.dcm") != plain_name("im1")
