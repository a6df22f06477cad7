-- Notes which definitions of tables, views, macros and comments the file has.
create or replace table meta.definitions as
select $sha256 as sha256;
