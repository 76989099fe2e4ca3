"""Sans-IO wire formats: HTTP/1.1 values and parser, server-sent events, and when to try again."""
