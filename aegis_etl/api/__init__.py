"""Speaks HTTP with the Aegis API: client, retries, pace. Hands out bytes and listings."""
