-- The hash of what a record asks: prompt, input, context and golden answer. From md5, whose values outlive the
-- version of the database.
create or replace macro marts.question_hash(
    prompt, input, input_type, context, context_type, golden_answer, golden_answer_type
) as
('0x' || left(
    md5(
        to_json(
            [prompt, input, input_type, context, context_type, golden_answer, golden_answer_type]
        )
    ),
    15
))::bigint;
