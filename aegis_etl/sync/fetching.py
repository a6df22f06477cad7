"""The fetch of one sync: details to raw, and beside it raw to the lake's tables."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

import pyarrow as pa

from aegis_etl.api.client import Client
from aegis_etl.extract.decisions import KnownDataset
from aegis_etl.extract.details import Fetched, fetch_details
from aegis_etl.lake.files import LakePath
from aegis_etl.lake.flattening import Flattened, Flattener
from aegis_etl.lake.raw import RawRow, RawWriter
from aegis_etl.lake.tables import LakeWriter
from aegis_etl.sync.note import SyncNote, write_note
from aegis_etl.sync.opening import Sync
from aegis_etl.sync.progress import Advance


@dataclass(frozen=True)
class Fetching:
    """A fetch whose payloads are landed and whose last parts may still be flattening.

    Attributes:
        rows: raw's row of each dataset asked for, without payload.
    """

    rows: list[RawRow]
    lake: LakeWriter
    flattener: Flattener

    def finish(self) -> tuple[Flattened, dict[str, int]]:
        """Waits for the flattening, names the lake's files, and returns their row counts."""
        flattened = self.flattener.finish()
        lake_rows = self.lake.commit()
        pa.default_memory_pool().release_unused()  # the build takes its memory elsewhere
        return flattened, lake_rows


def fetch_and_flatten(
    sync: Sync,
    client: Client,
    dataset_ids: Sequence[int],
    is_shared: dict[int, bool | None],
    *,
    note: SyncNote,
    stack: ExitStack,
    advance: Advance,
) -> Fetching:
    """Fetches each dataset, lands what came, and hands changed payloads to the flatten process.

    What a killed run of this sync landed whole is taken as it is.

    Args:
        is_shared: of each dataset, as listed.
        note: written anew with each landed part, so that it tells the traffic of a killed sync.
        stack: holds the flatten process and the open files until the sync ends.
        advance: called after each dataset.
    """
    lake = stack.enter_context(LakeWriter(sync.data_dir, sync.sync_id))
    flattener = stack.enter_context(Flattener(lake))

    def flatten_part(part: LakePath, rows: Iterable[RawRow]) -> None:
        payloads = {row.dataset_id: is_shared[row.dataset_id] for row in rows if row.status == "ok"}
        if payloads:
            flattener.submit(part, payloads)

    def note_traffic() -> None:
        write_note(sync.data_dir, sync.sync_id, note.with_traffic(client.traffic))

    rows = {}
    landed = defaultdict(list)
    for dataset_id in dataset_ids:
        part, row = sync.landed.get(dataset_id, (None, None))
        if part and row and _counts(row, sync.known.get(dataset_id), is_shared[dataset_id]):
            rows[dataset_id] = row
            landed[part].append(row)
            advance()
    for part, part_rows in landed.items():
        flatten_part(part, part_rows)
    missing = [dataset_id for dataset_id in dataset_ids if dataset_id not in rows]
    with (
        RawWriter(
            sync.data_dir.raw_of(sync.sync_id), flatten_part, before_part=note_traffic
        ) as raw,
        closing(
            fetch_details(client, missing, concurrency=sync.settings.max_concurrency)
        ) as arriving,
    ):
        for fetched in arriving:
            row = _make_row(
                fetched,
                sync.known.get(fetched.dataset_id),
                is_shared[fetched.dataset_id],
                reflatten=sync.request.reflatten,
            )
            if row.status == "ok":
                flattener.start()
            raw.append(row)
            rows[row.dataset_id] = replace(row, payload=None)
            advance()
    return Fetching(list(rows.values()), lake, flattener)


def _make_row(
    fetched: Fetched, known: KnownDataset | None, is_shared: bool | None, *, reflatten: bool
) -> RawRow:
    unchanged = (
        fetched.status == "ok"
        and not reflatten
        and known is not None
        and (known.payload_sha256, known.is_shared) == (fetched.sha256, is_shared)
    )
    return RawRow(
        dataset_id=fetched.dataset_id,
        status="unchanged" if unchanged else fetched.status,
        http_status=fetched.http_status,
        attempts=fetched.attempts,
        sha256=fetched.sha256,
        bytes=None if fetched.body is None else len(fetched.body),
        fetched_at=fetched.fetched_at,
        error=fetched.error,
        payload=None if unchanged else fetched.body,
    )


def _counts(row: RawRow, known: KnownDataset | None, is_shared: bool | None) -> bool:
    """Whether a landed row need not be fetched again."""
    if row.status == "unchanged":
        return known is not None and known.is_shared == is_shared
    return row.status == "ok"
