"""Tests of the package `meshvoice.turn`."""
