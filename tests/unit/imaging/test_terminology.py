"""The table of terms against DICOM's own dictionary (PS3.16 as pydicom carries it), and the ways to find a term."""

from __future__ import annotations

import re

import pytest
from pydicom.sr._concepts_dict import concepts

from imaging.terminology import Term, all_terms, lookup, search

GLUTEUS = ("gluteus_maximus", "gluteus_medius", "gluteus_minimus")
TOTALSEGMENTATOR_V1 = [
    *[
        "spleen",
        "kidney_right",
        "kidney_left",
        "gallbladder",
        "liver",
        "stomach",
        "aorta",
        "inferior_vena_cava",
        "pancreas",
    ],
    *["portal_vein_and_splenic_vein", "adrenal_gland_right", "adrenal_gland_left", "esophagus", "trachea", "brain"],
    *["lung_upper_lobe_left", "lung_lower_lobe_left", "lung_upper_lobe_right", "lung_middle_lobe_right"],
    *["lung_lower_lobe_right", "heart_myocardium", "heart_atrium_left", "heart_ventricle_left", "heart_atrium_right"],
    *["heart_ventricle_right", "pulmonary_artery", "iliac_artery_left", "iliac_artery_right", "iliac_vena_left"],
    *["iliac_vena_right", "small_bowel", "duodenum", "colon", "sacrum", "face", "urinary_bladder"],
    *[f"vertebrae_{level}" for level in [*(f"C{n}" for n in range(1, 8)), *(f"L{n}" for n in range(1, 6))]],
    *[f"vertebrae_T{n}" for n in range(1, 13)],
    *[f"rib_{side}_{n}" for side in ("left", "right") for n in range(1, 13)],
    *[
        f"{stem}_{side}"
        for side in ("left", "right")
        for stem in ("humerus", "scapula", "clavicula", "femur", "hip", "autochthon", "iliopsoas", *GLUTEUS)
    ],
]
# Not in PS3.16, but with this meaning in at least two independent published mappings.
TWO_MAPPINGS = {
    "110765007": "Portal vein and splenic vein",
    "74281007": "Myocardium",
    "206007": "Gluteus maximus muscle",
    "78333006": "Gluteus medius muscle",
    "75297007": "Gluteus minimus muscle",
    "244849004": "Deep muscle of back",
    "67769002": "Subcutaneous fatty tissue",
    "113192009": "Skeletal system structure",
    "48535007": "First rib",
    "78247007": "Second rib",
    "25888004": "Third rib",
    "25523003": "Fourth rib",
    "15339008": "Fifth rib",
    "59558009": "Sixth rib",
    "24915002": "Seventh rib",
    "5953002": "Eighth rib",
    "22565002": "Ninth rib",
    "77644006": "Tenth rib",
    "58830002": "Eleventh rib",
    "43993008": "Twelfth rib",
}


def dicom_meanings() -> dict[str, set[str]]:
    """SNOMED CT code to its meanings in PS3.16."""
    found: dict[str, set[str]] = {}
    for values in concepts["SCT"].values():
        for value, (meaning, _) in values.items():
            found.setdefault(value, set()).add(meaning)
    return found


def term(name: str) -> Term:
    found = lookup(name)
    assert found is not None, name
    return found


def test_every_totalsegmentator_structure_is_there() -> None:
    assert len(set(TOTALSEGMENTATOR_V1)) == 104
    assert len({term(name).name for name in TOTALSEGMENTATOR_V1}) == 104


@pytest.mark.parametrize(
    "name",
    [
        *["body", "lungs", "left lung", "right lung", "airways", "trachea", "skeleton", "tissue", "vessel", "artery"],
        *["subcutaneous fat", "visceral fat", "torso fat", "lesion", "tumour", "tumor", "mass"],
    ],
)
def test_the_structures_of_the_built_in_models_are_there(name: str) -> None:
    assert term(name).type.value


def test_every_code_means_in_dicom_what_the_table_says() -> None:
    known = dicom_meanings()
    for entry in all_terms():
        for code in filter(None, (entry.category, entry.type, entry.modifier)):
            assert code.scheme == "SCT"
            assert code.meaning in known.get(code.value, {TWO_MAPPINGS.get(code.value)}), (entry.name, code)


def test_codes_and_laterality() -> None:
    assert (term("kidney_left").type.value, term("kidney_left").type.meaning) == ("64033007", "Kidney")
    assert term("kidney_left").category.value == "91723000"
    for entry in all_terms():
        side = re.match(r"(Left|Right)\b", entry.name)
        if side and entry.modifier is not None:
            assert entry.modifier.meaning == side.group(1)
        elif side:
            assert side.group(1).lower() in entry.type.meaning.lower()  # Left atrium: the type says it


def test_aliases_belong_to_one_term() -> None:
    owners: dict[str, str] = {}
    for entry in all_terms():
        for name in (entry.name, *entry.aliases):
            assert term(name) is entry, name
            assert owners.setdefault(name, entry.name) == entry.name


def test_colours_are_distinct() -> None:
    colors = [entry.color for entry in all_terms()]
    assert len(set(colors)) == len(colors)


def test_two_terms_share_all_codes_only_where_one_is_not_verified() -> None:
    seen: dict[tuple[str, str | None], Term] = {}
    for entry in all_terms():
        key = (entry.type.value, entry.modifier.value if entry.modifier else None)
        if key in seen and seen[key].is_verified and entry.is_verified:
            assert {seen[key].name, entry.name} == {"Lung vessels", "Blood vessel"}
        seen.setdefault(key, entry)


@pytest.mark.parametrize("name", ["kidney_left", "Left kidney", "KIDNEY-LEFT", " left  Kidney ", "kidney left"])
def test_lookup_ignores_case_and_order_of_the_side(name: str) -> None:
    assert term(name).name == "Left kidney"


def test_unknown_names_are_not_guessed() -> None:
    assert lookup("kidne") is None
    assert lookup("") is None
    assert term("rib_left_4").name == "Left rib 4"
    assert term("rib_left_4").type.meaning == "Fourth rib"


def test_search() -> None:
    assert [entry.name for entry in search("left kid")] == ["Left kidney", "Left kidney cyst"]
    assert search("liv")[0].name == "Liver"
    assert {entry.name for entry in search("oesoph")} == {"Esophagus"}
    assert search("no such thing") == []
    assert search("") == list(all_terms())
