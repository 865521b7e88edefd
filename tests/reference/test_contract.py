"""What holds of every function of the oracle, by its record: a few corners of each.

The whole table, functions by corners, is made by `make oracle` and kept in oracle.txt.
"""

import inspect
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from reference import REGISTRY
from tests import oracle
from tests.reference.contract import RECORDS
from tests.reference.record import Record, call, drawn
from tests.reference.trees import mapped

# Those with a Hypothesis strategy have tests of their own (test_records.py).
NAMES = sorted(n for n, r in RECORDS.items() if inspect.isfunction(r.draw))
CORNERS = (*oracle.LAYOUTS, "one NaN", "NaN", "complex", "text", "one zero", "no rows")
# Where a function was wrong once, beside those.
ONCE = {
    "alpha_div": "denormal",
    "anf_onestep": "1e300",
    "chi2_neyman": "NaN",
    "clopper_pearson": "1e-300",
    "contrast": "one 1e300",
    "dirac_update_eigenvalues": "1e300",
    "distance_from_half": "a column",
    "graded": "a column",
    "kl_to_mixture_mc": "1e300",
    "log_density_gradients": "-1e300",
    "new_mean": "one 1e300",
    "student_quantile": "denormal",
    "two_way": "1e300",
    "uniform_information": "empty",
    "uniform_information_gradients": "empty",
    "vae_gradients": "one 1e300",
    "vae_step_trace": "1e300",
    "value_function_samples": "a column",
}
SLOW = (
    "kl_to_mixture_quad",
    "log_density_gradients",
    "vae_gradients",
    "vae_step_trace",
    "algorithm1_trace",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_contract_holds(name):
    """It is what its definition is in many digits, whatever the layout and precision of its
    arguments; it leaves them as they were, warns of nothing, and refuses by the argument's name
    what is no number."""
    corners = ("as drawn", "NaN", "text") if name in SLOW else CORNERS
    _, total, wrong = oracle.row(name, RECORDS[name], corners, 1)
    assert not wrong, wrong[0]
    assert total["right"]


@pytest.mark.parametrize(("name", "corner"), ONCE.items())
def test_what_was_wrong_once_is_not(name, corner):
    _, total, wrong = oracle.row(name, RECORDS[name], (corner,))
    assert not wrong, wrong[0]
    assert total["right"] or total["refused"]


@pytest.mark.parametrize("name", ["metropolis_gap", "mixture_posterior_logits", "sharpness"])
def test_large_numbers_of_both_signs_are_no_trouble(name, monkeypatch):
    signs = {"signs": lambda a: np.where(a < 0, -1e300, 1e300)}
    monkeypatch.setattr(oracle, "CORNERS", oracle.CORNERS | signs)
    _, _, wrong = oracle.row(name, RECORDS[name], ("signs",))
    assert not wrong, wrong[0]


@pytest.mark.parametrize("name", [n for n in NAMES if RECORDS[n].batch])
def test_a_batch_is_its_rows(name):
    """Leading axes are examples: each row's value is what it is alone."""
    first, second = drawn(RECORDS[name], 2)
    alone = [call(name, arguments) for arguments in (first, second)]
    stacked = [np.stack(pair) for pair in zip(first, second, strict=True)]
    for k, together in enumerate(call(name, stacked)):
        for i in range(2):
            assert_allclose(together[i], alone[i][k], rtol=4e-15, atol=1e-300)


@pytest.mark.parametrize("name", [n for n in NAMES if RECORDS[n].bad])
def test_bad_arguments_are_refused_by_name(name):
    for arguments, error in RECORDS[name].bad:
        with pytest.raises(error) as caught:
            call(name, arguments)
        assert caught.type is error
        words = "|".join(inspect.signature(REGISTRY[name]).parameters)
        assert re.search(rf"\b({words})\b", str(caught.value)), arguments


def test_every_function_has_a_record():
    held = {REGISTRY[name] for name in RECORDS}
    assert [k for k, f in REGISTRY.items() if f not in held] == []


def test_the_table_is_of_these_functions_and_nothing_in_it_is_wrong():
    rows = oracle.table()
    assert set(rows) == set(RECORDS)
    assert not [name for name, marks in rows.items() if "W" in marks]


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("another value", lambda x: x + 1),
        ("a few digits lost", lambda x: x * (1 + 1e-9)),
        ("not a number", lambda x: x + float("nan")),
    ],
)
def test_the_table_would_show(what, value, monkeypatch):
    """What is not what the definition is, is wrong; what is not a number, too."""
    plain = REGISTRY["sgd_step"]
    record: Record = RECORDS["sgd_step"]
    monkeypatch.setitem(
        REGISTRY,
        "sgd_step",
        lambda weight, *rest: mapped(plain(weight, *rest), lambda _, a: value(a)),
    )
    _, _, wrong = oracle.row("sgd_step", record, ("as drawn",), 1)
    assert wrong, what


def test_what_never_ends_is_wrong(monkeypatch):
    def endless(weight, *_):
        while True:
            pass

    monkeypatch.setattr(oracle, "SECONDS", 0.05)
    monkeypatch.setitem(REGISTRY, "sgd_step", endless)
    mark, why = oracle.judged("sgd_step", RECORDS["sgd_step"], drawn(RECORDS["sgd_step"], 1)[0])
    assert (mark, "no value" in why) == ("wrong", True)
