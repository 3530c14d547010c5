"""Commands that are more than a call: serving, and working through a server."""
