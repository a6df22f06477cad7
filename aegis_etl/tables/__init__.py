"""The one list of columns, and payload bytes -> flat tables: pure, no I/O."""
