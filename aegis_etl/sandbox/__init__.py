"""An emulated Aegis API on a real socket: the independent judge of the product."""

from aegis_etl.sandbox.faults import Faults
from aegis_etl.sandbox.server import Sandbox, Served
from aegis_etl.sandbox.serving import serve
from aegis_etl.sandbox.world import World

__all__ = ["Faults", "Sandbox", "Served", "World", "serve"]
