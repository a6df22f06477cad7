-- What a record said when two evaluations scored it, and the judge's reasons; content that no sync saw is null.
with scored as (
    select
        evaluation_id,
        outcome,
        score,
        threshold,
        model_slug,
        question_hash,
        output_hash
    from marts.evaluation_outcomes
    where
        dataset_id = $dataset
        and record_id = $record
        and evaluation_id in ($previous_evaluation, $evaluation)
),

versions as (
    select
        _valid_from,
        {'prompt': prompt, 'input': input, 'context': context, 'golden_answer': golden_answer} as question,
        {'output': output} as answer,
        marts.question_hash(
            prompt, input, input_type, context, context_type, golden_answer, golden_answer_type
        ) as question_hash,
        marts.output_hash(output, output_type) as output_hash
    from history.records
    where dataset_id = $dataset and id = $record
),

contents as (
    select
        scored.evaluation_id,
        arg_max(versions.question, versions._valid_from) filter (
            where versions.question_hash = scored.question_hash
        ) as question,
        arg_max(versions.answer, versions._valid_from) filter (
            where versions.output_hash = scored.output_hash
        ) as answer
    from scored
    cross join versions
    group by scored.evaluation_id
)

select
    scored.evaluation_id,
    scored.outcome,
    scored.score,
    scored.threshold,
    scored.model_slug,
    contents.question,
    contents.answer,
    evaluations.explanation
from scored
left join contents on scored.evaluation_id = contents.evaluation_id
left join history.evaluations
    on
        scored.evaluation_id = evaluations.id
        and evaluations.dataset_id = $dataset
        and evaluations._valid_to is null
order by scored.evaluation_id = $evaluation;
