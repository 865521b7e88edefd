"""Formatting of numbers, names and settings for the page."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from math import floor, isfinite, log10
from pathlib import Path

from markupsafe import Markup, escape

from pipeline import models

MINUS = "−"
ACRONYMS = ("elbo", "kl")  # beside those in the models' own names


def decimals(spread: float, figures: int = 2) -> int:
    """Digits after the point that give `spread` `figures` significant figures, 0 to 6."""
    if not spread or not isfinite(spread):
        return 0
    return max(0, min(6, figures - 1 - floor(log10(abs(spread)))))


def number(x: float | None, places: int) -> str:
    """x rounded to `places` digits after the point, with a true minus sign; a dash for None."""
    if x is None or not isfinite(x):
        return "–"
    text = f"{x:,.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def plain(x: float | None) -> str:
    """x with four significant figures and no trailing zeros."""
    if x is None or not isfinite(x):
        return "–"
    if float(x).is_integer() and abs(x) < 1e15:
        return number(x, 0)
    text = number(x, decimals(x, 4))
    return text.rstrip("0").rstrip(".") if "." in text else text


def places_of(low: float | None, high: float | None, mean: float | None) -> int:
    """Digits after the point for an estimate: two figures of its interval's half width."""
    if low is not None and high is not None and high > low:
        return decimals((high - low) / 2)
    if mean is None or float(mean).is_integer():
        return 0
    return decimals(mean, 4)


@cache
def acronyms() -> frozenset[str]:
    """The upper-case words in the first lines of the models' docstrings, and a few more."""
    files = (Path(models.__file__).with_name(f"{name}.py") for name in models.names())
    firsts = (file.read_text(encoding="utf-8").partition("\n")[0] for file in files)
    found = {word.lower() for first in firsts for word in re.findall(r"\b[A-Z][A-Z0-9]+\b", first)}
    return frozenset(found | {*ACRONYMS})


def spoken(name: str) -> str:
    """A name of params.yaml, or a text with such names, with spaces and upper-case acronyms."""
    words = name.replace("_", " ").split(" ")
    return " ".join(word.upper() if word in acronyms() else word for word in words)


def typeset(text: str) -> Markup:
    """ASCII text typeset as HTML with mathematical signs: −log 4, KL(q ‖ p), ½, p_g."""
    signs = re.sub(r"(?<![\w-])-(?=[\w(.])", MINUS, str(text))
    signs = re.sub(r"(?<=[\w)]) - (?=[\w(])", f" {MINUS} ", signs)
    signs = signs.replace("||", "‖").replace("1/2", "½")
    return Markup(re.sub(r"\b([A-Za-z])_(\w+)", r"<i>\1</i><sub>\2</sub>", str(escape(signs))))


def settings(block: Mapping, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(key, value) of a nested block, keys joined by dots."""
    for key, value in block.items():
        if isinstance(value, Mapping):
            yield from settings(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield f"{prefix}{key}", ", ".join(str(v) for v in value) or "none"
        else:
            yield f"{prefix}{key}", "none" if value is None else str(value)
