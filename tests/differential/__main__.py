"""`python -m tests.differential`: see compare.py."""

import sys

from .compare import main

sys.exit(main())
