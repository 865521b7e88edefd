"""Properties of every function of the oracle, by its record."""

import inspect
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from reference import REGISTRY
from tests.reference import records, records_metrics, records_objectives

RECORDS = records.RECORDS | records_objectives.RECORDS | records_metrics.RECORDS
NAMES = sorted(RECORDS)


def call(name, arguments):
    """The function's value as an array; a warning is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = REGISTRY[name](*arguments)
    return (
        np.stack([np.asarray(v) for v in value]) if isinstance(value, tuple) else np.array(value)
    )


@pytest.mark.parametrize("name", [n for n in NAMES if RECORDS[n].known])
def test_it_is_what_others_compute(name):
    record = RECORDS[name]

    @settings(max_examples=40)
    @given(record.draw)
    def holds(arguments):
        with np.errstate(all="ignore"):
            known = record.known(*arguments)
        assert_allclose(call(name, arguments), known, rtol=record.rtol, atol=record.atol)

    holds()


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [(n, *bad) for n in NAMES for bad in RECORDS[n].bad],
    ids=[f"{n}-{i}" for n in NAMES for i in range(len(RECORDS[n].bad))],
)
def test_bad_arguments_are_refused_by_name(name, arguments, error):
    with pytest.raises(error) as caught:
        REGISTRY[name](*arguments)
    assert caught.type is error
    text = str(caught.value)
    assert "\n" not in text
    parameters = inspect.signature(REGISTRY[name]).parameters
    assert any(re.search(rf"\b{argument}\b", text) for argument in parameters), text


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_read_only_and_calls_repeat(name):
    """No byte of an argument changes, a second call is equal to the last bit, and so is one
    on the same numbers laid out in another way."""

    @settings(max_examples=12)
    @given(RECORDS[name].draw)
    def holds(arguments):
        frozen = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
        for a in frozen:
            if isinstance(a, np.ndarray):
                a.flags.writeable = False
        first = call(name, frozen)
        assert first.dtype in (np.float64, np.int64)
        assert_array_equal(call(name, frozen), first)
        assert_array_equal(
            [np.asarray(a).tobytes() for a in frozen], [np.asarray(a).tobytes() for a in arguments]
        )
        strided = [
            np.repeat(a, 2, -1)[..., ::2] if isinstance(a, np.ndarray) else a for a in arguments
        ]
        assert_allclose(call(name, strided), first, rtol=1e-15, atol=1e-300)
        backwards = [
            a[..., ::-1].copy()[..., ::-1] if isinstance(a, np.ndarray) else a for a in arguments
        ]
        assert_allclose(call(name, backwards), first, rtol=4e-15, atol=1e-15)

    holds()


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_is_read_exactly(name):
    """A float32 argument gives what the same number in float64 gives."""

    @settings(max_examples=10)
    @given(st.data())
    def holds(data):
        arguments = data.draw(RECORDS[name].draw)
        with np.errstate(all="ignore"):
            narrow = [
                a.astype(np.float32) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a
                for a in arguments
            ]
        wide = [
            a.astype(np.float64) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a
            for a in narrow
        ]
        try:
            known = call(name, wide)
        except ValueError:  # rounding took it out of the domain: then it is out for both
            with pytest.raises(ValueError, match=" must "):
                call(name, narrow)
        else:
            assert_array_equal(call(name, narrow), known)

    holds()


@pytest.mark.parametrize("name", [n for n in NAMES if RECORDS[n].batch])
def test_a_batch_is_its_rows(name):
    """Leading axes are examples: each row's value is what it is alone."""

    @settings(max_examples=10)
    @given(RECORDS[name].draw)
    def holds(arguments):
        rows = [np.atleast_2d(a) for a in arguments]
        stacked = [np.concatenate([a, a[:, ::-1]]) for a in rows]
        together = call(name, stacked)
        for i in range(len(stacked[0])):
            alone = call(name, [a[i] for a in stacked])
            assert_allclose(together[i], alone, rtol=4e-15, atol=1e-300)

    holds()


def test_every_record_names_a_function():
    assert set(NAMES) <= set(REGISTRY)
