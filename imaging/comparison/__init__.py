"""How much two masks agree: overlap, distances between their surfaces, volumes, and where they differ."""
