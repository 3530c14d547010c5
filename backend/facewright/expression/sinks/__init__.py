"""Where live expressions go: other programs over UDP, and tables; each sink has `send` and `close`."""
