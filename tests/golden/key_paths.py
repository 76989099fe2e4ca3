"""Where keys stand in a frame, and what kind of value: by this documented frames and the fake's are compared."""

__all__ = ["paths"]


def paths(value, prefix=""):
    """Give every key path with the JSON type that stands there; null fits any, and a number is a number."""
    found = {}
    if isinstance(value, dict):
        for key, inner in value.items():
            found.update(paths(inner, f"{prefix}.{key}"))
    elif isinstance(value, list):
        for inner in value:
            found.update(paths(inner, f"{prefix}[]"))
    else:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        found[prefix] = None if value is None else "number" if number else type(value).__name__
    return found
