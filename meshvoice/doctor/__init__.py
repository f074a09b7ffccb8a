"""The doctor: proves the TURN path of a deployment leg by leg, and names the one that fails."""

from meshvoice.doctor.command import rotate, run

__all__ = ["rotate", "run"]
