"""Private elements that hold measurements and nothing else (from PS3.15 table E.3.10-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement

# private creator -> (group, the element's last two digits)
SAFE: dict[str, frozenset[tuple[int, int]]] = {
    "Philips PET Private Group": frozenset({(0x7053, 0x00), (0x7053, 0x09)}),  # SUV and activity factors
    "ELSCINT1": frozenset(
        {(0x00E1, 0x21), (0x01E1, 0x26), (0x01E1, 0x50), (0x01F1, 0x01), (0x01F1, 0x07), (0x01F1, 0x26), (0x01F1, 0x27)}
    ),  # dose length product, phantom, duration, acquisition, table, pitch, rotation
    "GEMS_ACQU_01": frozenset({(0x0019, 0x23), (0x0019, 0x24), (0x0019, 0x27), (0x0019, 0x9E)}),
    "GEMS_PARM_01": frozenset({(0x0043, 0x27), (0x0043, 0x39), (0x0043, 0x6F)}),  # pitch, b-value, gradient
    "GEMS_HELIOS_01": frozenset({(0x0045, 0x01), (0x0045, 0x02)}),
    "Philips Imaging DD 001": frozenset({(0x2001, 0x03), (0x2001, 0x04)}),  # b-factor, direction
    "SIEMENS MR HEADER": frozenset({(0x0019, 0x0C), (0x0019, 0x0D), (0x0019, 0x0E), (0x0019, 0x27)}),
}


def is_safe(element: DataElement) -> bool:
    """True for an element of the list, of the creator that the list names."""
    tag = element.tag
    if not tag.is_private or tag.is_private_creator or not element.private_creator:
        return False
    return (tag.group, tag.element & 0xFF) in SAFE.get(element.private_creator.strip(), frozenset())
