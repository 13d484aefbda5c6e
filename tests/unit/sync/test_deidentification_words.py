"""How a patient's names are found however they are written, and what of free texts stays."""

from __future__ import annotations

import pytest

from sync.deidentification.words import KnownNames, cleaned


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Müller^Jörg", "seen by MUELLER"),
        ("Mueller^Hans", "Herr Müller kommt wieder"),
        ("Müller^Hans", "thorax muller"),
        ("García^José", "JOSE GARCIA"),
        ("Garcia^Jose", "José García"),
        ("Weiß^Anna", "Frau Weiss"),
        ("Müller-Lüdenscheid^Karl", "Lüdenscheid was here"),
        ("O'Brien^Ann", "OBRIEN"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "患者山田太郎です"),
        ("王^小东", "患者王小东胸部"),
        ("Kim^Gildong=金^吉洞=김^길동", "환자김길동의"),
        ("ﾔﾏﾀﾞ^ﾀﾛｳ", "ヤマダ"),
    ],
)
def test_a_name_is_found_however_it_is_written(name, text) -> None:
    names = KnownNames([name])
    assert names.found_in(text)
    assert not names.found_in(names.without(text))


@pytest.mark.parametrize(
    "text",
    ["born 27.05.1963", "27.5.63", "1963-05-27", "05/27/1963", "27/05/1963", "27 May 1963", "May 27, 1963", "270563x",
     "27. Mai 63", "*27-5-1963"],
)  # fmt: skip
def test_a_birth_date_is_found_however_it_is_written(text) -> None:
    found = KnownNames(["19630527"]).found_in(text)
    assert found == (text != "270563x")


def test_what_only_looks_alike_is_not_found() -> None:
    names = KnownNames(["Sue^Li", "19630527", "PAT-90210"])
    for text in ("suture", "line", "27 slices", "1963", "pat", "su", "27.5.64"):
        assert not names.found_in(text), text


def test_the_number_of_an_id_is_found_without_its_letters() -> None:
    names = KnownNames(["PAT-90210"])
    assert names.found_in("case 90210")
    assert names.found_in("PAT 90210")
    assert names.numbers == frozenset({"90210"})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("chest 27.5.63", "chest"),
        ("chest, tel 089 123 456", "chest"),
        ("chest 0172-55-66-77", "chest"),
        ("liver 12.03.2020", "liver"),
        ("liver lesion 12 mm", "liver lesion 12"),
        ("T2 tse 3.0", "T2 tse 3.0"),
        ("CT Thorax/Abdomen 5mm, Weizenkeim 1963", "CT Thorax/Abdomen 5mm"),
    ],
)
def test_dates_and_telephone_numbers_go_from_free_texts(text, left) -> None:
    assert cleaned(text) == left
