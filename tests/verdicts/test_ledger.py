"""claims.yaml is taken whole or refused with a line for every problem in it."""

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from ruamel.yaml import YAML
from scipy import integrate, stats

from pipeline.study.errors import USAGE, StudyError
from pipeline.study.schema import Converged
from pipeline.verdicts import binomial, bound, equivalence, ledger, order

FLAT = Converged(metric="coverage.by_round", margin=0.1)
SHARE = {"rule": "binomial", "arguments": {"at_least": 1, "side": "above", "share": 0.5}}
EXPERIMENTS = {
    "equilibrium": SimpleNamespace(
        controls=[],
        runs={"gan": None, "gan_minimax": None},
        metrics=["value", "nll"],
        converged=None,
    ),
    "ring": SimpleNamespace(
        controls=[], runs={"gan": None}, metrics=["value", "coverage"], converged=FLAT
    ),
}
MEASURED = {
    "id": "one",
    "claim": "The mean is small.",
    "documents": ["T001"],
    "statistic": "the mean",
    "experiment": "ring",
    "run": "gan",
    "metric": "value.game",
    "rule": "bound",
    "arguments": {"side": "below", "threshold": 1},
    "reason": "One is small.",
}
PROVED = {
    "id": "two",
    "claim": "It is so.",
    "documents": ["T002"],
    "statistic": "all cases",
    "rule": "theorem",
    "test": "tests/theory/test_some.py::test_it_is_so",
}
ORDERED = {k: v for k, v in MEASURED.items() if k != "run"} | {
    "experiment": "equilibrium",
    "runs": ["gan", "gan_minimax"],
    "rule": "order",
    "arguments": {"side": "below"},
}
PAIRED = MEASURED | {"experiment": "equilibrium", "versus": "gan_minimax"}
SAID = {"said": "It is not so.", "instead": "It is."}


@pytest.fixture
def read(tmp_path):
    """Reads a ledger of the claims given, or of the text given."""

    def reader(*claims, text=None, error=0.05, corrections=None):
        path = tmp_path / "claims.yaml"
        if text is None:
            with path.open("w", encoding="utf-8") as file:
                content = {"error": error, "claims": list(claims)}
                content |= {"corrections": corrections} if corrections else {}
                YAML(typ="safe", pure=True).dump(content, file)
        else:
            path.write_bytes(text)
        return ledger.read(path, EXPERIMENTS)

    return reader


def without(claim, key):
    return {k: v for k, v in claim.items() if k != key}


def test_a_sound_ledger_is_read(read):
    error, (one, two), corrections = read(MEASURED, PROVED)
    assert (error, corrections) == (0.05, {})
    assert one.arguments == bound.Rule("below", 1.0)
    assert two.test == PROVED["test"]
    assert (one.sources, two.sources) == ([("gan", "value.game")], [])


def test_what_a_claim_rests_on(read):
    """A column of values of one run, of two, of two metrics of one, or of a whole list."""
    claims = [
        PAIRED,
        PAIRED | {"id": "two", "versus_metric": "value.distance"},
        MEASURED | {"id": "three", "versus_metric": "value.distance"},
        ORDERED | {"id": "four"},
    ]
    found = [claim.sources for claim in read(*claims)[1]]
    assert found == [
        [("gan", "value.game"), ("gan_minimax", "value.game")],
        [("gan", "value.game"), ("gan_minimax", "value.distance")],
        [("gan", "value.game"), ("gan", "value.distance")],
        [("gan", "value.game"), ("gan_minimax", "value.game")],
    ]
    assert read(ORDERED)[1][0].arguments == order.Rule("below")


def test_a_correction_is_stated_and_settled(read):
    claim = MEASURED | {"corrections": ["K5", "K6"]}
    _, _, corrections = read(claim, corrections={"K5": SAID, "K6": SAID})
    assert corrections["K5"].instead == "It is."
    with pytest.raises(StudyError) as refused:
        read(claim, corrections={"K4": SAID, "K5": SAID})
    assert [line.partition(": ")[2] for line in str(refused.value).splitlines()] == [
        "claims.one.corrections: 'K6' is unknown; allowed: K4, K5; did you mean 'K5'?",
        "corrections.K4: no claim settles it",
    ]


def test_what_must_be_flat_is_said_by_the_claim_or_else_by_its_experiment(read):
    own = {"metric": "value.by_round", "margin": 0.01}
    told = [MEASURED, MEASURED | {"id": "own", "converged": own}, PAIRED | {"id": "none"}]
    one, two, three = read(*told)[1]
    assert (one.converged, two.converged, three.converged) == (FLAT, Converged(**own), None)


