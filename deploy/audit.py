"""Checks the locked packages for known vulnerabilities (pip-audit) and lists their licences; run by ``make audit``.

A mirror of PyPI may answer without advisories, which pip-audit reports as "no known vulnerabilities". So a
release with known vulnerabilities is looked up first, and skipped packages count as not audited.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
LOCK, NOTICES = ROOT / "requirements.txt", ROOT / "THIRD_PARTY.md"
KNOWN_VULNERABLE = "jinja2==2.11.0"
"""A release with several advisories; a source that lists none has no data."""

_COPYLEFT = re.compile(r"\b[AL]?GPL|General Public License|\bEUPL|\bMPL|Mozilla Public", re.IGNORECASE)
_NOT_STATED = "not stated"


class NotAuditedError(Exception):
    """The advisories cannot be reached; the message says why."""


class Licence(NamedTuple):
    """The licence of an installed package, as its metadata states it."""

    package: str
    version: str
    text: str

    @property
    def has_conditions(self) -> bool:
        """Whether it needs review before distribution: copyleft, or not stated."""
        return self.text == _NOT_STATED or bool(_COPYLEFT.search(self.text))


def vulnerabilities(lock: Path) -> list[str]:
    """Return the known vulnerabilities of a lock's packages, one line each.

    Raises:
        NotAuditedError: pip-audit is missing, or its source of advisories does not answer for every package.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as known:
        known.write(f"{KNOWN_VULNERABLE}\n")
        known.flush()
        if not any(package.get("vulns") for package in _audited(Path(known.name))):
            raise NotAuditedError(
                f"the source of advisories lists no vulnerability of {KNOWN_VULNERABLE}, so it has no advisories"
            )
    packages = _audited(lock)
    if skipped := [package["name"] for package in packages if "skip_reason" in package]:
        raise NotAuditedError(f"no advisories for {len(skipped)} of {len(packages)} packages: {', '.join(skipped[:5])}")
    return [
        f"{package['name']} {package['version']}: {one['id']}, fixed in {', '.join(one['fix_versions']) or 'none'}"
        for package in packages
        for one in package["vulns"]
    ]


def _audited(requirements: Path) -> list[dict[str, Any]]:
    options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["pip-audit printed nothing"])[-1]
        raise NotAuditedError(f"pip-audit ended early: {last[:300]}") from None
    return packages


def licences(lock: Path) -> Iterator[Licence]:
    """Return the licences of the lock's packages that are installed here.

    Args:
        lock: A file of requirements, ``name==version`` a line.
    """
    for name in sorted(set(re.findall(r"(?m)^([A-Za-z0-9._-]+)==", lock.read_text(encoding="utf-8")))):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue  # for another platform or Python
        yield Licence(name, found.version, stated_licence(found))


def stated_licence(package: Distribution) -> str:
    """Return the licence in a package's metadata: its expression, else its classifiers, else its text's first line."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [one for one in metadata.get_all("Classifier", []) if one.startswith("License ::")]
    if specific := [name for one in classifiers if (name := one.rpartition(" :: ")[2]) != "OSI Approved"]:
        return ", ".join(specific)
    lines = str(metadata.get("License", "")).strip().splitlines()
    return lines[0][:80] if lines and lines[0] != "UNKNOWN" else _NOT_STATED


def not_in_notices(found: list[Licence], notices: str) -> list[Licence]:
    """Return the packages with conditions that THIRD_PARTY.md does not list."""
    return [one for one in found if one.has_conditions and f"`{one.package}`" not in notices]


def main() -> int:
    """Print both reports; return 1 for vulnerabilities, licences not in THIRD_PARTY.md or missing advisories."""
    found = list(licences(LOCK))
    for one in found:
        print(f"{one.package} {one.version}: {one.text}")
    unnamed = not_in_notices(found, NOTICES.read_text(encoding="utf-8"))
    for one in unnamed:
        print(f"expected {one.package} ({one.text}) in {NOTICES.name}", file=sys.stderr)
    try:
        known = vulnerabilities(LOCK)
    except NotAuditedError as error:
        print(f"The packages were not audited for known vulnerabilities: {error}.", file=sys.stderr)
        return 1
    print("\n".join(known) or f"No known vulnerabilities in the packages of {LOCK.name}.")
    return 1 if known or unnamed else 0


if __name__ == "__main__":
    sys.exit(main())
