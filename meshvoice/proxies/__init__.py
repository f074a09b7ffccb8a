"""The reverse proxy in front of meshvoice: its configuration, from the settings that meshvoice runs by."""
