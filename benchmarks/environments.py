"""The environments that contenders run in: ours, and one of their own for the peers."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PEERS = FOLDER / ".venv-peers"
REQUIREMENTS = FOLDER / "requirements-peers.txt"
OURS_PYTHON = Path(sys.executable)
PEERS_PYTHON = PEERS / "bin" / "python"


def prepare_environments(*, peers: bool) -> None:
    """Compiles every environment's bytecode; makes the peers' one first, if they take part."""
    compile_bytecode(OURS_PYTHON, FOLDER.parent / "aegis_etl", FOLDER)
    if peers:
        _make_peers()
        compile_bytecode(PEERS_PYTHON, FOLDER / "contenders")


def compile_bytecode(python: Path, *folders: Path) -> None:
    """Compiles what an environment has installed, and further folders."""
    installed = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    # Some packages ship templates that are no Python: those fail to compile and are never imported.
    subprocess.run(
        [python, "-m", "compileall", "-qq", "-j", "2", installed.stdout.strip(), *folders],
        check=False,
        capture_output=True,
    )


def _make_peers() -> None:
    installed = PEERS / "installed"
    if installed.exists() and installed.read_bytes() == REQUIREMENTS.read_bytes():
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", PEERS], check=True)
    subprocess.run(
        [
            *(PEERS_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "-r", REQUIREMENTS),
        ],
        check=True,
    )
    installed.write_bytes(REQUIREMENTS.read_bytes())
