"""Who is where and who hears what: the pure core. Values in, deliveries out; no socket, loop or clock."""
