"""The page “Compare” of the right panel."""
