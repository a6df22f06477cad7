-- Adds the results of the audits of one sync to meta.audits.
insert into meta.audits by name
select
    $sync_id as sync_id,
    result.audit,
    result.passed,
    result.detail
from (
    select
        unnest(
            from_json($results, '[{"audit": "VARCHAR", "passed": "BOOLEAN", "detail": "VARCHAR"}]')
        ) as result
);
