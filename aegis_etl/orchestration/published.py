"""Hands the published tables to assets of the user's own, as DataFrames."""

from typing import NoReturn

import dagster as dg
import pandas as pd

from aegis_etl.lake.paths import DataDir
from aegis_etl.settings import load_settings
from aegis_etl.tables.frames import to_frame
from aegis_etl.warehouse.query import read_relation


class PublishedTables(dg.ConfigurableIOManager):
    """Loads the published ``datasets``, ``records``, ``runs`` and ``evaluations``; writes none."""

    def load_input(self, context: dg.InputContext) -> pd.DataFrame:
        """The published table of the asset's name, on Arrow types."""
        data_dir = DataDir(load_settings().data_dir)
        return to_frame(read_relation(data_dir, context.asset_key.path[-1]))

    def handle_output(self, context: dg.OutputContext, obj: object) -> NoReturn:  # noqa: ARG002  Dagster's signature
        """Refuses: a sync publishes these tables, nobody else.

        Raises:
            DagsterInvariantViolationError: always.
        """
        raise dg.DagsterInvariantViolationError(
            f"{context.asset_key.to_user_string()} is published by the sync; "
            "give your own asset a name of its own"
        )
