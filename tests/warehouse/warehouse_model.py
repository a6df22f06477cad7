"""A plain model of what the warehouse must remember: whole snapshots, a dict of every row a night.

Written from the contract (*history*, *Gone*, *as of*) and not from the SQL.
"""

import copy
from dataclasses import dataclass, field

from warehouse_nights import Night, Row, Served

Key = tuple[int, ...]


@dataclass
class Snapshot:
    """What is true after one night."""

    night: int
    rows: dict[str, dict[Key, Row]] = field(
        default_factory=lambda: {"datasets": {}, "records": {}, "runs": {}, "evaluations": {}}
    )
    evaluated: set[Key] = field(default_factory=set)


class Model:
    """Remembers a snapshot of every night."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []
        self._ever_listed: set[Key] = set()
        self._ended_with_run: dict[Key, Row] = {}

    def live_through(self, night: Night) -> None:
        """Takes one night's payloads in."""
        before = self.snapshots[-1] if self.snapshots else Snapshot(-1)
        now = copy.deepcopy(before)
        now.night = night.number
        for dataset_id, status in night.others.items():
            if status == "deleted":
                self._delete(now, dataset_id)
        for dataset_id, payload in night.served.items():
            self._take_in(now, dataset_id, payload)
        self.snapshots.append(now)

    def _delete(self, now: Snapshot, dataset_id: int) -> None:
        for table, rows in now.rows.items():
            for key in [key for key in rows if key[0] == dataset_id]:
                row = rows.pop(key)
                if table == "evaluations":
                    self._ended_with_run[key] = row
        now.evaluated = {key for key in now.evaluated if key[0] != dataset_id}

    def _take_in(self, now: Snapshot, dataset_id: int, payload: Served) -> None:
        listed = {(dataset_id, run) for run in payload.runs}
        shown = {(dataset_id, run) for run in payload.shown}
        now.rows["datasets"][dataset_id,] = payload.dataset
        for table in ("records", "runs", "evaluations"):
            rows = now.rows[table]
            served = {(dataset_id, i): row for i, row in getattr(payload, table).items()}
            if payload.whole:
                for key in [k for k in rows if k[0] == dataset_id and k not in served]:
                    if table != "evaluations":
                        del rows[key]
                        continue
                    run = (dataset_id, rows[key]["run_id"])
                    if run in shown:
                        del rows[key]
                    elif run in self._ever_listed and run not in listed:
                        self._ended_with_run[key] = rows.pop(key)
            rows.update(served)
        if payload.whole or shown:
            now.evaluated = {key for key in now.evaluated if key[0] != dataset_id} | shown
        self._ever_listed |= listed
        for key, row in list(self._ended_with_run.items()):
            if key in now.rows["evaluations"]:
                del self._ended_with_run[key]
            elif payload.whole and (dataset_id, row["run_id"]) in listed and key[0] == dataset_id:
                del self._ended_with_run[key]
                if (dataset_id, row["run_id"]) not in shown:
                    now.rows["evaluations"][key] = row

    def versions(self, table: str) -> list[tuple[Key, Row, int, int | None]]:
        """Every version: key, content, and the nights on which it began and ended."""
        found = []
        open_versions: dict[Key, tuple[Row, int]] = {}
        for snapshot in self.snapshots:
            rows = snapshot.rows[table]
            for key in list(open_versions):
                content, began = open_versions[key]
                if rows.get(key) != content:
                    found.append((key, content, began, snapshot.night))
                    del open_versions[key]
            for key, content in rows.items():
                open_versions.setdefault(key, (content, snapshot.night))
        found += [(key, content, began, None) for key, (content, began) in open_versions.items()]
        return found

    def evaluated_intervals(self) -> list[tuple[Key, int, int | None]]:
        """When which run was the evaluated one: dataset and run, first night, night it ended."""
        found = []
        since: dict[Key, int] = {}
        for snapshot in self.snapshots:
            ended = [key for key in since if key not in snapshot.evaluated]
            found += [(key, since.pop(key), snapshot.night) for key in ended]
            for key in snapshot.evaluated:
                since.setdefault(key, snapshot.night)
        return found + [(key, began, None) for key, began in since.items()]
