-- One row if the marts were ever made.
select 1
from duckdb_tables()
where
    database_name = current_database() and schema_name = 'meta' and table_name = 'mart_definitions';
