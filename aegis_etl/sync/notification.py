"""Tells a chat or an alerting tool of a bad night (contract: ``AEGIS_WEBHOOK_URL``)."""

import logging

import requests
from pydantic import SecretStr

from aegis_etl.sync.summary import SyncSummary

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
MOST_LINES = 20


def post_webhook(url: SecretStr | None, text: str, **facts: object) -> bool:
    """Posts ``{"text": …, **facts}`` and says whether it was accepted; without a URL, nothing.

    A webhook that cannot be reached is logged, by its error's kind only (its address is a secret),
    and fails nothing.
    """
    if url is None:
        return False
    try:
        answer = requests.post(
            url.get_secret_value(),
            json={"text": text, **facts},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        logger.warning("AEGIS_WEBHOOK_URL could not be reached: %s", type(error).__name__)
        return False
    if not answer.ok:
        logger.warning("AEGIS_WEBHOOK_URL answered %s", answer.status_code)
    return answer.ok


def describe_failure(error: Exception) -> str:
    """What a failed sync tells the webhook."""
    return f"Aegis sync failed, nothing new was published: {error}"


def describe_partial(summary: SyncSummary) -> str:
    """What a partial sync tells the webhook: the counts, then the first failed datasets."""
    lines = summary.describe()
    more = [f"and {len(lines) - MOST_LINES} more"] if len(lines) > MOST_LINES else []
    return "\n".join(["Aegis " + lines[0], *lines[1:MOST_LINES], *more])
