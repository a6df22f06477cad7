"""What a sync noticed and does not block: told once, in the summary and in ``meta.audits``."""

import json
from pathlib import Path

import duckdb
import pytest
from sync_account import SyncedAccount

from aegis_etl.report.drawing import Draw
from aegis_etl.sandbox import Faults


def test_a_new_field_is_told_once(synced: SyncedAccount) -> None:
    """A field that was never there is a warning of the sync that sees it first, with its rows."""
    dataset_id = synced.world.dataset_ids()[0]
    for value in (1, 2):
        payload = json.loads(synced.world.body(dataset_id) or b"")
        for record in payload["records"]:
            record["mood"] = value
        synced.world.dictate(dataset_id, json.dumps(payload).encode())
        summary = synced.sync()
        told = [text for text in summary.warnings if "mood" in text and "new field" in text]
        rows = len(payload["records"])
        assert (summary.exit_status, len(told)) == (0, 1 if value == 1 else 0)
        if value == 1:
            assert f"records.mood: new field in {rows} rows" in told[0]
            assert synced.rows(
                "select passed, contains(detail, 'records.mood') from meta.audits"
                " where audit = 'shape_known' and sync_id = ?",
                summary.sync_id,
            ) == [(False, True)]
    kept = synced.rows("select distinct _extra->>'mood' from records where _extra is not null")
    assert kept == [("2",)]


def test_a_value_that_does_not_fit_is_told(account: SyncedAccount) -> None:
    """A value of another type is kept in ``_extra``, counted and named; the dataset is whole."""
    dataset_id = account.world.dataset_ids()[0]
    payload = json.loads(account.world.body(dataset_id) or b"")
    payload["name"] = {"en": "a name"}
    account.world.dictate(dataset_id, json.dumps(payload).encode())
    summary = account.sync()
    assert (summary.exit_status, summary.datasets_failed) == (0, 0)
    assert any("datasets.name" in text for text in summary.warnings)
    assert account.rows(
        "select name, _extra->>'$.name.en' from datasets where id = ?", dataset_id
    ) == [(None, "a name")]


def test_listings_that_differ_are_told(account: SyncedAccount) -> None:
    """A dataset that one listing alone holds is fetched, and the difference is a warning."""
    odd = account.world.dataset_ids()[0]
    summary = account.sync(faults=Faults(hide=[odd], hide_from=("partial",)))
    assert (summary.exit_status, summary.datasets_fetched) == (0, 6)
    assert any(text.startswith("listings_agree") for text in summary.warnings)


def test_a_report_that_cannot_be_drawn_costs_no_night(
    synced: SyncedAccount, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The night is published with the last report, and the log says why there is no new one."""
    last = synced.data_dir.report.read_bytes()

    def fail(_: duckdb.DuckDBPyConnection, path: Path, draw: Draw) -> None:  # noqa: ARG001
        path.write_text("half a page")
        raise ValueError("a chart of nothing")

    monkeypatch.setattr("aegis_etl.sync.answers.write_report", fail)
    summary = synced.sync()
    assert (summary.status, synced.data_dir.published_sync_id()) == ("complete", summary.sync_id)
    assert synced.data_dir.report.read_bytes() == last
    assert "a chart of nothing" in caplog.text
