"""What the account's people do with it: edit, run, re-score, rename, share, delete."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from aegis_etl.sandbox import birth
from aegis_etl.sandbox.account import Account
from aegis_etl.sandbox.answers import Level, output_of, rewrite
from aegis_etl.sandbox.clock import moment
from aegis_etl.sandbox.judging import JUDGES
from aegis_etl.sandbox.model import RUN_SOURCES, RUN_TYPES, Dataset, Score
from aegis_etl.sandbox.people import COLLEAGUES, ME, ORGANIZATION_ID, run_alias
from aegis_etl.sandbox.rescoring import rescore
from aegis_etl.sandbox.runs import execute
from aegis_etl.sandbox.state import NEVER, State


class EditableAccount(Account):
    """An account whose datasets, records and runs can be changed, at the present instant."""

    def rename_dataset(self, dataset_id: int, name: str) -> None:
        """The dataset has another name."""
        with self.lock:
            self._edit_dataset(self._state_to_change(dataset_id)).name = name

    def share(self, dataset_id: int, *, shared: bool = True) -> None:
        """The dataset is a colleague's who shares it with the key's user; or their own again."""
        with self.lock:
            dataset = self._edit_dataset(self._state_to_change(dataset_id))
            owner = COLLEAGUES[dataset_id % len(COLLEAGUES)] if shared else ME
            dataset.user, dataset.org_id = owner, ORGANIZATION_ID if shared else None
            if isinstance(dataset.author_email, str):
                dataset.author_email = owner.email

    def set_thresholds(self, dataset_id: int, thresholds: Mapping[int, Score]) -> None:
        """Later runs judge by these thresholds, by metric id; the others stay."""
        with self.lock:
            state = self._state_to_change(dataset_id)
            dataset = self._edit_dataset(state)
            new = {str(metric_id): score for metric_id, score in thresholds.items()}
            dataset.selected_metrics = {**(dataset.selected_metrics or {}), **new}
            state.panel = state.panel._replace(thresholds={**state.panel.thresholds, **thresholds})

    def set_judge(self, dataset_id: int, *, slug: str | None = None, bias: float = 0.0) -> None:
        """Later runs are scored by this model (null: the same), with so many points on top."""
        with self.lock:
            state = self._state_to_change(dataset_id)
            judges = {judge.slug: judge for judge in JUDGES}
            judge = judges[slug] if slug else state.panel.judge
            state.panel = state.panel._replace(judge=judge, bias=bias)

    def add_record(self, dataset_id: int, **fields: Any) -> int:
        """A further record, with these fields as given and the rest made up; its id."""
        with self.lock:
            state = self._state_to_change(dataset_id)
            record_id = next(self._record_ids)
            record = birth.add_record(state, record_id, self._now, self._dice("record", record_id))
            state.records[-1] = replace(record, **{"updated_at": None, **fields})
            return record_id

    def edit_record(self, dataset_id: int, record_id: int, **fields: Any) -> None:
        """Somebody rewrites fields of a record. How good its answer truly is stays as it was."""
        with self.lock:
            state = self._state_to_change(dataset_id)
            place = state.place_of(record_id)
            now = {"updated_at": state.text_of(self._now)}
            state.records[place] = replace(state.records[place], **{**now, **fields})

    def answer_anew(self, dataset_id: int, record_id: int, level: Level) -> None:
        """The system under test gives another answer: good, vague, poor, or none. Scores follow."""
        with self.lock:
            state = self._state_to_change(dataset_id)
            answer = rewrite(state.answers[record_id], level, state.panel.metrics)
            state.answers[record_id] = answer
            self.edit_record(dataset_id, record_id, output=output_of(answer, state.topic.layout))

    def delete_record(self, dataset_id: int, record_id: int) -> None:
        """The record is gone, and its evaluations are served no more."""
        with self.lock:
            state = self._state_to_change(dataset_id)
            del state.records[state.place_of(record_id)]

    def start_run(
        self,
        dataset_id: int,
        *,
        source: str = "API",
        kind: str = "DATASET",
        alias: str | UnsetType | None = UNSET,
        mine: bool = True,
    ) -> int:
        """A run starts now, and goes on as time passes; its id. Its alias is made up if not given.

        `source` is API or WEB, `kind` DATASET or DATA_COLLECTION. A run that is not `mine` is not
        listed, although its evaluations may be served.
        """
        with self.lock:
            state = self._state_to_change(dataset_id)
            run_id = next(self._run_ids)
            dice = self._dice("run", run_id)
            if alias is UNSET:
                day = moment(self._now).date().isoformat()
                alias = run_alias(state.topic.stem, dice.between(0, 99), day, run_id)
            width = len(state.records) * len(state.panel.metrics)
            execution = execute(
                state,
                run_id=run_id,
                first_evaluation_id=self._take_evaluation_ids(width),
                started=self._now,
                dice=dice,
                alias=alias,
                source=RUN_SOURCES[source],
                kind=RUN_TYPES[kind],
                user=ME if mine else COLLEAGUES[0],
            )
            state.executions.append(execution)
            return run_id

    def stall_run(self, dataset_id: int, run_id: int) -> None:
        """What the run has not scored by now it never will, until somebody finishes it."""
        with self.lock:
            execution = self._state_to_change(dataset_id).execution(run_id)
            done_at = execution.written.done_at
            done_at[:] = [done if done <= self._now else NEVER for done in done_at]
            execution.done_at = NEVER

    def finish_run(self, dataset_id: int, run_id: int) -> None:
        """What is left of a run is done at this instant, under the same ids."""
        with self.lock:
            state = self._state_to_change(dataset_id)
            execution = state.execution(run_id)
            text = state.text_of(self._now)
            evaluations, done_at = execution.written
            for place, evaluation in enumerate(evaluations):
                if done_at[place] > self._now:
                    done_at[place] = self._now
                    updated_at = evaluation.updated_at and text
                    evaluations[place] = replace(
                        evaluation,
                        started_at=evaluation.created_at,
                        finished_at=text,
                        updated_at=updated_at,
                    )
            execution.done_at = self._now
            updated_at = execution.run.updated_at and text
            execution.run = replace(execution.run, finished_at=text, updated_at=updated_at)

    def delete_run(self, dataset_id: int, run_id: int) -> None:
        """The run is gone. If it was the one shown, the one before it is shown again."""
        with self.lock:
            state = self._state_to_change(dataset_id)
            state.executions.remove(state.execution(run_id))

    def rename_run(self, dataset_id: int, run_id: int, alias: str | None) -> None:
        """The run has another alias."""
        with self.lock:
            state = self._state_to_change(dataset_id)
            execution = state.execution(run_id)
            updated_at = state.text_of(self._now)
            execution.run = replace(execution.run, alias=alias, updated_at=updated_at)

    def rescore(self, dataset_id: int, run_id: int | None = None, *, number: int = 1) -> list[int]:
        """So many evaluations of a run (null: the one that is shown) are made again; the new ids.

        The older ones stay. A newer one has the same record and metric, and a newer `created_at`.
        """
        with self.lock:
            state = self._state_to_change(dataset_id)
            execution = state.shown() if run_id is None else state.execution(run_id)
            if execution is None:
                return []
            first_id, dice = self._take_evaluation_ids(number), self._dice("rescore", dataset_id)
            again = rescore(
                state, execution, number=number, first_id=first_id, now=self._now, dice=dice
            )
            return [evaluation.id for evaluation in again]

    def _edit_dataset(self, state: State) -> Dataset:
        state.dataset.updated_at = state.text_of(self._now)
        return state.dataset
