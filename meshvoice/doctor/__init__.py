"""The doctor: proves the TURN path of a deployment leg by leg, and names the one that fails."""

from meshvoice.doctor.command import run

__all__ = ["run"]
