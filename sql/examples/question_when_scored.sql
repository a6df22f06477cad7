-- What did the question say when it was scored? Evaluations whose record reads differently now: the question and
-- reference then and now.
-- param record integer null: one record; null is any
-- param rows integer 20: how many to show, the newest first
with known_questions as (
    select
        dataset_id,
        id as record_id,
        prompt,
        golden_answer,
        marts.question_hash(
            prompt, input, input_type, context, context_type, golden_answer, golden_answer_type
        ) as question_hash,
        _valid_to is null as is_current
    from history.records
    where
        ($record is null or id = $record)
        and id in (
            select edited.id
            from history.records as edited
            where edited._valid_to is not null
        )
),

asked as (
    select
        outcomes.started_at,
        outcomes.dataset_id,
        run.dataset_name,
        outcomes.run_id,
        outcomes.record_id,
        outcomes.metric_name,
        outcomes.score,
        outcomes.outcome,
        outcomes.question_hash,
        now.prompt as prompt_now,
        now.golden_answer as golden_answer_now
    from marts.evaluation_outcomes as outcomes
    inner join known_questions as now
        on outcomes.dataset_id = now.dataset_id and outcomes.record_id = now.record_id
    inner join marts.run_scorecard as run
        on outcomes.dataset_id = run.dataset_id and outcomes.run_id = run.run_id
    where now.is_current and outcomes.question_hash <> now.question_hash
    order by outcomes.started_at desc, outcomes.evaluation_id
    limit $rows
)

select
    asked.started_at,
    asked.dataset_name,
    asked.run_id,
    asked.record_id,
    asked.metric_name,
    asked.score,
    asked.outcome,
    any_value(known_questions.prompt) as prompt_then,
    asked.prompt_now,
    any_value(known_questions.golden_answer) as golden_answer_then,
    asked.golden_answer_now
from asked
inner join known_questions
    on
        asked.dataset_id = known_questions.dataset_id
        and asked.record_id = known_questions.record_id
        and asked.question_hash = known_questions.question_hash
group by all
order by asked.started_at desc, asked.record_id, asked.metric_name;
