"""Who may come in: the guest book, the gate and seat tickets."""
