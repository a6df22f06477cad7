"""Accounts of the sync tests, for rebuilds in buckets."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "sync"))
