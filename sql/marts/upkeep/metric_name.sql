-- Adds one row of metric_names.csv.
insert into meta.metric_names values ($1, $2, $3, $4);
