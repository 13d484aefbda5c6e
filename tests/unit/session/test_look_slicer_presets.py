"""Presets of 3D Slicer: both formats, the bend of curves, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from imaging.errors import UserError
from session.look.preset import PresetQuantity
from session.look.preset_store import PresetStore
from session.look.presets import presets_in_file
from session.look.slicer_presets import from_slicer_json, from_slicer_xml
from session.look.transfer_function import ColorPoint, OpacityPoint

XML = """<?xml version="1.0" encoding="utf-8"?><MRML>
<VolumeProperty name="CT-Test" gradientOpacity="4 0 1 255 1" scalarOpacity="6 -500 0 120.5 0.25 900 0.75"
 specular="0.4" shade="1" ambient="0.1" diffuse="0.9" interpolation="1"
 colorTransfer="8 -500 0.1 0.2 0.3 900 1 0.9 0.8"/>
<VolumeProperty name="MR Test" gradientOpacity="4 0 0 50 1" scalarOpacity="4 0 0 100 1" shade="0"
 colorTransfer="4 0 1 1 1"/></MRML>"""


def vp(**component: object) -> dict[str, object]:
    base: dict[str, object] = {
        "shade": True,
        "lighting": {"diffuse": 0.8, "ambient": 0.2, "specular": 0.3, "specularPower": 5.0},
        "scalarOpacity": {"points": [{"x": 0, "y": 0.0}, {"x": 10, "y": 1.0}]},
        "rgbTransferFunction": {"points": [{"x": 0, "color": [0, 0, 0]}, {"x": 10, "color": [1, 0.5, 0]}]},
        "gradientOpacity": {"points": [{"x": 0, "y": 1.0}, {"x": 9, "y": 1.0}]},
    }
    return {"@schema": "v1", "volumeProperties": [{"effectiveRange": [0, 10], "components": [base | component]}]}


def points(*nodes: tuple[float, float, float, float]) -> dict[str, object]:
    return {"points": [{"x": x, "y": y, "midpoint": m, "sharpness": s} for x, y, m, s in nodes]}


def test_all_presets_of_an_xml_file_are_read() -> None:
    ct, mr = from_slicer_xml(XML.encode(), "presets.xml")
    assert (ct.id, ct.name, ct.quantity) == ("ct-test", "CT-Test", PresetQuantity.HU)
    assert ct.look.transfer.opacities == (
        OpacityPoint(-500, 0),
        OpacityPoint(120.5, 0.25),
        OpacityPoint(900, 0.75),
    )
    assert ct.look.transfer.colors[0] == ColorPoint(-500, (0.1, 0.2, 0.3))
    assert ct.look.transfer.gradient_opacities == ()  # 1 throughout
    assert (ct.look.material.gloss, ct.look.material.surface) == (0.4, 1.0)
    assert mr.quantity is PresetQuantity.SIGNAL
    assert mr.look.material.surface == 0
    assert mr.look.transfer.gradient_factor_at(25) == 0.5


def test_a_json_file_is_read_and_named_by_its_file() -> None:
    (found,) = from_slicer_json(vp(scalarOpacityUnitDistance=2.5), "Thorax.vp.json")
    assert (found.name, found.id) == ("Thorax", "thorax")
    assert found.look.transfer.unit_mm == 2.5
    assert found.look.transfer.color_at(5).tolist() == [0.5, 0.25, 0]
    assert found.look.material.gloss == 0.3


def test_disabled_gradient_opacity_is_left_out() -> None:
    steep = points((0, 0, 0.5, 0), (9, 1, 0.5, 0))
    (on,) = from_slicer_json(vp(gradientOpacity=steep), "a.vp.json")
    (off,) = from_slicer_json(vp(gradientOpacity=steep, disableGradientOpacity=True), "a.vp.json")
    assert on.look.transfer.gradient_factor_at(0) == 0
    assert off.look.transfer.gradient_factor_at(0) == 1


def test_a_midpoint_bends_a_line_there() -> None:
    (found,) = from_slicer_json(vp(scalarOpacity=points((0, 0, 0.25, 0), (10, 1, 0.5, 0))), "a.vp.json")
    np.testing.assert_allclose(found.look.transfer.opacity_at([1, 2.5, 4]), [0.2, 0.5, 0.6])


def test_sharpness_follows_vtk() -> None:
    (found,) = from_slicer_json(vp(scalarOpacity=points((0, 0, 0.3, 0.5), (10, 1, 0.5, 0))), "a.vp.json")
    wanted = [0.0, 0.00034, 0.02475, 0.5, 0.84968, 0.96048, 0.99085, 0.99844, 0.99986, 1.0, 1.0]  # vtkPiecewiseFunction
    np.testing.assert_allclose(found.look.transfer.opacity_at(np.arange(11)), wanted, atol=0.05)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"6 -500', '"8 -500'),  # says more numbers than there are
        ("120.5", "nan"),
        ("120.5", "1e400"),
        ("120.5", "abc"),
        ("0.75", "7.5"),
        ('scalarOpacity="6', 'opacity="6'),
        ("VolumeProperty", "Other"),
        ("</MRML>", ""),
        ("<MRML>", '<!DOCTYPE a [<!ENTITY b "c">]><MRML>'),
        ("<MRML>", '<!doctype a SYSTEM "file:///etc/passwd"><MRML>'),
    ],
)
def test_bad_and_hostile_xml_is_refused(old, new) -> None:
    assert old in XML
    with pytest.raises(UserError, match=r"p\.xml"):
        from_slicer_xml(XML.replace(old, new).encode(), "p.xml")


def test_a_document_type_hidden_by_its_encoding_is_refused() -> None:
    hidden = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><MRML/>'.encode("utf-16")
    with pytest.raises(UserError):
        from_slicer_xml(hidden, "p.xml")


@pytest.mark.parametrize(
    "component",
    [
        {"scalarOpacity": {"points": []}},
        {"scalarOpacity": {"points": "many"}},
        {"scalarOpacity": {"points": [{"x": 0, "y": float("inf")}]}},
        {"scalarOpacity": {"points": [{"x": 0, "y": True}]}},
        {"scalarOpacity": {"points": [{"x": 0}]}},
        {"scalarOpacity": {"points": [{"x": 0, "y": 0.0}] * 3000}},
        {"rgbTransferFunction": {"points": [{"x": 0, "color": [1, 1]}]}},
        {"scalarOpacityUnitDistance": 0},
        {"lighting": [1]},
        {"gradientOpacity": 5},
    ],
)
def test_bad_json_is_refused(component) -> None:
    with pytest.raises(UserError, match=r"a\.vp\.json"):
        from_slicer_json(vp(**component), "a.vp.json")


@pytest.mark.parametrize("record", [{"volumeProperties": {}}, {"volumeProperties": []}, {"volumeProperties": [3]}])
def test_json_without_a_property_is_refused(record) -> None:
    with pytest.raises(UserError):
        from_slicer_json(record, "a.vp.json")


def test_both_formats_are_known_by_their_files_and_can_be_kept(tmp_path) -> None:
    (tmp_path / "many.xml").write_text(XML)
    (tmp_path / "one.vp.json").write_text(json.dumps(vp()))
    assert len(presets_in_file(tmp_path / "many.xml")) == 2
    store = PresetStore(tmp_path / "store")
    kept = (*store.import_file(tmp_path / "many.xml"), *store.import_file(tmp_path / "one.vp.json"))
    assert {p.name for p in store.presets()} == {p.name for p in kept} == {"CT-Test", "MR Test", "one"}
