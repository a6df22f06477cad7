"""The contenders: each a script that syncs one account into its working directory.

``AEGIS_BASE_URL`` and ``AEGIS_API_KEY`` name the account. What a script prints last is JSON.
"""
