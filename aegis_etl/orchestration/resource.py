"""The sync that the steps of one run share."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeVar

import dagster as dg
from pydantic import PrivateAttr

from aegis_etl.errors import AegisEtlError
from aegis_etl.extract.listing import Listing
from aegis_etl.orchestration.dead_runs import fail_dead_runs, mark_holder
from aegis_etl.settings import load_settings
from aegis_etl.sync import RunningSync, SyncRequest, SyncSummary, start_sync
from aegis_etl.sync.fetching import Fetching
from aegis_etl.sync.notification import describe_failure, describe_partial, post_webhook
from aegis_etl.sync.steps import Flat

NOTIFIED_TAG = "aegis_etl/notified"

Left = TypeVar("Left")


@dataclass
class Night:
    """What the steps of one run have left for each other."""

    running: RunningSync
    listing: Listing | None = None
    fetching: Fetching | None = None
    flat: Flat | None = None


def require(left: Left | None, *, after: dg.AssetKey) -> Left:
    """What an earlier step of this run left.

    Raises:
        AegisEtlError: that step is not part of the run.
    """
    if left is None:
        raise AegisEtlError(
            f"{after.to_user_string()} was not materialized in this run: launch the job "
            "nightly_sync, which continues what a failed run landed"
        )
    return left


class SyncResource(dg.ConfigurableResource["SyncResource"]):
    """What a run is asked to do, and the sync that it holds while its steps run.

    The first step takes the lock of the data directory and the end of the run frees it, so the
    steps of a run are one sync. Settings come from the environment: no secret is run config.

    Attributes:
        started_at: the sync's start, ISO 8601; empty: the clock's.
        wait_seconds: how long to wait for another sync of the data directory.
    """

    kind: Literal["full", "active", "selected"] = "full"
    dataset_ids: list[int] = []  # noqa: RUF012  pydantic copies it
    reflatten: bool = False
    allow_mass_delete: bool = False
    notify: bool = True
    quiet: bool = False
    wait_seconds: float = 7200
    started_at: str = ""

    _stack: ExitStack = PrivateAttr(default_factory=ExitStack)
    _night: Night | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["SyncResource"]:  # noqa: ARG002  Dagster's signature
        """Holds whatever the steps open until the run ends."""
        with self._stack:
            yield self

    @contextmanager
    def step(self, context: dg.AssetExecutionContext) -> Iterator[Night]:
        """Yields the run's sync to one step; a failure is posted to the webhook, then raised."""
        try:
            if self._night is None:
                self._night = Night(self._start(context))
            yield self._night
        except Exception as error:
            self._notify(context, describe_failure(error))
            raise

    def report(self, context: dg.AssetExecutionContext, summary: SyncSummary) -> None:
        """Posts a partial sync to the webhook."""
        if summary.status == "partial":
            self._notify(context, describe_partial(summary))

    def _notify(self, context: dg.AssetExecutionContext, text: str) -> None:
        if self.notify:
            post_webhook(load_settings().webhook_url, text, run_id=context.run.run_id)
        # Also where nobody was to be told: the sensor tells of runs that died, not of these.
        context.instance.add_run_tags(context.run.run_id, {NOTIFIED_TAG: "true"})

    def _start(self, context: dg.AssetExecutionContext) -> RunningSync:
        now = datetime.fromisoformat(self.started_at) if self.started_at else datetime.now(UTC)
        request = SyncRequest(
            kind=self.kind,
            dataset_ids=tuple(self.dataset_ids),
            reflatten=self.reflatten,
            allow_mass_delete=self.allow_mass_delete,
        )
        running = self._stack.enter_context(
            start_sync(
                load_settings(),
                request,
                now=now,
                wait_seconds=self.wait_seconds,
                quiet=self.quiet,
            )
        )
        sync = running.sync
        fail_dead_runs(context.instance, run_id=context.run.run_id, data_dir=sync.data_dir.root)
        mark_holder(
            context.instance,
            run_id=context.run.run_id,
            data_dir=sync.data_dir.root,
            sync_id=sync.sync_id,
        )
        return running
