"""A made-up account that changes at random from night to night, and the syncs that watch it."""

from dataclasses import dataclass, field
from random import Random

from warehouse_nights import Night, Row, Served


@dataclass
class Run:
    """A run and its evaluations; somebody else's is not listed in ``runs``."""

    row: Row
    evaluations: dict[int, Row] = field(default_factory=dict)
    listed: bool = True


@dataclass
class Dataset:
    """A dataset of the account."""

    row: Row
    records: dict[int, Row] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)
    away: list[Run] = field(default_factory=list)
    exists: bool = True


class Account:
    """Datasets that live through nights of edits, runs, deletions and returns."""

    def __init__(self, random: Random, datasets: int = 2) -> None:
        self._random = random
        self._ids = 0
        self._datasets = {i: Dataset({"id": i, "name": f"set {i}"}) for i in range(1, datasets + 1)}
        for dataset_id in self._datasets:
            for _ in range(3):
                self._add_record(dataset_id)
                self._add_run(dataset_id)

    def next_night(self, number: int) -> Night:
        """Changes the account at random, and serves it to a sync with a random outcome."""
        night = Night(number)
        for dataset_id, dataset in self._datasets.items():
            for _ in range(self._random.randrange(4)):
                self._random.choice(self._changes)(self, dataset_id)
            if not dataset.exists and self._random.random() < 0.4:
                dataset.exists = True
            if not dataset.exists:
                status = self._random.choice(["deleted", "deleted", "failed", "missing"])
                night.others[dataset_id] = status
            elif self._random.random() < 0.6:
                night.served[dataset_id] = self._serve(dataset)
            elif self._random.random() < 0.5:
                payload = self._serve(dataset)
                payload.whole = False
                for rows in (payload.records, payload.runs, payload.evaluations):
                    for row_id in list(rows):
                        if self._random.random() < 0.3:
                            del rows[row_id]
                night.served[dataset_id] = payload
            else:
                status = self._random.choice(["failed", "quarantined", "missing"])
                night.others[dataset_id] = status
        return night

    def _serve(self, dataset: Dataset) -> Served:
        return Served(
            dict(dataset.row),
            {i: dict(row) for i, row in dataset.records.items()},
            {i: dict(run.row) for i, run in dataset.runs.items() if run.listed},
            {
                i: dict(row)
                for run_id in sorted(dataset.shown)
                for i, row in dataset.runs[run_id].evaluations.items()
            },
        )

    def _new_id(self) -> int:
        self._ids += 1
        return self._ids

    def _rename(self, dataset_id: int) -> None:
        self._datasets[dataset_id].row["name"] = self._random.choice("abc")

    def _add_record(self, dataset_id: int) -> None:
        row = {"id": self._new_id(), "dataset_id": dataset_id, "prompt": "q", "output": None}
        self._datasets[dataset_id].records[row["id"]] = row

    def _edit_record(self, dataset_id: int) -> None:
        for row in self._datasets[dataset_id].records.values():
            row["output"] = self._random.choice([None, "x", "y"])

    def _delete_record(self, dataset_id: int) -> None:
        records = self._datasets[dataset_id].records
        if records:
            del records[self._random.choice(list(records))]

    def _add_run(self, dataset_id: int) -> None:
        dataset = self._datasets[dataset_id]
        run = Run({"id": self._new_id(), "dataset_id": dataset_id, "alias": "r"})
        run.listed = self._random.random() < 0.8
        for record_id in dataset.records:
            row = {
                "id": self._new_id(),
                "run_id": run.row["id"],
                "record_id": record_id,
                "dataset_id": dataset_id,
                "result": None,
            }
            run.evaluations[row["id"]] = row
        dataset.runs[run.row["id"]] = run
        dataset.shown = {run.row["id"]}

    def _fill_in(self, dataset_id: int) -> None:
        dataset = self._datasets[dataset_id]
        for run in dataset.runs.values():
            for row in run.evaluations.values():
                if self._random.random() < 0.5:
                    row["result"] = 50.0

    def _drop_evaluation(self, dataset_id: int) -> None:
        for run in self._datasets[dataset_id].runs.values():
            if run.evaluations:
                del run.evaluations[self._random.choice(list(run.evaluations))]

    def _show(self, dataset_id: int) -> None:
        dataset = self._datasets[dataset_id]
        count = min(self._random.choice([0, 1, 1, 1, 2]), len(dataset.runs))
        dataset.shown = set(self._random.sample(sorted(dataset.runs), count))

    def _toggle_listed(self, dataset_id: int) -> None:
        runs = self._datasets[dataset_id].runs
        if runs:
            run = runs[self._random.choice(list(runs))]
            run.listed = not run.listed

    def _delete_run(self, dataset_id: int) -> None:
        dataset = self._datasets[dataset_id]
        if dataset.runs:
            run_id = self._random.choice(list(dataset.runs))
            dataset.away.append(dataset.runs.pop(run_id))
            dataset.shown.discard(run_id)

    def _return_run(self, dataset_id: int) -> None:
        dataset = self._datasets[dataset_id]
        if dataset.away:
            run = dataset.away.pop()
            dataset.runs[run.row["id"]] = run

    def _toggle_exists(self, dataset_id: int) -> None:
        dataset = self._datasets[dataset_id]
        dataset.exists = not dataset.exists or self._random.random() < 0.5

    _changes = (
        _rename,
        _add_record,
        _add_record,
        _edit_record,
        _delete_record,
        _add_run,
        _add_run,
        _fill_in,
        _drop_evaluation,
        _show,
        _show,
        _toggle_listed,
        _delete_run,
        _delete_run,
        _return_run,
        _return_run,
        _return_run,
        _toggle_exists,
    )
