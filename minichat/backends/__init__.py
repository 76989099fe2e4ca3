"""The only rooms that do I/O: sockets, threads, loops, clocks. Everything else is handed a backend."""
