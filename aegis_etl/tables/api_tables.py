"""The four tables of the API's data, as the lake holds them: the one list of their columns.

Source: ``GET /datasets/{dataset_id}``; names, order and types are the contract's (*Warehouse*).
"""

from collections.abc import Mapping

from aegis_etl.tables.columns import Column, Table

EXTRA = Column(
    "_extra",
    "JSON",
    "What the API sent and no other column holds: fields that this version does not know and values"
    " that their column cannot hold exactly, nested as the API nests them; null when there is none",
)


def _owner(what: str) -> tuple[Column, ...]:
    return (
        Column(
            "user_id",
            "BIGINT",
            f"The user who owns the {what}; null on an organization-only resource",
            "user.id",
        ),
        Column("user_email", "VARCHAR", f"E-mail address of the {what}'s owner", "user.email"),
        Column(
            "author_email",
            "VARCHAR",
            f"E-mail address of the {what}'s author, where the API names one",
            "author_email",
        ),
    )


def _kind(of: str, name: str) -> tuple[Column, ...]:
    return (
        Column(f"{name}_name", "VARCHAR", f"Name of the {of}, such as API", f"{name}.name"),
        Column(f"{name}_label", "VARCHAR", f"Label of the {of} for people", f"{name}.label"),
        Column(f"{name}_description", "VARCHAR", f"What the {of} means", f"{name}.description"),
    )


def _placement(what: str) -> tuple[Column, ...]:
    return (
        Column(
            "data_collection_id",
            "BIGINT",
            f"The data collection that the {what} belongs to",
            "data_collection_id",
        ),
        Column("org_id", "BIGINT", f"The organization that the {what} is shared with", "org_id"),
    )


def _changes(what: str) -> tuple[Column, ...]:
    return (
        Column("created_at", "TIMESTAMPTZ", f"When the {what} was created", "created_at"),
        Column(
            "updated_at",
            "TIMESTAMPTZ",
            f"When the {what} was last changed, as the API says; null when never",
            "updated_at",
        ),
    )


def _structured(name: str, description: str) -> tuple[Column, ...]:
    return (
        Column(
            name,
            "VARCHAR",
            f"{description}; an object or array as the JSON text that the API sent",
            name,
            structured=True,
        ),
        Column(
            f"{name}_type",
            "VARCHAR",
            f"How the API sent {name}: string, object or array; null when there is none",
        ),
    )


DATASETS = Table(
    "datasets",
    "Datasets: named collections of records to evaluate",
    ("id",),
    (
        Column("id", "BIGINT", "The dataset's id", "id"),
        Column("name", "VARCHAR", "The dataset's name, often that of the uploaded file", "name"),
        *_owner("dataset"),
        Column("dataset_type_id", "BIGINT", "The dataset's type; user-created datasets are CUSTOM",
               "dataset_type_id"),
        *_kind("dataset's type", "dataset_type"),
        Column("structure", "VARCHAR[]", "The record fields that the dataset fills", "structure"),
        Column("selected_metrics", "JSON", "Metric id to threshold, for the metrics chosen for this"
               " dataset; dataset_metrics has them as rows", "selected_metrics"),
        Column("column_mappings", "JSON", "How columns of the upload map to record fields",
               "column_mappings"),
        *_placement("dataset"),
        Column("is_shared", "BOOLEAN", "Whether the dataset is shared with the key's user, as the"
               " listing with shared=true says; null when it did not answer"),
        *_changes("dataset"),
        EXTRA,
    ),
    {"dataset_type.id": "dataset_type_id"},
)  # fmt: skip

RECORDS = Table(
    "records",
    "Records: the rows of a dataset, each a question with an answer to judge",
    ("dataset_id", "id"),
    (
        Column("id", "BIGINT", "The record's id", "id"),
        Column("user_id", "BIGINT", "The user who owns the record; null on an organization-only"
               " resource", "user_id"),
        Column("dataset_id", "BIGINT", "The dataset that the record belongs to", "dataset_id"),
        Column("prompt", "VARCHAR", "The question or instruction put to the system under test",
               "prompt"),
        *_structured("input", "Further input that came with the prompt"),
        *_structured("context", "What the system under test was given to answer from"),
        *_structured("output", "The answer that is judged"),
        *_structured("golden_answer", "The reference answer"),
        *_changes("record"),
        EXTRA,
    ),
)  # fmt: skip

