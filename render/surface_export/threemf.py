"""3MF by its core specification 1.3: a zip with one XML model in millimetres; each part is a coloured object."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from render.surface_export.parts import Part
from render.surface_export.rows import write_rows

_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
_MODEL = "3D/3dmodel.model"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Target="/{_MODEL}" Id="rel0" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)


def threemf(parts: Sequence[Part]) -> bytes:
    """The package. Parts keep their places in LPS millimetres; the slicing program puts them on its plate."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _TYPES)
        package.writestr("_rels/.rels", _RELATIONS)
        package.writestr(_MODEL, _model(parts))
    return out.getvalue()


def _model(parts: Sequence[Part]) -> bytes:
    out = io.BytesIO()
    out.write(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<model unit="millimeter" xml:lang="en-US" xmlns="{_CORE}">\n'
        '<metadata name="Application">Limner</metadata>\n'
        '<metadata name="Description">Coordinates: LPS, millimetres</metadata>\n'
        '<resources>\n<basematerials id="1">\n'.encode()
    )
    for part in parts:
        red, green, blue = part.color
        out.write(f'<base name={quoteattr(part.name)} displaycolor="#{red:02X}{green:02X}{blue:02X}"/>\n'.encode())
    out.write(b"</basematerials>\n")
    for place, part in enumerate(parts):
        out.write(
            f'<object id="{place + 2}" type="model" name={quoteattr(part.name)} pid="1" pindex="{place}">'.encode()
        )
        out.write(b"<mesh>\n<vertices>\n")
        write_rows(out, '<vertex x="%.5f" y="%.5f" z="%.5f"/>\n', part.surface.points_mm)
        out.write(b"</vertices>\n<triangles>\n")
        write_rows(out, '<triangle v1="%d" v2="%d" v3="%d"/>\n', part.surface.triangles)
        out.write(b"</triangles>\n</mesh></object>\n")
    items = "".join(f'<item objectid="{place + 2}"/>' for place in range(len(parts)))
    out.write(f"</resources>\n<build>{items}</build>\n</model>\n".encode())
    return out.getvalue()
