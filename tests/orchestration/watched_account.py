"""An account that is looked at now and then, and what the watch reads to decide when."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
import msgspec

from aegis_etl.lake.paths import DataDir
from aegis_etl.sandbox import World
from aegis_etl.sync.choosing import ACTIVE_DAYS
from aegis_etl.warehouse.status import read_active_dataset_ids

LISTING_REQUESTS = 3  # the partial list, one page of what exists, one of what is shared
RunStart = tuple[int, str, str]
"""Dataset id, ``created_at`` and ``started_at`` of a run."""


@dataclass
class Observer:
    """What somebody knows who asks the API for some datasets now and then.

    Attributes:
        ended: whether a run ended, by id; of the runs whose evaluations the API serves at first.
        seen_whole: the runs whose evaluations were seen after they had ended.
    """

    world: World
    requests: int = 0
    ended: dict[int, bool] = field(default_factory=dict)
    seen_whole: set[int] = field(default_factory=set)
    _bodies: dict[int, bytes] = field(default_factory=dict)

    def knows(self, dataset_id: int) -> bool:
        """Whether a dataset was ever fetched."""
        return dataset_id in self._bodies

    def look(self, dataset_ids: Iterable[int]) -> list[RunStart]:
        """Fetches datasets; returns the runs that those hold which changed."""
        starts = []
        for dataset_id in dataset_ids:
            self.requests += 1
            body = self.world.body(dataset_id)
            if body is None or body is self._bodies.get(dataset_id):
                continue
            self._bodies[dataset_id] = body
            payload = msgspec.json.decode(body)
            shown = {evaluation["run_id"] for evaluation in payload["evaluations"]}
            for run in payload["runs"]:
                starts.append((dataset_id, run["created_at"], run["started_at"]))
                kind = run["run_source"]["name"], run["run_type"]["name"]
                if kind == ("API", "DATASET") and payload["records"] and run["number_of_metrics"]:
                    self.ended[run["id"]] = run["finished_at"] is not None
                if run["id"] in shown and run["finished_at"]:
                    self.seen_whole.add(run["id"])
        return starts


class RunsAlone:
    """A data directory whose published warehouse holds runs alone: all that a watch reads."""

    def __init__(self, data_dir: DataDir) -> None:
        self.data_dir = data_dir
        self._published: set[RunStart] = set()
        version = data_dir.version_of("20261118T020000Z")
        version.mkdir(parents=True)
        data_dir.current.symlink_to(version.relative_to(data_dir.root))
        data_dir.warehouse.symlink_to("current/warehouse.duckdb")
        with self._open() as connection:
            connection.execute(
                "create table runs"
                " (dataset_id bigint, created_at timestamptz, started_at timestamptz)"
            )

    def publish(self, starts: Iterable[RunStart]) -> None:
        """Adds the runs that a sync brought."""
        if new := set(starts) - self._published:
            self._published |= new
            with self._open() as connection:
                connection.executemany("insert into runs values (?, ?, ?)", sorted(new))

    def read_active(self, now: datetime) -> set[int]:
        """The datasets whose payloads a sync of the active ones asks for, of those known."""
        since = now - timedelta(days=ACTIVE_DAYS)
        return read_active_dataset_ids(self.data_dir.warehouse, since=since)

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(self.data_dir.warehouse.resolve()) as connection:
            connection.execute("set TimeZone = 'UTC'")
            yield connection
