"""Whether a picture of a volume may show a face: Recognizable Visual Features (0028,0302; PS3.3 C.7.6.1).

The attribute says whether somebody could be recognised by an image, or by what is reconstructed from it. Rendered skin
of a head is just that. Here a face counts as possible unless two things speak against it: the scanner named a part of
the body below the neck, and the volume is not so long that it reaches the head all the same. Names are typed by people
and chosen by protocols, so neither alone is believed.
"""

from __future__ import annotations

import itertools

from imaging.geometry import Geometry
from imaging.volume import Volume

LONGEST_MM = 400.0  # from foot to head, of an image of the trunk or a limb that cannot reach the face

# Defined terms of Body Part Examined (PS3.16 annex L) for what lies below the neck.
BELOW_THE_NECK = frozenset(
    {
        "ABDOMEN", "ABDOMENPELVIS", "ADRENAL", "ANKLE", "ANUS", "APPENDIX", "BILEDUCT", "BLADDER", "BREAST",
        "BRONCHUS", "CALCANEUS", "CALF", "CHEST", "CHESTABDOMEN", "COCCYX", "COLON", "COROARTERY", "DUODENUM",
        "ELBOW", "FEMORALART", "FINGER", "FOOT", "FOREARM", "FOREFOOT", "GALLBLADDER", "HAND", "HEART", "HINDFOOT",
        "HIP", "ILEUM", "ILIUM", "JEJUNUM", "KIDNEY", "KNEE", "LEG", "LIVER", "LOWERLEG", "LSPINE", "LUNG", "OVARY",
        "PANCREAS", "PATELLA", "PELVIS", "PROSTATE", "RECTUM", "RIB", "SCAPULA", "SCROTUM", "SIJOINT", "SPLEEN",
        "SSPINE", "STERNUM", "STOMACH", "TESTIS", "THIGH", "THUMB", "TOE", "TSPINE", "URETER", "URETHRA", "UTERUS",
        "WRIST",
    }
)  # fmt: skip


def may_show_face(volume: Volume) -> bool:
    """False only when a head in the image can be ruled out; True where nothing is known."""
    part = "".join(volume.source.body_part.upper().split())
    return part not in BELOW_THE_NECK or length_mm(volume.geometry) > LONGEST_MM


def length_mm(geometry: Geometry) -> float:
    """How far the outermost voxel centres are apart along the patient's axis from foot to head."""
    k, j, i = (n - 1 for n in geometry.shape)
    corners = geometry.to_world(list(itertools.product((0, i), (0, j), (0, k))))
    return float(corners[:, 2].max() - corners[:, 2].min())
