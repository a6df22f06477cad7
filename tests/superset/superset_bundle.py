"""The bundle of docs/superset/, read as YAML."""

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / "docs" / "superset"

Asset = dict[str, Any]


def read_assets(kind: str) -> dict[str, Asset]:
    """The assets of a kind (``charts``, ``datasets`` …) by the names of their files."""
    return {path.stem: read_yaml(path) for path in sorted((FOLDER / kind).rglob("*.yaml"))}


def read_yaml(path: Path) -> Asset:
    """One file."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def read_positions() -> list[Asset]:
    """What the dashboard says of each of its charts: id in the bundle, uuid, name."""
    (dashboard,) = read_assets("dashboards").values()
    blocks = [block for block in dashboard["position"].values() if isinstance(block, dict)]
    return [block["meta"] for block in blocks if block["type"] == "CHART"]
