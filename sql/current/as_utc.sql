-- An instant, of a time, a date or their text: without zone it is UTC, a date its midnight.
create or replace macro main.as_utc(ts) as
case
    when regexp_matches(ts::varchar, ':[0-9.]+([+-][0-9:]+|Z)$')
        then ts::varchar::timestamptz
    when length(ts::varchar) <= 10
        then (ts::varchar || ' 00:00:00+00')::timestamptz
    else (ts::varchar || '+00')::timestamptz
end;
