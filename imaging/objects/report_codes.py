"""Coded concepts of measurement reports (PS3.16, TID 1500 and those that it includes)."""

from __future__ import annotations

from imaging.segment import CodedTerm
from imaging.volume import Quantity


def _dcm(value: str, meaning: str) -> CodedTerm:
    return CodedTerm(value, "DCM", meaning)


def _sct(value: str, meaning: str) -> CodedTerm:
    return CodedTerm(value, "SCT", meaning)


def _ucum(value: str, meaning: str) -> CodedTerm:
    return CodedTerm(value, "UCUM", meaning)


REPORT = _dcm("126000", "Imaging Measurement Report")
LANGUAGE = _dcm("121049", "Language of Content Item and Descendants")
ENGLISH = CodedTerm("en", "RFC5646", "English")
OBSERVER_TYPE, DEVICE = _dcm("121005", "Observer Type"), _dcm("121007", "Device")
DEVICE_UID, DEVICE_NAME = _dcm("121012", "Device Observer UID"), _dcm("121013", "Device Observer Name")
DEVICE_MAKER, DEVICE_MODEL = (
    _dcm("121014", "Device Observer Manufacturer"),
    _dcm("121015", "Device Observer Model Name"),
)
PROCEDURE = _dcm("121058", "Procedure Reported")
IMAGE_LIBRARY, LIBRARY_GROUP = _dcm("111028", "Image Library"), _dcm("126200", "Image Library Group")
MEASUREMENTS, GROUP = _dcm("126010", "Imaging Measurements"), _dcm("125007", "Measurement Group")
TRACKING_ID, TRACKING_UID = _dcm("112039", "Tracking Identifier"), _dcm("112040", "Tracking Unique Identifier")
FINDING, FINDING_SITE = _dcm("121071", "Finding"), _sct("363698007", "Finding Site")
FINDING_CATEGORY = _sct("276214006", "Finding category")
LATERALITY = _sct("272741003", "Laterality")
REFERENCED_SEGMENT = _dcm("121191", "Referenced Segment")
SOURCE_IMAGE = _dcm("121233", "Source image for segmentation")
SOURCE_SERIES = _dcm("121232", "Source series for segmentation")
SOURCE_OF_MEASUREMENT = _dcm("121112", "Source of Measurement")
SOURCE = _sct("260753009", "Source")
IMAGE_REGION = _dcm("111030", "Image Region")
ALGORITHM_NAME, ALGORITHM_VERSION = _dcm("111001", "Algorithm Name"), _dcm("111003", "Algorithm Version")

VOLUME, LENGTH = _sct("118565006", "Volume"), _sct("410668003", "Length")
ANGLE, AREA = _sct("1483009", "Angle"), _sct("42798000", "Area")
CERTAINTY = _dcm("111012", "Certainty of Finding")
DERIVATION = _dcm("121401", "Derivation")
MEAN, DEVIATION = _sct("373098007", "Mean"), _sct("386136009", "Standard Deviation")
LEAST, MOST = _sct("255605001", "Minimum"), _sct("56851009", "Maximum")

ML, MM, MM2, MM3 = (
    _ucum("ml", "milliliter"),
    _ucum("mm", "millimeter"),
    _ucum("mm2", "square millimeter"),
    _ucum("mm3", "cubic millimeter"),
)
DEGREE, PERCENT, NO_UNIT = _ucum("deg", "degree"), _ucum("%", "percent"), _ucum("1", "no units")

# What the values of an image are -> the concept that is measured and its unit.
VALUE_CODES = {
    Quantity.HU: (_dcm("112031", "Attenuation Coefficient"), _ucum("[hnsf'U]", "Hounsfield unit")),
    Quantity.SUVBW: (_dcm("126401", "SUVbw"), _ucum("g/ml{SUVbw}", "Standardized Uptake Value body weight")),
    Quantity.ACTIVITY: (CodedTerm("activity", "99LIMNER", "Activity concentration"), _ucum("Bq/ml", "Bq/ml")),
    Quantity.SIGNAL: (CodedTerm("signal", "99LIMNER", "Signal intensity"), NO_UNIT),
}

PROCEDURES = {
    "CT": _sct("77477000", "Computed Tomography X-Ray"),
    "MR": _sct("113091000", "Magnetic Resonance Imaging"),
    "PT": _sct("82918005", "Positron Emission Tomography"),
}
IMAGING = _sct("363679005", "Imaging procedure")
