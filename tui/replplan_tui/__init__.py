"""The terminal app: reads events, imports no kernel and no domain."""
