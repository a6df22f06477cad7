-- Records that were edited tonight: what a field said before and says now. References first, then questions, then
-- answers, of each dataset one in turn.
with edited as (
    select
        old.dataset_id,
        old.id as record_id,
        new._valid_from as edited_at,
        unnest([
            {'rank': 1, 'field': 'golden_answer', 'before': old.golden_answer, 'after': new.golden_answer},
            {'rank': 2, 'field': 'prompt', 'before': old.prompt, 'after': new.prompt},
            {'rank': 3, 'field': 'input', 'before': old.input, 'after': new.input},
            {'rank': 4, 'field': 'context', 'before': old.context, 'after': new.context},
            {'rank': 5, 'field': 'output', 'before': old.output, 'after': new.output}
        ]) as edit
    from history.records as old
    inner join history.records as new
        on old.dataset_id = new.dataset_id and old.id = new.id and old._valid_to = new._valid_from
    inner join nights
        on
            new._valid_from <= nights.started_at
            and new._valid_from > nights.since
            and old._valid_to > nights.since
    where nights.nights_ago = 0
),

ordered as (
    select
        *,
        row_number() over (
            partition by dataset_id order by edit.rank, record_id, edited_at
        ) as turn
    from edited
    where edit.before is distinct from edit.after
)

select
    ordered.dataset_id,
    datasets.name as dataset_name,
    ordered.record_id,
    ordered.edit.field as field,
    ordered.edit.before as before,
    ordered.edit.after as after
from ordered
inner join main.datasets on ordered.dataset_id = datasets.id
order by ordered.turn, ordered.edit.rank, ordered.dataset_id, ordered.record_id, ordered.edited_at
limit $rows;
