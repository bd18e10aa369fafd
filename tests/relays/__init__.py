"""Real mail servers from Debian, each started on loopback with a configuration of its own."""
