"""How to talk: one module per wire format, sans-IO. Where to talk stands in `providers`."""
