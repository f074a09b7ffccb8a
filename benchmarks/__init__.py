"""Measurements, run by hand: `make bench-book`."""
