"""The playbooks on a machine that has nothing yet."""
