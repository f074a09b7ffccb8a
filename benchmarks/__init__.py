"""Measurements, run by hand: `make bench-book`, `make bench-memory`."""