RUNS = Table(
    "runs",
    "Runs: executions that scored a dataset's records with metrics",
    ("dataset_id", "id"),
    (
        Column("id", "BIGINT", "The run's id", "id"),
        *_owner("run"),
        Column("run_type_id", "BIGINT", "What the run evaluates (a dataset, a single input …)",
               "run_type_id"),
        *_kind("run's type", "run_type"),
        Column("run_source_id", "BIGINT", "Where the run was started (API, web …)",
               "run_source_id"),
        *_kind("run's source", "run_source"),
        Column("api_key_id", "BIGINT", "The API key that started the run", "api_key_id"),
        Column("dataset_id", "BIGINT", "The dataset that the run scored", "dataset_id"),
        Column("dataset", "JSON", "The dataset as the API repeats it inside the run", "dataset"),
        *_placement("run"),
        Column("number_of_metrics", "BIGINT", "How many metrics the run computed",
               "number_of_metrics"),
        Column("result", "DOUBLE", "The run's overall score, 0 to 100; null until it is known",
               "result"),
        Column("threshold", "DOUBLE", "The score that the run has to reach, 0 to 100",
               "threshold"),
        Column("is_gte_threshold", "BOOLEAN", "Whether the run's score reached its threshold",
               "is_gte_threshold"),
        Column("model_slug", "VARCHAR", "The model that scored", "model_slug"),
        Column("alias", "VARCHAR", "The run's name, unique per user", "alias"),
        Column("aggregate_results", "JSON", "Aggregates by metric shortname, as the API computed"
               " them", "aggregate_results"),
        Column("started_at", "TIMESTAMPTZ", "When the run started", "started_at"),
        Column("finished_at", "TIMESTAMPTZ", "When the run finished; null while it is going on",
               "finished_at"),
        *_changes("run"),
        EXTRA,
    ),
    {"run_type.id": "run_type_id", "run_source.id": "run_source_id"},
)  # fmt: skip

EVALUATIONS = Table(
    "evaluations",
    "Evaluations: one metric's verdict on one record in one run",
    ("dataset_id", "id"),
    (
        Column("id", "BIGINT", "The evaluation's id", "id"),
        Column("user_id", "BIGINT", "The user who owns the evaluation; null on an"
               " organization-only resource", "user_id"),
        Column("run_id", "BIGINT", "The run that the evaluation belongs to", "run_id"),
        Column("record_id", "BIGINT", "The record that was scored", "record_id"),
        Column("metric_id", "BIGINT", "The metric that scored; the API does not name it here",
               "metric_id"),
        Column("dataset_id", "BIGINT", "The dataset of the record", "dataset_id"),
        Column("result", "DOUBLE", "The score, 0 to 100; null while unfinished or after an error",
               "result"),
        Column("threshold", "DOUBLE", "The score that the record has to reach, 0 to 100",
               "threshold"),
        Column("is_gte_threshold", "BOOLEAN", "Whether the score reached the threshold: passed",
               "is_gte_threshold"),
        Column("is_success", "BOOLEAN", "Whether scoring itself worked; false is an error, not a"
               " low score", "is_success"),
        Column("explanation", "VARCHAR", "The judge's reasons", "explanation"),
        Column("model_slug", "VARCHAR", "The model that scored", "model_slug"),
        Column("credits_consumed", "BIGINT", "Credits that the evaluation used up",
               "credits_consumed"),
        Column("input_tokens", "BIGINT", "Tokens that the judge read", "input_tokens"),
        Column("output_tokens", "BIGINT", "Tokens that the judge wrote", "output_tokens"),
        Column("evaluation_cost", "DECIMAL(38,18)", "What the evaluation cost, exact; the API"
               " names no currency; null is unknown, not zero", "evaluation_cost"),
        Column("eval_metadata", "JSON", "Details particular to the metric", "eval_metadata"),
        Column("started_at", "TIMESTAMPTZ", "When scoring started", "started_at"),
        Column("finished_at", "TIMESTAMPTZ", "When scoring finished; null while it is going on",
               "finished_at"),
        *_changes("evaluation"),
        EXTRA,
    ),
)  # fmt: skip

TABLES: Mapping[str, Table] = {t.name: t for t in (DATASETS, RECORDS, RUNS, EVALUATIONS)}
CHILD_TABLES = ("records", "runs", "evaluations")

ROW_KEYS: Mapping[str, tuple[str, ...]] = {
    "datasets": ("id",),
    "records": ("id",),
    "runs": ("id",),
    "evaluations": ("id", "run_id", "record_id"),
}
"""The fields without which a row cannot be placed (contract: *Rows without a usable key*)."""
