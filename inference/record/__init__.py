"""What a run took: time, memory, power, energy and temperatures, each number with where it comes from."""
