"""A run with fewer rounds than its paper's is known as one, whichever block states them."""

import pytest

from pipeline.study import budgets, inheritance, papers, yaml


@pytest.mark.parametrize(
    ("budget", "rounds", "found"),
    [
        ("cpu", {"cpu": 10, "paper": 400}, {"a/gan": 400}),
        ("cpu", {"cpu": 400, "paper": 400}, {}),
        ("paper", {"cpu": 10, "paper": 400}, {}),
        ("taste", {"cpu": 10, "paper": 400}, {"a/gan": 400}),
        ("cpu", {"taste": 2, "cpu": 10}, {}),
        ("cpu", 10, {}),
    ],
)
def test_of_a_run_that_has_fewer_rounds_the_paper_s_are_told(budget, rounds, found):
    run = {"data": "ring", "model": "gan", "train": {"rounds": rounds}}
    content = {"budget": budget, "experiments": {"a": {"runs": {"gan": run}}}}
    assert papers.more(content) == found
    assert papers.more({"experiments": {"a": {"runs": {"gan": {}}}}}) == {}


def test_every_run_of_mnist_is_short_of_its_paper_and_at_its_budget_none_is():
    content = yaml.read("mnist/params.yaml", ["experiments"])
    inheritance.resolve(content)
    names = {f"{e}/{r}" for e, x in content["experiments"].items() for r in x["runs"]}
    assert papers.more(content).keys() == names
    assert not papers.more(content | {"budget": "paper"})
    assert budgets.of(content) == "cpu"
