"""What README.md says was found, made from reports/claims.json.

    python -m tests.readme           prints it
    python -m tests.readme --write   puts it between the two marks in README.md

tests/test_readme.py holds README.md to it. All experiments and all claims are on the page.
"""

import sys
from collections import Counter
from pathlib import Path

from pipeline.results import schema
from pipeline.results.files import write_text

FILE, REPORT = Path("README.md"), Path("reports", "claims.json")
BEGIN, END = "<!-- found: python -m tests.readme --write -->", "<!-- /found -->"
# The claims of which it tells: one of each subject, whatever their verdicts.
TOLD = (
    *("value-at-the-end", "minimax-gradient-dies", "dirac-r1-converges", "modes-lost"),
    *("two-latents-lose-classes", "asked-for-a-six", "order-of-draws", "flow-beats-mixture"),
)


def found() -> str:
    """How many claims hold, fail or are undecided, and of eight what was found."""
    claims = schema.read(schema.Verdicts, REPORT).claims
    lines = []
    for what, some in (
        ("theorems", [claim for claim in claims if claim.test]),
        ("claims about trainings", [claim for claim in claims if not claim.test]),
    ):
        counts = Counter(claim.verdict for claim in some)
        told = ", ".join(
            f"{counts[v]} {w}"
            for v, w in (("holds", "hold"), ("fails", "fail"), ("undecided", "are undecided"))
        )
        lines.append(f"Of {len(some)} {what} {told}.")
    by_id = {claim.id: claim for claim in claims}
    chosen = [by_id[name] for name in TOLD if name in by_id]
    return "\n".join([" ".join(lines), "", *map(_line, chosen)])


def _line(claim: schema.Decided) -> str:
    return f"- **{claim.verdict}**: {claim.claim} *{claim.because}*"


def written(text: str) -> str:
    """A text with what was found between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{found()}\n{END}{after}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        write_text(FILE, written(FILE.read_text(encoding="utf-8")))
    else:
        print(found())
