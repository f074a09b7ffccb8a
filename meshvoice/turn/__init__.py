"""TURN: credentials that coturn accepts, and the configuration of the coturn that accepts them."""
