"""Self-hosted voice rooms: signaling, TURN credentials and pages for a WebRTC mesh."""
