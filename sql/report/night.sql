-- What the newest sync says of itself, since when its night reports, and how much the account holds.
select
    syncs.sync_id,
    syncs.kind,
    syncs.status,
    syncs.started_at,
    syncs.finished_at,
    syncs.datasets_listed,
    syncs.datasets_fetched,
    syncs.datasets_changed,
    syncs.datasets_failed,
    syncs.datasets_deleted,
    syncs.tool_version,
    nights.since,
    (select count(*) from main.datasets) as datasets,
    (select count(*) from main.records) as records,
    (select count(*) from marts.run_scorecard) as runs,
    (
        select count(*)
        from meta.syncs as watching
        where watching.kind <> 'full' and watching.started_at > nights.since
    ) as watch_syncs
from meta.syncs
inner join nights on syncs.sync_id = nights.sync_id
where nights.nights_ago = 0;
