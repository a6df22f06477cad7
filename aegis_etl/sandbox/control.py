"""How another process turns the sandbox's wheels: `/_sandbox/…`, outside of the emulated API."""

from typing import Any, Protocol

import msgspec

from aegis_etl.sandbox.faults import Faults
from aegis_etl.sandbox.http import Request, Response, json_response, problem
from aegis_etl.sandbox.world import World

CONTROL_PREFIX = "/_sandbox/"


class Controlled(Protocol):
    """What control may turn."""

    world: World
    faults: Faults


class _Change(msgspec.Struct, forbid_unknown_fields=True):
    fraction: float


def control(sandbox: Controlled, request: Request) -> Response:
    """Answers one request below `/_sandbox/`.

    `GET now` · `POST night` lives a night · `POST change {"fraction": 0.01}` lives a night with
    nothing but a new run on this fraction of the datasets · `POST faults {…}` replaces the faults,
    fields as in `Faults`. All but the last answer `{"now": "…", "night": 1}`. A body that does not
    fit is answered with 422.
    """
    world = sandbox.world
    try:
        match request.method, request.path.removeprefix(CONTROL_PREFIX):
            case "GET", "now":
                return _time(world)
            case "POST", "night":
                world.live_night()
                return _time(world)
            case "POST", "change":
                change = msgspec.json.decode(request.body, type=_Change)
                world.change(change.fraction)
                return _time(world)
            case "POST", "faults":
                sandbox.faults = msgspec.json.decode(request.body or b"{}", type=Faults)
                return json_response(200, sandbox.faults)
    except msgspec.MsgspecError as error:
        return problem(422, str(error))
    return problem(404, "Not Found")


def _time(world: World) -> Response:
    answer: dict[str, Any] = {"now": world.now, "night": world.night}
    return json_response(200, answer)
