"""What a sync would do: asks the API a little, writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from aegis_etl.api.client import Client
from aegis_etl.extract.decisions import choose_ids
from aegis_etl.extract.details import fetch_details
from aegis_etl.extract.listing import Listing, list_datasets
from aegis_etl.lake.paths import open_data_dir
from aegis_etl.settings import Settings
from aegis_etl.sync.known import read_known, read_known_shape, read_pending
from aegis_etl.tables.drift import Drift, compare_shapes
from aegis_etl.tables.flatten import Payload, flatten_payloads

SAMPLES = 8


@dataclass(frozen=True)
class Plan:
    """What a sync would do.

    Attributes:
        asked: datasets that it would ask for.
        new: of them, those that were never fetched.
        sampled: payloads looked at.
        drifts: how the sampled payloads differ from the known shape.
        seconds: estimated, for the fetch.
        megabytes: estimated, of all payloads.
    """

    settings: Settings
    listing: Listing
    asked: int
    new: int
    sampled: int
    drifts: Sequence[Drift]
    seconds: float
    megabytes: float

    def describe(self) -> list[str]:
        """The plan in plain lines."""
        shared = sum(bool(entry.is_shared) for entry in self.listing.entries.values())
        types = ", ".join(map(str, self.listing.types_listed)) or "custom"
        return [
            *describe_settings(self.settings),
            "key: accepted",
            f"datasets: {len(self.listing.entries):,} listed (types: {types}; {shared:,} shared "
            f"with you), {self.asked:,} to ask for, {self.new:,} of them new",
            *(f"listing: {error.error}" for error in self.listing.errors),
            *(f"shape: {d.table}.{d.field}: {d.kind}: {d.detail}" for d in self.drifts),
            *([] if self.drifts else [f"shape: as known, in {self.sampled} payloads looked at"]),
            f"estimate: {self.megabytes:,.1f} MB in about {self.seconds:,.0f} s, "
            "and seconds more to flatten, fold and publish",
        ]


def make_plan(settings: Settings) -> Plan:
    """Lists the account and looks at a few of its payloads.

    Raises:
        AegisEtlError: as a sync would: a key that is refused, no answer, no Aegis.
    """
    data_dir = open_data_dir(settings)
    known = read_known(data_dir, read_pending(data_dir))
    with Client(settings) as client:
        listing = list_datasets(
            client, page_size=settings.page_size, type_ids=settings.dataset_type_ids
        )
        dataset_ids = choose_ids(listing, known)
        started = client.clock.monotonic()
        samples = list(
            fetch_details(client, dataset_ids[:SAMPLES], concurrency=settings.max_concurrency)
        )
        seconds = client.clock.monotonic() - started
    payloads = [Payload(s.dataset_id, s.body, None) for s in samples if s.status == "ok" and s.body]
    share = len(dataset_ids) / max(len(samples), 1)
    return Plan(
        settings=settings,
        listing=listing,
        asked=len(dataset_ids),
        new=sum(i not in known for i in dataset_ids),
        sampled=len(payloads),
        drifts=compare_shapes(read_known_shape(data_dir), flatten_payloads(payloads).shape),
        seconds=seconds * share,
        megabytes=sum(len(payload.body) for payload in payloads) * share / 1e6,
    )


def describe_settings(settings: Settings) -> list[str]:
    """Every setting that is not its default, by its environment variable; secrets stay hidden."""
    fields = type(settings).model_fields
    return [
        f"{field.validation_alias}: {getattr(settings, name)}"
        for name, field in fields.items()
        if name in {"base_url", "data_dir"} or getattr(settings, name) != field.default
    ]
