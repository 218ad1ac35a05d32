"""
Environments into which pip installs Tonada as into new ones, without a second download of torch.

What Tonada requires, and what that requires, is linked from the environment of the tests; so is setuptools, to build a
source distribution; nothing else is there. pip then finds the requirements met, or says which is not.
"""

import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import Distribution, distribution, requires
from pathlib import Path

from packaging.requirements import Requirement


class Environment:
    """A virtual environment that holds a distribution of Tonada, some extras, and what these require."""

    def __init__(self, folder: Path, archive: Path, *extras: str):
        self.folder = folder
        venv.create(folder, with_pip=False, symlinks=True)
        for name in sorted((required("tonada", extras) | {"setuptools"}) - {"tonada"}):
            self._link(distribution(name))
        wanted = f"{archive}[{','.join(extras)}]" if extras else str(archive)
        pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet", "--no-index"]
        done = subprocess.run([*pip, "--no-build-isolation", wanted], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def run(self, *command: str | Path, cwd: Path) -> subprocess.CompletedProcess:
        """Run a program of the environment, offline and with nothing of the tests' environment."""
        environment = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(cwd),
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
        }
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)

    def _link(self, package: Distribution) -> None:
        into = Path(sysconfig.get_path("purelib", "venv", {"base": str(self.folder)}))
        for top in {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}:
            if not (into / top).exists():
                (into / top).symlink_to(Path(package.locate_file(top)))


def required(name: str, extras: tuple[str, ...] = ()) -> set[str]:
    """A distribution and all that it requires here, by the names that they have in their metadata."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    waiting = [(name, extras)]
    while waiting:
        each = waiting.pop()
        if each in found:
            continue
        found.add(each)
        for requirement in map(Requirement, requires(each[0]) or []):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *each[1])):
                waiting.append((requirement.name, tuple(sorted(requirement.extras))))
    return {name for name, _ in found}
