"""The demo: a made-up account lives through several nights and is synced after each."""
