"""Who hears what: the pure core of signaling, without a socket."""
