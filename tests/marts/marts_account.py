"""A made-up account that lives through nights.

Everything that a mart has a rule for happens at random: runs of both kinds, unfinished, re-scored,
replaced between two syncs, deleted, somebody else's; errors, nulls, moved thresholds, other models;
dated and undated edits; deleted and returned records and datasets.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

FIRST_SYNC = datetime(2026, 9, 20, 2, tzinfo=UTC)
METRICS = {1: "ans_corr", 2: "faith", 3: "rouge", 4: "tone"}

Row = dict[str, Any]


@dataclass
class Run:
    """A run and its evaluations by id; somebody else's is not listed."""

    row: Row
    evaluations: dict[int, Row] = field(default_factory=dict)
    listed: bool = True

    @property
    def served(self) -> bool:
        """Whether the API ever serves its evaluations."""
        return bool(self.row["run_source_name"] == "API")


@dataclass
class Dataset:
    """A dataset of the account."""

    row: Row
    records: dict[int, Row] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    away: dict[int, Row] = field(default_factory=dict)
    exists: bool = True


class Account:
    """Three datasets and the clock of the days between syncs."""

    def __init__(self, seed: int, *, datasets: int = 4, records: int = 9) -> None:
        self.random = Random(seed)
        self.ids = 100
        self.night = -1
        self.judge_shift = 0.0
        self.datasets: dict[int, Dataset] = {}
        for number in range(1, datasets + 1):
            owner = self.random.choice(["ana@acme.example", "bo@acme.example", None])
            row = {"id": number, "name": f"set {number}.csv", "user_email": owner}
            row["created_at"] = self.at(1)
            self.datasets[number] = Dataset(row)
            for _ in range(records):
                self.add_record(number)

    def at(self, hour: float) -> datetime:
        """A time of the day that ends with the next sync."""
        return FIRST_SYNC + timedelta(days=self.night, hours=hour)

    def new_id(self) -> int:
        """An id that nothing has yet."""
        self.ids += 1
        return self.ids

    def add_record(self, dataset_id: int) -> None:
        """A record joins the dataset; one of two is edited before a sync can have seen it."""
        edited = self.random.random() < 0.5
        row = {
            "id": self.new_id(),
            "dataset_id": dataset_id,
            "prompt": f"question {self.ids}",
            "output": "an answer",
            "output_type": "string",
            "golden_answer": self.random.choice(["so", None]),
            "golden_answer_type": "string",
            "created_at": self.at(1 + self.random.random()),
            "updated_at": self.at(12 if self.night >= 0 else 36) if edited else None,
        }
        self.datasets[dataset_id].records[row["id"]] = row

    def edit_record(self, dataset_id: int) -> None:
        """Answer or reference of a record changes; the API dates three edits of four."""
        records = self.datasets[dataset_id].records
        if records:
            row = self.random.choice(list(records.values()))
            row[self.random.choice(["output", "golden_answer"])] = f"edit {self.new_id()}"
            if self.random.random() < 0.75:
                row["updated_at"] = self.at(2 + self.random.random() * 20)

    def delete_record(self, dataset_id: int) -> None:
        """A record goes, or one that had gone returns."""
        dataset = self.datasets[dataset_id]
        if dataset.away and self.random.random() < 0.5:
            key, row = dataset.away.popitem()
            dataset.records[key] = row
        elif len(dataset.records) > 6:
            key = self.random.choice(list(dataset.records))
            dataset.away[key] = dataset.records.pop(key)

    def add_run(self, dataset_id: int) -> None:
        """A run starts, of either kind, and may finish before the next sync or not."""
        dataset = self.datasets[dataset_id]
        source = "Web" if self.random.random() < 0.15 else "API"
        started = self.at(3 + self.random.random() * 18)
        row = {
            "id": self.new_id(),
            "dataset_id": dataset_id,
            "run_type_id": 1,
            "run_type_name": "DATASET",
            "run_source_id": 1 if source == "API" else 2,
            "run_source_name": source,
            "user_email": self.random.choice(["ana@acme.example", "cy@acme.example"]),
            "number_of_metrics": len(METRICS),
            "threshold": 80.0,
            "model_slug": "judge-4",
            "alias": f"run {self.ids}",
            "created_at": started,
            "started_at": started,
        }
        run = Run(row, listed=source == "Web" or self.random.random() < 0.93)
        dataset.runs[row["id"]] = run
        model = self.random.choice(["judge-4", "judge-4", "judge-5"])
        threshold = self.random.choice([80.0] * 6 + [70.0])
        for record_id in dataset.records if self.random.random() < 0.9 else ():
            for metric_id in METRICS:
                if self.random.random() < 0.95:
                    self._add_evaluation(run, record_id, metric_id, model, threshold)
        if self.random.random() < 0.75:
            self.finish_run(run)

    def _add_evaluation(
        self, run: Run, record_id: int, metric_id: int, model: str, threshold: float
    ) -> None:
        begin = run.row["started_at"] + timedelta(seconds=self.random.randrange(60))
        row = {
            "id": self.new_id(),
            "run_id": run.row["id"],
            "record_id": record_id,
            "metric_id": metric_id,
            "dataset_id": run.row["dataset_id"],
            "threshold": threshold if self.random.random() < 0.97 else None,
            "model_slug": None if metric_id == 3 else model,
            "started_at": begin,
            "created_at": begin,
        }
        run.evaluations[row["id"]] = row
        if self.random.random() < 0.5:
            self._fill_in(row)

    def _fill_in(self, row: Row) -> None:
        row["finished_at"] = row["started_at"] + timedelta(milliseconds=self.random.randrange(9000))
        row["credits_consumed"] = self.random.choice([None, 1, 2**62])
        row["input_tokens"] = self.random.choice([None, 700])
        row["output_tokens"] = self.random.choice([None, 90])
        row["evaluation_cost"] = self.random.choice([None, Decimal("0.000417"), Decimal("1E-18")])
        if self.random.random() < 0.08:
            row["is_success"] = self.random.choice([False, None])
            return
        base = 72 + (row["record_id"] * 37 + row["metric_id"] * 11) % 17 + self.judge_shift
        noise = self.random.choice([0, 0, 2, -3, -12])
        row["result"] = float(max(0, min(100, base + noise))) if row["metric_id"] != 4 else 100.0
        row["is_success"] = self.random.choice([True, True, None])
        if row["threshold"] is not None and self.random.random() < 0.7:
            row["is_gte_threshold"] = row["result"] >= row["threshold"]

    def finish_run(self, run: Run) -> None:
        """A run's scorings end, and with them the run."""
        for row in run.evaluations.values():
            if row.get("finished_at") is None:
                self._fill_in(row)
        run.row["finished_at"] = run.row["started_at"] + timedelta(
            minutes=self.random.randrange(90)
        )
        scores: dict[int, list[float]] = {}
        for row in run.evaluations.values():
            if row.get("result") is not None and row.get("is_success") is not False:
                scores.setdefault(row["metric_id"], []).append(row["result"])
        means = {METRICS[m]: round(sum(s) / len(s), 2) for m, s in sorted(scores.items())}
        means.pop("tone", None)
        run.row["aggregate_results"] = str(means | {"version": 3}).replace("'", '"')
        run.row["result"] = self.random.choice([None, 77.5])

    def finish_runs(self, dataset_id: int) -> None:
        """Some unfinished runs finish."""
        for run in self.datasets[dataset_id].runs.values():
            if run.row.get("finished_at") is None and self.random.random() < 0.5:
                self.finish_run(run)

    def rescore(self, dataset_id: int) -> None:
        """Some cells of a run are scored once more."""
        runs = list(self.datasets[dataset_id].runs.values())
        if runs:
            run = self.random.choice(runs)
            for row in self.random.sample(
                list(run.evaluations.values()), len(run.evaluations) // 4
            ):
                again = {k: row[k] for k in ("run_id", "record_id", "metric_id", "dataset_id")}
                again |= {"id": self.new_id(), "threshold": 80.0, "model_slug": row["model_slug"]}
                again["created_at"] = row["created_at"] + timedelta(
                    hours=self.random.choice([0, 1])
                )
                again["started_at"] = again["created_at"]
                run.evaluations[again["id"]] = again
                self._fill_in(again)

    def delete_run(self, dataset_id: int) -> None:
        """A run is deleted, now and then."""
        runs = self.datasets[dataset_id].runs
        if runs and self.random.random() < 0.3:
            del runs[self.random.choice(list(runs))]

    def rename(self, dataset_id: int) -> None:
        """The dataset gets another name."""
        self.datasets[dataset_id].row["name"] = f"'; drop table x; -- {self.new_id()}"

    def shift_judge(self, _: int) -> None:
        """The judges of all datasets become stricter, or milder again."""
        self.judge_shift = self.random.choice([-6.0, 0.0])

    def toggle_exists(self, dataset_id: int) -> None:
        """The dataset is deleted, or returns."""
        if self.random.random() < 0.15:
            self.datasets[dataset_id].exists = not self.datasets[dataset_id].exists

    def live_day(self) -> None:
        """What happens between two syncs."""
        self.night += 1
        for dataset_id in self.datasets:
            if self.random.random() < 0.6:
                self.add_run(dataset_id)
            for _ in range(self.random.randrange(5)):
                self.random.choice(CHANGES)(self, dataset_id)


CHANGES = (
    Account.add_run,
    Account.add_run,
    Account.finish_runs,
    Account.edit_record,
    Account.edit_record,
    Account.add_record,
    Account.delete_record,
    Account.rescore,
    Account.delete_run,
    Account.rename,
    Account.shift_judge,
    Account.toggle_exists,
)
