-- Regressions of tonight worth reading: both contents as they were when they were scored, and the judge's reasons.
-- Each record once; the causes take turns, and for each cause the metrics of the datasets with their deepest fall.
with candidates as (
    select
        flips.*,
        case flips.likely_cause
            when 'answer changed' then 1
            when 'content unchanged' then 2
            when 'scoring model changed' then 3
            when 'question or reference changed' then 4
            when 'threshold changed' then 5
            else 6
        end as cause_rank
    from marts.outcome_flips as flips
    inner join captured_runs
        on flips.dataset_id = captured_runs.dataset_id and flips.run_id = captured_runs.run_id
    where captured_runs.nights_ago = 0 and flips.flip = 'regression'
    qualify
        row_number() over (
            partition by flips.dataset_id, flips.record_id
            order by flips.score_change, flips.evaluation_id
        ) = 1
),

spread as (
    select
        *,
        row_number() over (
            partition by likely_cause, dataset_id, metric_id
            order by score_change, evaluation_id
        ) as turn_of_metric
    from candidates
),

chosen as (
    select
        *,
        row_number() over (
            partition by likely_cause
            order by turn_of_metric, score_change, evaluation_id
        ) as turn
    from spread
    order by turn, cause_rank
    limit $rows
),

scored as (
    select
        outcomes.dataset_id,
        outcomes.evaluation_id,
        outcomes.record_id,
        outcomes.question_hash,
        outcomes.output_hash,
        outcomes.model_slug
    from marts.evaluation_outcomes as outcomes
    inner join chosen
        on
            outcomes.dataset_id = chosen.dataset_id
            and outcomes.record_id = chosen.record_id
            and outcomes.evaluation_id in (chosen.evaluation_id, chosen.previous_evaluation_id)
),

versions as (
    select
        records.dataset_id,
        records.id as record_id,
        records._valid_from,
        records.prompt,
        records.input,
        records.context,
        records.output,
        records.golden_answer,
        marts.question_hash(
            records.prompt,
            records.input,
            records.input_type,
            records.context,
            records.context_type,
            records.golden_answer,
            records.golden_answer_type
        ) as question_hash,
        marts.output_hash(records.output, records.output_type) as output_hash
    from history.records
    semi join chosen on records.dataset_id = chosen.dataset_id and records.id = chosen.record_id
),

questions as (
    select
        scored.dataset_id,
        scored.evaluation_id,
        arg_max(
            {
                'prompt': versions.prompt,
                'input': versions.input,
                'context': versions.context,
                'golden_answer': versions.golden_answer
            },
            versions._valid_from
        ) as question
    from scored
    inner join versions
        on
            scored.dataset_id = versions.dataset_id
            and scored.record_id = versions.record_id
            and scored.question_hash = versions.question_hash
    group by scored.dataset_id, scored.evaluation_id
),

answers as (
    select
        scored.dataset_id,
        scored.evaluation_id,
        arg_max({'output': versions.output}, versions._valid_from) as answer
    from scored
    inner join versions
        on
            scored.dataset_id = versions.dataset_id
            and scored.record_id = versions.record_id
            and scored.output_hash = versions.output_hash
    group by scored.dataset_id, scored.evaluation_id
),

told as (
    select
        scored.dataset_id,
        scored.evaluation_id,
        {
            'prompt': questions.question.prompt,
            'input': questions.question.input,
            'context': questions.question.context,
            'golden_answer': questions.question.golden_answer,
            'output': answers.answer.output,
            'is_answer_known': answers.evaluation_id is not null,
            'explanation': evaluations.explanation,
            'model_slug': scored.model_slug
        } as content
    from scored
    left join questions
        on scored.dataset_id = questions.dataset_id and scored.evaluation_id = questions.evaluation_id
    left join answers
        on scored.dataset_id = answers.dataset_id and scored.evaluation_id = answers.evaluation_id
    left join history.evaluations
        on
            scored.dataset_id = evaluations.dataset_id
            and scored.evaluation_id = evaluations.id
            and evaluations._valid_to is null
)

select
    chosen.dataset_id,
    chosen.dataset_name,
    chosen.run_id,
    chosen.record_id,
    chosen.metric_name,
    chosen.likely_cause,
    chosen.score_before,
    chosen.score_after,
    chosen.threshold_before,
    chosen.threshold_after,
    before.content as before,
    after.content as after
from chosen
left join told as before
    on chosen.dataset_id = before.dataset_id and chosen.previous_evaluation_id = before.evaluation_id
left join told as after
    on chosen.dataset_id = after.dataset_id and chosen.evaluation_id = after.evaluation_id
order by chosen.turn, chosen.cause_rank, chosen.evaluation_id;
