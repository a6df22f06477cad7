"""The objects of the API as its specification draws them, field for field.

A field that only newer answers carry is `UNSET` in older ones, and then not sent at all.
"""

from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType

# Text that may be structured: Raw keeps JSON text digit for digit.
Content = str | dict[str, Any] | list[Any] | Raw | None
Score = int | float


class User(Struct, gc=False):
    """Who owns a resource."""

    id: int
    email: str


class Kind(Struct, gc=False):
    """A dataset type, run type or run source."""

    id: int
    name: str
    label: str
    description: str | None


class Dataset(Struct, kw_only=True):
    """A dataset as `GET /datasets` lists it, and as a run carries it (`DatasetResponse`)."""

    id: int
    user: User | None
    author_email: str | UnsetType | None = UNSET
    dataset_type_id: int
    name: str
    selected_metrics: dict[str, Score] | None
    structure: list[str]
    column_mappings: dict[str, Any] | None
    data_collection_id: int | None
    org_id: int | None
    created_at: str
    updated_at: str | None


class PartialDataset(Struct, kw_only=True, gc=False):
    """An element of `GET /datasets/all-partial`."""

    id: int
    name: str
    user: User | UnsetType | None = UNSET
    org_id: int | UnsetType | None = UNSET
    author_email: str | UnsetType | None = UNSET
    created_at: str | UnsetType = UNSET
    updated_at: str | UnsetType | None = UNSET


class Record(Struct, kw_only=True):
    """One row of a dataset."""

    id: int
    user_id: int | None
    dataset_id: int | None
    prompt: str | None
    input: Content
    context: Content
    output: Content
    golden_answer: Content
    created_at: str
    updated_at: str | None


class Run(Struct, kw_only=True):
    """One stored execution of a dataset's metrics."""

    id: int
    user: User | None
    author_email: str | UnsetType | None = UNSET
    run_type_id: int
    run_source_id: int
    api_key_id: int
    dataset_id: int | None
    data_collection_id: int | None
    org_id: int | None
    run_type: Kind
    run_source: Kind
    dataset: Dataset | None
    number_of_metrics: int
    result: Score | None
    threshold: Score
    model_slug: str | None
    alias: str | None
    aggregate_results: dict[str, Score] | None
    started_at: str
    finished_at: str | None
    created_at: str
    updated_at: str | None
    is_gte_threshold: bool | None


class Evaluation(Struct, kw_only=True, gc=False):
    """One scoring task: one record by one metric in one run."""

    id: int
    user_id: int | None
    run_id: int
    record_id: int
    metric_id: int
    dataset_id: int | None
    result: Score | None
    threshold: Score
    explanation: str | None
    model_slug: str | None
    started_at: str
    finished_at: str | None
    credits_consumed: int | UnsetType | None
    input_tokens: int | None
    output_tokens: int | None
    evaluation_cost: str | float | None
    eval_metadata: Raw | UnsetType | None
    is_success: bool | None
    is_gte_threshold: bool | None
    created_at: str
    updated_at: str | None


class Payload(Dataset, kw_only=True):
    """What `GET /datasets/{dataset_id}` answers."""

    dataset_type: Kind
    records: list[Record]
    runs: list[Run]
    evaluations: list[Evaluation]


class Meta(Struct, gc=False):
    """Where in the listing a page stands."""

    current_page: int
    page_size: int
    total_items: int
    items_on_page: int
    total_pages: int
    has_next: bool
    has_previous: bool
    next_page: int | None
    previous_page: int | None


class Page(Struct):
    """What `GET /datasets` answers."""

    items: list[Dataset]
    meta: Meta


CUSTOM = Kind(1, "CUSTOM", "Custom", None)
PROPRIETARY = Kind(2, "PROPRIETARY", "Proprietary", "Curated by Aegis, read-only.")
GENERATED = Kind(3, "GENERATED", "Generated", "Synthesised from a document collection.")
DATASET_TYPES = {kind.id: kind for kind in (CUSTOM, PROPRIETARY, GENERATED)}

DATASET_RUN = Kind(1, "DATASET", "Dataset", "Every record of one dataset.")
COLLECTION_RUN = Kind(2, "DATA_COLLECTION", "Data collection", "Every dataset of a collection.")
RUN_TYPES = {kind.name: kind for kind in (DATASET_RUN, COLLECTION_RUN)}

API = Kind(1, "API", "API", "Started with an API key.")
WEB = Kind(2, "WEB", "Web app", "Started by hand in the web app.")
RUN_SOURCES = {kind.name: kind for kind in (API, WEB)}
