-- Notes which definitions the marts were made by: when they differ, the next build makes all of them anew.
create table if not exists meta.mart_definitions (sha256 varchar);

comment on table meta.mart_definitions is
'The version of the marts'' definitions: when it differs, the next sync makes all marts anew';

comment on column meta.mart_definitions.sha256 is 'SHA-256 of the macros, selects and columns';

truncate meta.mart_definitions;

insert into meta.mart_definitions values ($sha256);
