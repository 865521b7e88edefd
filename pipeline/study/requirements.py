"""What this code needs beside itself: packages and their versions, and a system that can run it.

pyproject.toml states the packages. Nothing here is imported that might be missing.
"""

import os
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from pipeline.study.errors import StudyError
from pipeline.study.repository import ROOT

SYSTEMS = ("linux", "darwin")
NEED = re.compile(r"([\w.-]+)\s*>=\s*([\d.]+)")


def lacking(file: Path = ROOT / "pyproject.toml") -> list[str]:
    """A line for each package that is missing or too old. file: pyproject.toml."""
    try:
        needs = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]
    except (OSError, ValueError, KeyError):
        return []
    found = []
    for package, least in (match.groups() for need in needs if (match := NEED.match(need))):
        try:
            here = metadata.version(package)
        except metadata.PackageNotFoundError:
            found.append(f"{package} is not installed; {least} or newer is needed")
            continue
        if _numbers(here) < _numbers(least):
            found.append(f"{package} {here} is too old; {least} or newer is needed")
    return [f"{line} (make setup)" for line in found]


def _numbers(version: str) -> list[int]:
    """2.11.0+cpu as [2, 11, 0]: enough to compare releases."""
    return [int(n) for n in re.findall(r"\d+", re.split(r"[^\d.]", version)[0])]


def prepare_process() -> None:
    """Makes the process independent of its terminal and of its user's account."""
    if sys.platform not in SYSTEMS:
        raise StudyError(
            f"this system, {sys.platform}, is not supported; allowed: Linux, macOS, and Windows "
            "through WSL"
        )
    for stream in (sys.stdout, sys.stderr):  # a title may have letters that a terminal lacks
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if not os.environ.get("USER"):  # as under a uid without an account; libraries ask for a name
        os.environ["USER"] = os.environ.get("LOGNAME") or f"uid{os.getuid()}"
