"""What exists, what was received, and what that proves: listing, payloads, decisions."""
