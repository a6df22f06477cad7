"""The warehouse again, from what lies left of it: the lake, or the raw payloads."""

import shutil
from dataclasses import dataclass

from aegis_etl.errors import DataDamagedError, SyncStoppedError
from aegis_etl.lake.files import private_modes
from aegis_etl.lake.paths import DataDir
from aegis_etl.sync.answers import answers_step
from aegis_etl.sync.reflattening import OpenFlattener, flatten_here, reflatten_sync
from aegis_etl.warehouse.audit import find_blocking
from aegis_etl.warehouse.publish import place_version, seal_version, switch_version
from aegis_etl.warehouse.rebuild import FoldPast, fold_here, rebuild_warehouse
from aegis_etl.warehouse.verify import check_lake, check_versions


@dataclass(frozen=True)
class Rebuild:
    """What came of a rebuild.

    Attributes:
        payloads: flattened again from raw; None when that was not asked for.
        differences: a line for each relation or file that differed from the published version.
    """

    sync_id: str
    payloads: int | None
    differences: list[str]

    def describe(self) -> list[str]:
        """The rebuild in plain lines."""
        lines = [] if self.payloads is None else [f"{self.payloads:,} payloads flattened again"]
        if not self.differences:
            return [
                *lines,
                f"equal: sync {self.sync_id}, rebuilt from the lake, is what is published",
            ]
        lines += [f"different: {difference}" for difference in self.differences]
        return [*lines, f"published: sync {self.sync_id}, as rebuilt from the lake"]


def rebuild_published(
    data_dir: DataDir,
    *,
    from_raw: bool,
    group_read: bool,
    fold_past: FoldPast = fold_here,
    open_flattener: OpenFlattener = flatten_here,
) -> Rebuild:
    """Folds the lake anew; where that differs from the published version, it takes its place.

    Args:
        from_raw: flatten the raw payloads again first, as far back as they are kept.
        fold_past: where the lake is folded.
        open_flattener: where payloads are flattened.

    Raises:
        DataDamagedError: the lake is not what was written.
        SyncStoppedError: an audit blocks the rebuilt warehouse.
    """
    with private_modes():
        payloads = _reflatten_all(data_dir, open_flattener) if from_raw else None
        if damages := list(check_lake(data_dir, [])):
            lines = [f"{damage.what}; to mend it: {damage.mend}" for damage in damages[:2]]
            raise DataDamagedError("\n".join(lines))
        rebuilt = rebuild_warehouse(
            data_dir, fold_past=fold_past, make_marts=answers_step(data_dir)
        )
        building = data_dir.building_of(rebuilt.sync_id)
        if blocking := find_blocking(rebuilt.audits):
            raise SyncStoppedError(
                "the rebuilt warehouse was not published: "
                + "; ".join(f"audit {audit.audit}: {audit.detail}" for audit in blocking)
                + f". It is in {building}"
            )
        differences = _find_differences(data_dir, rebuilt.differences)
        if differences:
            seal_version(building, group_read=group_read)
            place_version(data_dir, rebuilt.sync_id)
            switch_version(data_dir, rebuilt.sync_id)
        else:
            shutil.rmtree(building)
    return Rebuild(rebuilt.sync_id, payloads, differences)


def _reflatten_all(data_dir: DataDir, open_flattener: OpenFlattener) -> int:
    return sum(
        reflatten_sync(data_dir, sync_id, open_flattener) for sync_id in data_dir.whole_sync_ids()
    )


def _find_differences(data_dir: DataDir, differences: list[str] | None) -> list[str]:
    if differences is None:
        return ["no published warehouse could be read"]
    return differences or [damage.what for damage in check_versions(data_dir, [])]
