"""DuckDB: folds syncs into history, audits what they touched, publishes what passed, reads it."""
