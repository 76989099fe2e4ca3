"""Compare the built sdist and wheel with the source: all of both packages, licence and types, and no tests.

Usage: check_archives.py SOURCE DIST
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

PACKAGES = ("minichat", "fakes")


def main(source: Path, dist: Path) -> int:
    wanted = {
        path.relative_to(source).as_posix()
        for package in PACKAGES
        for path in (source / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    (wheel,) = dist.glob("*.whl")
    (sdist,) = dist.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if not name.endswith("/")}
        metadata = archive.read(next(name for name in in_wheel if name.endswith("/METADATA"))).decode()
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    problems = [f"not in the wheel: {name}" for name in sorted(wanted - in_wheel)]
    problems += [f"not in the sdist: {name}" for name in sorted(wanted - in_sdist)]
    extra = [name for name in in_wheel - wanted if ".dist-info/" not in name]
    problems += [f"should not be in the wheel: {name}" for name in sorted(extra)]
    problems += [f"should not be in the sdist: {name}" for name in sorted(in_sdist) if name.startswith("tests")]
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        if name not in in_sdist:
            problems.append(f"not in the sdist: {name}")
    for name in ("minichat/LICENSE", "minichat/py.typed"):
        if name not in wanted:
            problems.append(f"not in the source: {name}")
    if not any(name.endswith("/licenses/LICENSE") for name in in_wheel):
        problems.append("the wheel's metadata carries no licence")
    needs = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line]
    problems += [f"a runtime dependency: {line}" for line in needs]
    for line in problems:
        print(line)
    if not problems:
        print(f"{wheel.name} and {sdist.name}: {len(wanted)} files of {' and '.join(PACKAGES)}, no tests, no dependency")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
