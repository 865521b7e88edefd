"""The licences of the packages that constraints.txt pins, as the installed ones state them.

python -m tests.licences > licences.md
"""

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

UNKNOWN = "not stated"


def pinned() -> list[str]:
    """The packages of constraints.txt."""
    lines = Path("constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line.partition("==")[0] for line in lines if "==" in line]


def licence(package: str) -> str:
    """What an installed package states: an expression, else its classifiers, else its field."""
    told = metadata.metadata(package)
    if expression := told.get("License-Expression"):
        return expression
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier", [])
        if line.startswith("License ::") and line != "License :: OSI Approved"
    ]
    first = (told.get("License") or "").strip().splitlines()
    return ", ".join(classified) or (first[0][:60] if first else _by_its_text(package))


def _by_its_text(package: str) -> str:
    """The licence whose words are in the file that a package has of it."""
    files = metadata.files(package) or []
    texts = [f.read_text() for f in files if "license" in f.name.lower() and f.suffix != ".py"]
    if any("Permission is hereby granted, free of charge" in text for text in texts):
        return "MIT"
    return UNKNOWN


def rows() -> Iterator[tuple[str, str]]:
    """Each package that is installed here, and its licence."""
    for package in pinned():
        try:
            yield package, licence(package)
        except metadata.PackageNotFoundError:  # of another system or Python
            continue


def listed(text: str) -> dict[str, str]:
    """The packages and licences of licences.md."""
    return dict(re.findall(r"^\| ([\w.-]+) \| (.+) \|$", text, re.M)[1:])


if __name__ == "__main__":
    print("# Licences of what this project installs\n")
    print("Made by `python -m tests.licences > licences.md` from what is installed.\n")
    print("| package | licence |\n| --- | --- |")
    for row in rows():
        print(f"| {' | '.join(row)} |")
