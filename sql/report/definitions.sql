-- The definitions of columns of the marts, as their comments tell them; of a column in several marts any one.
select
    column_name,
    any_value(comment) as definition
from duckdb_columns()
where schema_name = 'marts' and list_contains($columns, column_name) and comment is not null
group by column_name
order by column_name;