def test_two_runs_are_compared_and_two_metrics_of_one_differ(read):
    claims = [
        MEASURED,
        PAIRED | {"id": "two"},
        MEASURED | {"id": "three", "versus_metric": "coverage.modes"},
        PAIRED | {"id": "four", "versus_metric": "value.other"},
        MEASURED | {"id": "five", "versus": "gan", "versus_metric": "coverage.modes"},
    ]
    found = [(claim.compared, claim.within) for claim in read(*claims)[1]]
    assert found == [(False, False), (True, False), (False, True), (True, False), (False, True)]


def test_a_scale_is_an_argument_of_a_rule(read):
    log = {"side": "below", "threshold": 2, "scale": "log"}
    share = {"side": "above", "threshold": 0.5, "scale": "logit", "samples": 360}
    claims = [MEASURED | {"arguments": log}, MEASURED | {"id": "two", "arguments": share}]
    one, two = (claim.arguments for claim in read(*claims)[1])
    assert (one, two) == (bound.Rule("below", 2, "log"), bound.Rule("above", 0.5, "logit", 360))


ARGUMENTS = "claims.one.arguments"
WRONG = [
    (MEASURED | {"rule": "bounds"}, "claims.one.rule: 'bounds' is no rule; .*mean 'bound'"),
    (MEASURED | {"experiment": "rings"}, "claims.one.experiment: 'rings' .*mean 'ring'"),
    (MEASURED | {"run": "gam"}, "claims.one.run: ring has no run 'gam'; .*mean 'gan'"),
    (MEASURED | {"runn": "gan"}, "claims.one.runn: no such key; .*mean 'run'"),
    (without(MEASURED, "run"), "claims.one.run: missing"),
    (PAIRED | {"versus": "gam"}, "claims.one.versus: equilibrium has no run 'gam'; .*'gan'"),
    (PAIRED | {"versus": "gan"}, "claims.one: compares a run with itself"),
    (MEASURED | {"versus_metric": "value.game"}, "claims.one: compares a run with itself"),
    (MEASURED | {"metric": "game"}, "claims.one.metric: 'game' is no value of a metric"),
    (MEASURED | {"metric": "value."}, "claims.one.metric: 'value.' is no value of a metric"),
    (
        MEASURED | {"versus_metric": "valeu.game"},
        "claims.one.versus_metric: 'valeu' is no metric of these runs; .*mean 'value'",
    ),
    (
        MEASURED | {"metric": "modes_covered"},
        "claims.one.metric: 'modes_covered' is named coverage.modes_hit now",
    ),
    (MEASURED | {"metric": "prdc.recall"}, "claims.one.metric: 'prdc' is no metric of these"),
    (PAIRED | {"metric": "nll"}, "claims.one.metric: 'nll' is named nll.estimate now"),
    (MEASURED | {"id": "law-of-the-map"}, "claims.*id: it is named distribution-of-the-map now"),
    (PROVED | {"versus": "gan"}, "claims.two.versus: not for the rule theorem"),
    (PROVED | {"budget": True}, "claims.two.budget: not for the rule theorem"),
    (PAIRED | SHARE, "claims.one.versus: not for the rule binomial; leave it out"),
    (MEASURED | {"budget": False}, "claims.one.budget: "),
    (MEASURED | {"smallest_effect": 0.0}, "claims.one.smallest_effect: .*greater than 0"),
    (
        MEASURED | {"converged": {"metric": "prdc.x", "margin": 1}},
        "claims.one.converged.metric: 'prdc' is no metric of these runs",
    ),
    (MEASURED | {"converged": {"metric": "value.x"}}, "claims.one.converged.margin: missing"),
    (
        MEASURED | {"arguments": {"side": "below", "threshold": 0, "scale": "log"}},
        f"{ARGUMENTS}: on the scale log a threshold is above 0, not 0",
    ),
    (
        MEASURED
        | {"versus_metric": "value.x"}
        | {"arguments": {"side": "below", "threshold": 1, "scale": "log"}},
        f"{ARGUMENTS}.scale: log is of what is positive",
    ),
    (MEASURED | {"runs": ["gan", "gan"]}, "claims.one.runs: not for the rule bound"),
    (ORDERED | {"run": "gan"}, "claims.one.run: not for the rule order"),
    (ORDERED | {"versus": "gan"}, "claims.one.versus: not for the rule order"),
    (ORDERED | {"runs": ["gan", "gam"]}, "claims.one.runs.1: equilibrium has no run 'gam'"),
    (ORDERED | {"runs": ["gan", "gan"]}, "claims.one: compares a run with itself"),
    (ORDERED | {"runs": ["gan"]}, "claims.one.runs: "),
    (without(ORDERED, "runs"), "claims.one.runs: missing"),
    (MEASURED | {"corrections": ["5"]}, "claims.one.corrections.0: "),
    (without(MEASURED, "reason"), "claims.one.reason: missing"),
    (without(MEASURED, "claim"), "claims.one.claim: missing"),
    (without(MEASURED, "arguments"), "claims.one.arguments: missing"),
    (without(MEASURED, "id"), r"claims.0.id: missing"),
    (MEASURED | {"id": "One claim"}, "claims.One claim.id: "),
    (MEASURED | {"documents": []}, "claims.one.documents: "),
    (MEASURED | {"documents": ["36"]}, "claims.one.documents.0: "),
    (MEASURED | {"test": PROVED["test"]}, "claims.one.test: not for the rule bound"),
    (PROVED | {"run": "gan"}, "claims.two.run: not for the rule theorem"),
    (without(PROVED, "test"), "claims.two.test: missing"),
    (PROVED | {"test": "tests/theory/test_some.py"}, "claims.two.test: "),
    (PROVED | {"test": "../elsewhere.py::test_it"}, "claims.two.test: "),
    (MEASURED | {"arguments": {"side": "below"}}, f"{ARGUMENTS}.threshold: missing"),
    (MEASURED | {"arguments": [1]}, f"{ARGUMENTS}: must be a mapping"),
    (
        MEASURED | {"arguments": {"side": "under", "threshold": 1}},
        f"{ARGUMENTS}.side: .*'below' or 'above', not \"under\"",
    ),
    (
        MEASURED | {"arguments": {"side": "below", "threshold": "1e-3"}},
        f'{ARGUMENTS}.threshold: .* number, not "1e-3"',
    ),
    (
        MEASURED | {"arguments": {"side": "below", "threshold": float("nan")}},
        f"{ARGUMENTS}.threshold: .*finite",
    ),
    (
        MEASURED | {"arguments": {"side": "below", "threshold": 1, "treshold": 2}},
        f"{ARGUMENTS}.treshold: no such field; .*mean 'threshold'",
    ),
]


