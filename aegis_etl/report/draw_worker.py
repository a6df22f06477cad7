"""The drawing process: reads Vega-Lite specifications, answers with their SVG, a line of JSON each.

Starting the JavaScript engine takes most of a second and holds Python's lock, so it is done here,
beside the build. The process ends when its input does.
"""

import json
import os
import sys
from collections.abc import Iterable
from typing import IO

import vl_convert


def serve(specs: Iterable[str], drawings: IO[str]) -> None:
    """Answers each specification with its SVG, until the input ends."""
    vl_convert.vegalite_to_svg({"data": {"values": []}, "mark": "point"})  # starts the engine
    for spec in specs:
        drawings.write(json.dumps(vl_convert.vegalite_to_svg(spec)) + "\n")
        drawings.flush()


if __name__ == "__main__":
    try:
        serve(sys.stdin, sys.stdout)
    except BrokenPipeError:
        os._exit(1)  # the usual way out would flush what nobody reads, and complain
    except Exception as error:  # noqa: BLE001  its parent says what that means for the report
        sys.exit(f"the drawing process failed: {type(error).__name__}: {error}")
