"""Dagster: assets and their checks, jobs, schedules, sensors, and the sync that a run holds."""
