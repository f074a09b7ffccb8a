"""Who may come in: the guest book, the one gate, and seat tickets."""