@pytest.mark.parametrize(("claim", "line"), WRONG, ids=[line for _, line in WRONG])
def test_a_problem_is_one_line_that_names_it(read, claim, line):
    with pytest.raises(StudyError, match=f"claims.yaml: {line}") as refused:
        read(claim)
    assert refused.value.code == USAGE
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"", "must be a mapping"),
        (b"- 1\n", "must be a mapping"),
        (b"error: 0.05\nclaims: [1]\n", "claims.0: must be a mapping"),
        (b"error: 0.05\n", "claims: missing"),
        (b"error: 0.6\nclaims: [{id: one}]\n", "error: .*less than 0.5"),
        (b"error: 0.05\nerror: 0.05\n", "claims.yaml:2: "),
        (b"error: [\n", "claims.yaml:"),
        (b"error: \xff\n", "not UTF-8 at byte 7"),
    ],
)
def test_what_is_no_ledger_is_refused(read, text, line):
    with pytest.raises(StudyError, match=line) as refused:
        read(text=text)
    assert "\n" not in str(refused.value)


def test_every_problem_is_told(read):
    with pytest.raises(StudyError) as refused:
        read(MEASURED | {"run": "gam"}, PROVED | {"rule": "theorm"}, MEASURED)
    lines = str(refused.value).splitlines()
    assert len(lines) == 3
    assert "claims.one: 2 claims have this id" in lines[2]


def test_an_absent_ledger_is_named(tmp_path):
    with pytest.raises(StudyError, match=r"claims\.yaml: no such file"):
        ledger.read(tmp_path / "claims.yaml", EXPERIMENTS)


def rules():
    """The rules of this study's own claims, by id."""
    content = YAML(typ="safe", pure=True).load(Path("claims.yaml").read_text(encoding="utf-8"))
    kinds = {"equivalence": equivalence, "bound": bound, "binomial": binomial, "order": order}
    return {
        c["id"]: kinds[c["rule"]].Rule(**c["arguments"])
        for c in content["claims"]
        if c["rule"] != "theorem"
    }


def test_the_target_of_the_value_is_minus_log_four():
    assert rules()["value-at-the-end"].target == pytest.approx(-math.log(4), rel=1e-15)


def test_the_margins_are_those_of_a_shift_by_a_fifth_of_a_standard_deviation():
    """By quadrature, with the best discriminator D = p / (p + q) between N(0, 1) and N(0.2, 1)."""
    p, q = stats.norm(0, 1).pdf, stats.norm(0.2, 1).pdf

    def value(x):
        both = p(x) + q(x)
        return p(x) * math.log(p(x) / both) + q(x) * math.log(q(x) / both)

    def distance(x):
        return abs(p(x) / (p(x) + q(x)) - 0.5) * (p(x) + q(x)) / 2

    v, d = (integrate.quad(f, -9, 9, points=[0.1])[0] for f in (value, distance))
    assert rules()["value-at-the-end"].margin == pytest.approx(v + math.log(4), abs=1e-4)
    assert rules()["discriminator-at-the-end"].threshold == pytest.approx(d, abs=3e-4)
