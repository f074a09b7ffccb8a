"""Tests of the package `meshvoice.doctor`."""
