"""What would crash after the training, or mean nothing, is one line before it."""

import pytest

from pipeline.results.files import write_text
from pipeline.stages import check, ledger, sizes
from pipeline.study.errors import StudyError
from tests import tiny

GAN = {"latent": 2, "width": 4}
DCGAN = {"data": "digits", "model": "dcgan", "arguments": {"latent": 2, "width": 2, "depth": 3}}
CODER = {"model": "autoencoder", "arguments": {"latent": 1, "width": 4, "network": "mlp"}}


def study(folder, toy=(), data=(), **runs):
    """A study of these runs, with keys of its experiment and blocks of its data changed."""
    params = tiny.params(**runs)
    params["experiments"]["toy"] |= dict(toy)
    params["data"] |= {"digits": {}} | dict(data)
    tiny.write(folder, params)
    return check.study()


def refused(folder, **asked):
    with pytest.raises(StudyError) as told:
        study(folder, **asked)
    return str(told.value).splitlines()


@pytest.mark.parametrize(
    ("toy", "line"),
    [
        ({"best_of": {"metric": "coverage.modez", "groups": ["gan"]}},
         "toy.best_of.metric: coverage has no 'modez'; allowed: "),
        ({"best_of": {"metric": "coverage.divergence_by_round", "groups": ["gan"]}},
         "toy.best_of.metric: coverage has no 'divergence_by_round'"),
        ({"converged": {"metric": "coverage.divergence", "margin": 0.1}},
         "toy.converged.metric: coverage has no 'divergence'; allowed: "),
        ({"converged": {"metric": "coverage.lots_by_round", "margin": 0.1}},
         "did you mean 'lost_by_round'?"),
    ],
)  # fmt: skip
def test_a_value_that_its_metric_does_not_give_is_refused(folder, toy, line):
    (told,) = refused(folder, toy=toy, gan_1={})
    assert line in told


def test_a_value_that_its_metric_gives_is_not(folder):
    study(
        folder,
        toy={
            "best_of": {"metric": "coverage.divergence_average", "groups": ["gan"]},
            "converged": {"metric": "coverage.lost_by_round", "margin": 0.1},
        },
        gan_1={},
    )


@pytest.mark.parametrize(("validation", "split"), [(5, "test"), (2, "validation")])
def test_a_metric_says_how_many_examples_it_needs(folder, validation, split):
    """Also where a search measures on validation data in place of test data."""
    (told,) = refused(
        folder,
        toy={"metrics": ["prdc"], "split": split},
        data={"ring": {"train": 64, "validation": validation, "test": 32}},
        gan={},
    )
    assert "metric prdc needs 6 validation examples at least, and these data have" in told


def test_a_batch_is_no_larger_than_the_data(folder):
    (told,) = refused(folder, gan={"train": {"batch": 65}})
    assert "gan.train.batch: 65 is more than the 64 training examples of ring" in told


def test_a_metric_over_snapshots_needs_as_many_rounds(folder):
    (told,) = refused(
        folder,
        toy={"metrics": ["arrival"]},
        gan={"train": {"rounds": 1, "snapshots": 2}},
    )
    assert "gan.train.rounds: metric arrival needs 2 at least" in told


@pytest.mark.parametrize(
    ("run", "line"),
    [
        ({"model": "vae", "arguments": GAN | {"likelihood": "bernoulli"}},
         "gan.data: vae reads grey levels as probabilities, and ring has none"),
        ({"model": "augmented_flow", "arguments": GAN},
         "gan.data: augmented_flow reads grey levels as probabilities, and ring has none"),
        ({"model": "pix2pix", "arguments": {"width": 4}, "data": "digits"},
         "gan.data: pix2pix needs data with partners, which digits has not"),
    ],
)  # fmt: skip
def test_a_model_that_is_not_made_for_its_data_is_refused(folder, run, line):
    told = refused(folder, toy={"metrics": ["memorisation"]}, gan=run)
    assert any(line in t for t in told)


@pytest.mark.parametrize(
    ("figure", "test", "line"),
    [
        ("traversal", 32, "toy.figures: traversal shows images, and no data set here has them"),
        ("interpolation", 5, "toy.figures: interpolation needs 6 test images at least, and there"),
    ],
)
def test_a_figure_that_nothing_can_be_shown_in_is_refused(folder, figure, test, line):
    toy = {"metrics": ["reconstruction"], "figures": [figure]}
    told = refused(
        folder, toy=toy, data={"ring": {"train": 64, "validation": 16, "test": test}}, gan=CODER
    )
    assert any(line in t for t in told)


def fits(folder, **run):
    sizes.check(study(folder, toy={"metrics": ["memorisation"]}, gan=run), ["toy"])


@pytest.mark.parametrize(("batch", "depth", "works"), [(1, 3, False), (2, 3, True), (1, 2, True)])
def test_batch_norm_over_a_single_number_is_refused(folder, batch, depth, works):
    """8 x 8 halved three times is one place: with one example a channel is one number, and the
    normalised one is 0 whatever z is."""
    arguments = DCGAN["arguments"] | {"depth": depth}
    run = DCGAN | {"arguments": arguments, "train": {"batch": batch, "rounds": 40}}
    if works:
        fits(folder, **run)
        return
    with pytest.raises(StudyError, match=r"gan.train.batch: BatchNorm over a single number"):
        fits(folder, **run)


def test_networks_that_no_memory_holds_are_refused_without_being_made(folder):
    with pytest.raises(StudyError, match=r"2 replicas of .* parameters need [\d.]+ GiB .* width"):
        fits(folder, arguments={"latent": 2, "width": 10_000_000})
    with pytest.raises(StudyError, match=r"width"):
        fits(folder, **DCGAN | {"arguments": {"latent": 2, "width": 1_000_000}})


CLAIM = """
error: 0.05
claims:
  - id: one
    claim: A sentence.
    documents: [T001]
    statistic: a number
    {}
"""


@pytest.mark.parametrize(
    ("rest", "line"),
    [
        ("rule: theorem\n    test: tests/theory/test_games.py::test_nothing",
         "claims.one.test: tests/theory/test_games.py has no 'test_nothing'; allowed: "),
        ("rule: theorem\n    test: tests/theory/test_no.py::test_a",
         "claims.one.test: tests/theory/test_no.py has no 'test_a'"),
        ("rule: bound\n    experiment: toy\n    run: gan\n    metric: coverage.lots\n"
         "    arguments: { side: above, threshold: 1.0 }\n    reason: r",
         "claims.one.metric: coverage has no 'lots'; "),
    ],
)  # fmt: skip
def test_the_ledger_is_looked_at_before_anything_is_computed(folder, rest, line):
    settings = study(folder, gan={})
    ledger.check(settings)  # there is none, and that is no fault
    write_text("claims.yaml", CLAIM.format(rest))
    with pytest.raises(StudyError) as told:
        ledger.check(settings)
    assert f"claims.yaml: {line}" in str(told.value)
