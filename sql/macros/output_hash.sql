-- The hash of a record's output. From md5, whose values outlive the version of the database.
create or replace macro marts.output_hash(output, output_type) as
('0x' || left(md5(to_json([output, output_type])), 15))::bigint;
