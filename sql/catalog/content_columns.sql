-- The columns of a table of history that hold what the API sent, in order, with their types.
select
    column_name,
    data_type
from duckdb_columns()
where
    database_name = current_database()
    and schema_name = 'history'
    and table_name = $table
    and column_name not in ('_valid_from', '_valid_to', '_sync_id')
order by column_index;
