"""The ledger on the page: every claim whole, linked both ways, and how sure the study is."""

import re

import pytest

from tests.page import fabricate, ledger
from tests.stages.test_report import build, report, section


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    made = tmp_path_factory.mktemp("study")
    build(made, seeds=[0, 4], drawn=20)
    return (made / report.PAGE).read_text(encoding="utf-8")


def test_the_ledger_is_whole(html):
    for claim in ledger.ledger().claims:
        part = section(html, f"claim-{claim.id}")
        for words in (claim.claim, claim.rule, claim.because):
            assert words in part
        assert f'data-verdict="{claim.verdict}"' in part
        assert f'data-kind="{"theorem" if claim.test else "measured"}"' in part
        assert ("threshold" in part) == (claim.threshold is not None)
        assert claim.test is None or claim.test in part


def test_an_experiment_and_its_claims_lead_to_each_other(html):
    """What is concluded from an experiment is what the ledger says of it."""
    for experiment in fabricate.RUNS:
        about = [c for c in ledger.ledger().claims if c.experiment == experiment]
        start = html.index(f'<article id="{experiment}"')
        part = html[start : html.index("</article>", start)]
        listed = re.findall(r'href="#claim-([\w-]+)"', part)
        assert sorted(listed) == sorted(c.id for c in about)
        for claim in about:
            assert f'<a href="#{experiment}">' in section(html, f"claim-{claim.id}")


def test_theorems_and_measured_claims_are_counted_apart(html):
    part = section(html, "findings")
    counts = re.findall(r'<li class="(\w+)"><b>(\d+)</b>', part)
    assert counts == [
        ("holds", "1"),
        ("fails", "0"),
        ("undecided", "0"),
        ("holds", "3"),
        ("fails", "1"),
        ("undecided", "1"),
    ]


def test_a_comparison_links_its_runs_and_says_what_its_interval_is_of(html):
    def part(name):
        return section(html, f"claim-{name}")

    for name in ("losses-differ", "digits-in-order"):
        for run in ("gan", "gan_minimax"):
            assert f'href="#digits-{run}"' in part(name)
    assert "95 % interval of the difference of two runs<" in part("losses-differ")
    assert "95 % interval of the change per step<" in part("digits-in-order")
    assert "95 % interval of the difference from the target<" in part("value-at-equilibrium")
    # An interval that is written with ± is not for that an equivalence.
    assert "from the target" not in part("generated-classes")


def test_a_claim_says_how_long_its_runs_were_trained_and_how_that_ended(html):
    part = section(html, "claim-losses-differ")
    for words in (
        "2,000 rounds<",
        ">converged<",
        "99 % of means of 10 new seeds in [0.030, 0.190]",
        "1,500 rounds<",
        ">convergence not measured<",
        "frozen since 2026-01-02, changed after a result",
        "14 replicas of a run show it with a chance of 0.8",
    ):
        assert words in part


def test_what_is_open_at_this_budget_is_told(html):
    """Here in English alone, for no file has it in Korean."""
    told = html[html.index("<code>longer</code>") - 200 :][:400]
    for words in ("It is so in the end.", "needs a million rounds"):
        assert words in told


def test_the_error_of_the_study_and_what_was_withdrawn_are_told(html):
    told = " ".join(html[html.index('id="claims"') :].split())
    assert "There are 3 families of 5 measured claims, the largest of 2" in told
    assert "at most 0.15 wrong verdicts are to be expected. 67 % of measured claims" in told
    gone = told[told.index("It was so.") :][:900]
    for words in ("frozen 2026-01-01", "withdrawn 2026-02-01", "fails"):
        assert words in gone


def test_a_correction_stands_beside_what_settles_it(html):
    part = section(html, "correction-K5")
    assert "The losses are alike &amp; equal." in part
    assert "They are not." in part
    for claim in ("losses-differ", "kl-non-negative"):
        assert f'href="#claim-{claim}"' in part
        assert 'href="#correction-K5"' in section(html, f"claim-{claim}")
