# ruff: noqa: N818 (an error is named for what happened)
"""What can go wrong between us and the API.

::

    AegisEtlError
    └── ApiError               every request that brought no answer to use
        ├── KeyRefused         401, 403
        ├── OutOfCredits       402
        ├── NotFound           404
        ├── RequestRefused     422 and the other 4xx
        ├── Redirected         3xx: no redirect is followed
        ├── PayloadTooLarge    more than AEGIS_MAX_PAYLOAD_MB, unpacked
        ├── TransientError     worth another try; raised when the tries are spent
        │   ├── Unreachable    no connection, no answer, or half of one
        │   ├── ServerFailed   5xx, 408, 425
        │   ├── PushedBack     429, and 503 with Retry-After
        │   └── NotUsable      200, but no JSON, or none of the expected shape
        ├── NotAegis           what answers at AEGIS_BASE_URL is no Aegis API
        ├── ApiDown            many different requests failed in a row
        └── ClientClosed       the client was closed while this request waited
"""

from typing import ClassVar

from aegis_etl.errors import AegisEtlError


class ApiError(AegisEtlError):
    """A request brought no answer to use.

    Attributes:
        path: what was asked for, below the base URL.
        http_status: of the last answer; None when there was none.
        attempts: requests sent for it.
        body: the last body received where it should have been JSON, for keeping.
        ends_sync: it concerns the key or the API as a whole, not this path alone.
    """

    ends_sync: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        path: str,
        http_status: int | None = None,
        attempts: int = 1,
        body: bytes | None = None,
    ) -> None:
        super().__init__(message)
        self.path = path
        self.http_status = http_status
        self.attempts = attempts
        self.body = body


class KeyRefused(ApiError):
    """The API refused the key."""

    ends_sync = True


class OutOfCredits(ApiError):
    """The account is out of credits."""

    ends_sync = True


class NotFound(ApiError):
    """The API does not know what was asked for, or does not show it to this key."""


class RequestRefused(ApiError):
    """The API refused the request itself."""


class Redirected(ApiError):
    """The API sent us elsewhere; no redirect is followed, because the key would go with it."""


class PayloadTooLarge(ApiError):
    """The body is larger than ``AEGIS_MAX_PAYLOAD_MB``, unpacked."""


class TransientError(ApiError):
    """Another try may bring an answer."""


class Unreachable(TransientError):
    """No connection, no answer, or half of one."""


class ServerFailed(TransientError):
    """The server failed and said so."""


class PushedBack(TransientError):
    """The API asks for fewer requests.

    Attributes:
        retry_after: seconds that the API asked to wait; None when it named none.
    """

    def __init__(
        self, message: str, *, path: str, http_status: int, retry_after: float | None
    ) -> None:
        super().__init__(message, path=path, http_status=http_status)
        self.retry_after = retry_after


class NotUsable(TransientError):
    """Status 200, but the body is no JSON, or none of the expected shape."""


class NotAegis(ApiError):
    """What answers at ``AEGIS_BASE_URL`` is no Aegis API."""

    ends_sync = True


class ApiDown(ApiError):
    """Many different requests failed in a row: asking on would help nobody."""

    ends_sync = True


class ClientClosed(ApiError):
    """The client was closed while this request waited."""

    ends_sync = True
