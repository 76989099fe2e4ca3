"""What is asked and what comes back, as plain values: no socket, no clock.

A `Request` is complete before anything is opened: a codec makes it, a backend sends it. A header
that could smuggle a second one is refused here, so no backend has to look again.
"""

from __future__ import annotations

from functools import lru_cache

from ..errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NamedTuple, Optional

__all__ = ["Request", "Target", "split_url", "check_headers"]
