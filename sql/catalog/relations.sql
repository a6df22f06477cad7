-- The tables and views of the warehouse, those of main first.
select
    schema_name,
    table_name
from (
    select
        schema_name,
        table_name
    from duckdb_tables()
    where database_name = current_database() and not internal
    union all
    select
        schema_name,
        view_name as table_name
    from duckdb_views()
    where database_name = current_database() and not internal
)
order by schema_name <> 'main', schema_name, table_name;
