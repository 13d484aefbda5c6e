"""Models that people bring: what their folders hold, the store that keeps them, and how they get into it. No torch."""
