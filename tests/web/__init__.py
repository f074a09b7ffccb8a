"""The web side, asked through real sockets of the loopback interface."""
