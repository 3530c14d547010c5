"""Live sessions and captures."""
