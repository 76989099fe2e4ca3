"""The package as a command: `python -m` followed by the name it was copied under."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
