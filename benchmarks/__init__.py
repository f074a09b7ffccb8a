"""Measurements, run by hand: `make bench`, `make bench-book`, `make bench-memory`."""
