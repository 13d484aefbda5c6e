"""Segments out of Limner as surfaces: STL, OBJ, PLY, 3MF and glTF."""
