-- Keeps in meta.score_repeats how the scores of the refreshed datasets moved where nothing else had: from one
-- score of a record by a metric and model to the next, with the same threshold, answer, question and reference.
delete from meta.score_repeats
where dataset_id in (select refreshed.dataset_id from refreshed);

insert into meta.score_repeats by name
with consecutive as (
    select
        dataset_id,
        metric_id,
        model_slug,
        score,
        outcome,
        lag(score) over earlier as score_before,
        lag(outcome) over earlier as outcome_before,
        (
            threshold is not distinct from lag(threshold) over earlier
            and question_hash = lag(question_hash) over earlier
            and output_hash = lag(output_hash) over earlier
        ) as is_repeat
    from marts.evaluation_outcomes
    where score is not null and dataset_id in (select refreshed.dataset_id from refreshed)
    window earlier as (
        partition by dataset_id, record_id, metric_id, model_slug order by started_at, evaluation_id
    )
)

select
    dataset_id,
    metric_id,
    coalesce(model_slug, '(no model)') as model_slug,
    count(*) as repeats,
    sum(power(score - score_before, 2)) as squared_change,
    sum(abs(score - score_before)) as absolute_change,
    count(*) filter (where score = score_before) as identical,
    count(*) filter (where outcome <> outcome_before) as flips
from consecutive
where is_repeat
group by dataset_id, metric_id, coalesce(model_slug, '(no model)');
