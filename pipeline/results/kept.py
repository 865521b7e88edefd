"""What the last page shows of trainings that are not here, so that it can be drawn again.

    <!-- of WHAT KEY -->...<!-- /of -->     around each part that is drawn from runs/

Weights and samples are in no repository, and a page has to be drawn after an edit of claims.yaml,
or beside an experiment that was trained on another machine. A part of the last page stands for a
run that is not here as long as its key is the same: a digest of what was measured on that run, so
that no number is shown with other samples than its own. It keeps the words it was drawn with.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipeline.results import schema
from pipeline.results.schema import MeasuredRun

PART = re.compile(r"<!-- of (\S+) (\S+) -->(.*?)<!-- /of -->", re.S)
DATA = re.compile(r'<script type="application/json">(.*)</script>', re.S)


def key(*content: Any) -> str:
    """A digest of what a part shows, as JSON."""
    told = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def key_of_run(measured: MeasuredRun, remark: str = "") -> str:
    """The key of the parts of one run. remark: what the page says of its settings."""
    return key(schema.plain(measured), remark)


def opened(what: str, key: str) -> Markup:
    """The beginning of a part. what: "run:ring/gan" or the like."""
    return Markup("<!-- of {} {} -->").format(what, key)


CLOSED = Markup("<!-- /of -->")


class Kept:
    """The parts of a page."""

    def __init__(self, page: Path | str | None = None):
        """page: a file; without one there are no parts."""
        file = Path(page) if page else None
        text = file.read_text(encoding="utf-8") if file and file.is_file() else ""
        self.parts = {(what, key): html for what, key, html in PART.findall(text)}

    def __call__(self, what: str, key: str) -> Markup | None:
        """A part, in its marks; None where the page has none with this key."""
        found = self.parts.get((what, key))
        return None if found is None else opened(what, key) + Markup(found) + CLOSED

    def data(self, what: str, key: str) -> Any:
        """The data of a part, for the page's script; None where the page has none."""
        told = DATA.search(self.parts.get((what, key), ""))
        return told and json.loads(told[1])


def seconds(html: str) -> float | None:
    """What a run's part says that its training took, to a hundredth of an hour.

    Finer, two equal studies would have two pages.
    """
    told = re.search(r'data-hours="([\d.]+)"', html)
    return 3600 * float(told[1]) if told else None
