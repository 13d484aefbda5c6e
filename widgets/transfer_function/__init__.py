"""The editor of transfer functions: curves over a histogram, a colour bar, typed fields."""
