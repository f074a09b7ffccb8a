"""Takes a picture of every state of the pages."""
