"""The history as Iceberg tables, for engines other than DuckDB; off unless a catalog is set."""
