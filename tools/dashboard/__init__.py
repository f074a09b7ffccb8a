"""Takes the picture of the Grafana dashboard."""
