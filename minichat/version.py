"""The one place that knows this package's version and what it calls itself on the wire."""

__all__ = ["USER_AGENT", "__version__"]

__version__ = "0.1.0"
USER_AGENT = "minichat/" + __version__
