"""Parquet on disk: paths, raw payloads, flat tables, and the manifest that makes a sync exist."""
