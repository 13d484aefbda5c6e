"""Numbers and names of the phantom's structures (names as TotalSegmentator writes them, where it has one)."""

from __future__ import annotations

_TISSUES = ("skin", "subcutaneous_fat", "muscle", "intermuscular_fat", "visceral_fat")
_CHEST = (
    "heart",
    "aorta",
    "superior_vena_cava",
    "inferior_vena_cava",
    "brachiocephalic_vessels",
    "pulmonary_vessels",
    "esophagus",
    "trachea",
    "main_bronchi",
    "bronchi",
    "airway_wall",
    "lung_upper_lobe_left",
    "lung_lower_lobe_left",
    "lung_upper_lobe_right",
    "lung_middle_lobe_right",
    "lung_lower_lobe_right",
    "lung_vessels_left",
    "lung_vessels_right",
    "lung_nodule",
)
_ABDOMEN = (
    "liver",
    "liver_lesion",
    "gallbladder",
    "spleen",
    "stomach",
    "pancreas",
    "duodenum",
    "small_bowel",
    "colon",
    "kidney_left",
    "kidney_right",
    "adrenal_gland_left",
    "adrenal_gland_right",
    "portal_vein_and_splenic_vein",
    "abdominal_vessels",
    "iliac_vessels",
    "iliopsoas_left",
    "iliopsoas_right",
    "autochthon_left",
    "autochthon_right",
)
_SPINE = ("spinal_canal", "spinal_cord", "intervertebral_discs", "costal_cartilages")
_BONES = (
    *(f"vertebrae_L{n}" for n in range(5, 0, -1)),
    *(f"vertebrae_T{n}" for n in range(12, 0, -1)),
    *(f"rib_{side}_{n}" for side in ("left", "right") for n in range(1, 13)),
    "sternum",
    "scapula_left",
    "scapula_right",
    "clavicula_left",
    "clavicula_right",
    "hip_left",
    "hip_right",
    "sacrum",
)

NAMES: dict[str, int] = {
    name: number for number, name in enumerate((*_TISSUES, *_CHEST, *_ABDOMEN, *_SPINE, *_BONES), start=1)
}

GROUPS: dict[str, tuple[str, ...]] = {
    "body": tuple(NAMES),
    "lung_left": tuple(n for n in _CHEST if n.startswith("lung_") and n.endswith("_left")),
    "lung_right": (*(n for n in _CHEST if n.startswith("lung_") and n.endswith("_right")), "lung_nodule"),
    "liver": ("liver", "liver_lesion"),
    "airways": ("trachea", "main_bronchi", "bronchi"),
    "central_airways": ("trachea", "main_bronchi"),
    "skeleton": _BONES,
}

_HEAD_SOFT = (
    "skin",
    "subcutaneous_fat",
    "muscle",
    "masseter",
    "temporalis",
    "tongue",
    "sternocleidomastoid",
    "pterygoid",
    "parotid_gland_left",
    "parotid_gland_right",
    "orbital_fat",
    "eye_left",
    "eye_right",
    "eye_lens_left",
    "eye_lens_right",
    "eye_muscles",
    "optic_nerve_left",
    "optic_nerve_right",
    "cartilage",
    "intervertebral_discs",
    "airway",
    "sinuses",
    "marker_left",
)
_HEAD_BRAIN = (
    "cerebrospinal_fluid",
    "ventricles",
    "grey_matter_left",
    "grey_matter_right",
    "white_matter",
    "deep_grey_matter",
    "cerebellum",
    "brainstem",
    "spinal_cord",
)
_HEAD_BONES = (
    "skull",
    "maxilla",
    "zygomatic_left",
    "zygomatic_right",
    "nasal_bones",
    "mandible",
    "hyoid",
    *(f"vertebrae_C{n}" for n in range(1, 6)),
)
_TEETH = ("teeth_upper", "teeth_lower")

HEAD_NAMES: dict[str, int] = {
    name: number for number, name in enumerate((*_HEAD_SOFT, *_HEAD_BRAIN, *_HEAD_BONES, *_TEETH), start=1)
}

HEAD_GROUPS: dict[str, tuple[str, ...]] = {
    "body": tuple(name for name in HEAD_NAMES if name != "marker_left"),
    "brain": ("grey_matter_left", "grey_matter_right", "white_matter", "deep_grey_matter", "cerebellum", "brainstem"),
    "cortex": ("grey_matter_left", "grey_matter_right"),
    "skeleton": (*_HEAD_BONES, *_TEETH),
    "eyes": ("eye_left", "eye_right", "eye_lens_left", "eye_lens_right"),
}
