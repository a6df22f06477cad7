-- Empties the relations that audits look at: which datasets (scope), which ids a full sync listed and what
-- became of them (listed), and how many rows of each table the newest folded payload of each dataset had
-- (payload_rows) and the lake holds of it (lake_rows).
create or replace temp table scope (dataset_id bigint);

create or replace temp table listed (dataset_id bigint, is_accounted boolean);

create or replace temp table payload_rows (
    dataset_id bigint, is_whole boolean, run_ids bigint [], table_name varchar, row_count bigint
);

create or replace temp table lake_rows (dataset_id bigint, table_name varchar, row_count bigint);
