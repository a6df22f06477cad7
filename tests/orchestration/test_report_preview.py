"""The page of the asset ``report`` in Dagster: what the report opens with."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from aegis_etl.lake.paths import DataDir
from aegis_etl.orchestration.metadata import describe_report
from aegis_etl.sandbox import World

RunNight = Callable[..., dg.ExecuteInProcessResult]

PAGE = """<!doctype html><style>p.value { color: red }</style>
<h1><span class="bad">2 *metrics* got worse</span>, <span>1 dataset not fetched</span>.</h1>
<p class="sync">Sync 20261124T020000Z</p>
<p class="lede">
3 runs <strong>came &lt;script&gt;</strong> and went. See <a href="#failed">below</a>.
</p>
<ul><li><p class="value">71 %</p><p class="label">are a | pass</p><p class="note">7 nights: 80 %</p>
<svg><title>Pass rate</title></svg></li></ul>
<section><h2>More</h2><p class="text">a regression</p></section>
"""


def test_it_shows_verdict_summary_and_tiles(tmp_path: Path) -> None:
    """The preview is the top of the page as Markdown, in which nothing of it is markup."""
    (tmp_path / "report.html").write_text(PAGE)

    described = describe_report(DataDir(tmp_path))

    preview = described["preview"]
    assert isinstance(preview, dg.MarkdownMetadataValue)
    assert preview.value == (
        "**2 \\*metrics\\* got worse, 1 dataset not fetched.**\n\n"
        "3 runs came \\<script\\> and went. See below.\n\n"
        "| tonight |  | held against |\n"
        "|---:|---|---|\n"
        "| 71 % | are a \\| pass | 7 nights: 80 % |\n"
    )
    assert described["file"] == dg.MetadataValue.path(tmp_path / "report.html")


def test_without_a_report_it_says_so(tmp_path: Path) -> None:
    """A report that could not be drawn fails nothing."""
    assert "could not be written" in str(describe_report(DataDir(tmp_path))["report"])


@pytest.mark.usefixtures("environment")
def test_a_night_shows_it(run_night: RunNight, world: World) -> None:
    """The run's materialization of ``report`` says the real page's verdict and its five tiles.

    No name that the API sent gets into it: what ``erase`` removes must not live on in Dagster.
    """
    for dataset_id in world.dataset_ids():
        world.rename_dataset(dataset_id, f"Zebra {dataset_id}")

    [event] = [
        event
        for event in run_night().get_asset_materialization_events()
        if event.asset_key == dg.AssetKey("report")
    ]

    preview = str(event.materialization.metadata["preview"].value)
    assert preview.startswith("**A first night: ")
    assert "new runs captured whole" in preview
    assert len(preview.splitlines()) == 4 + 2 + 5
    assert "Zebra" not in preview
