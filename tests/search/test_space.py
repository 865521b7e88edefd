"""space.yaml: what may be drawn, and what a draw is."""

from copy import deepcopy

import numpy as np
import pytest
from scipy import stats

from pipeline.search import space as spaces
from pipeline.search.draws import draws, point
from pipeline.search.space import Range
from pipeline.stages.draw import text
from pipeline.study.errors import StudyError
from tests.search.toy import SPACE

RING = "searches.ring-r1"


def read(tmp_path, content):
    (tmp_path / "space.yaml").write_text(text(content), encoding="utf-8")
    return spaces.read(tmp_path / "space.yaml")


def changed(key, value):
    content = deepcopy(SPACE)
    *path, last = key.split("/")
    block = content["searches"]["ring-r1"]
    for part in path:
        block = block[int(part) if part.isdigit() else part]
    block[last] = value
    return content


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("space/arguments.k", {"choice": [1, 5]}, "space.arguments.k: is one for all replicas"),
        (
            "space/train.samples",
            {"choice": [8, 16]},
            "space.train.samples: is one for all replicas",
        ),
        ("space/train.players.generator.eps", {"log": [1e-9, 1e-7]}, "is one for all replicas"),
        (
            "train",
            {"players": {"generator": {"decay": 0.9}}},
            "train.players.generator.decay: hangs on the round",
        ),
        ("space/arguments.gama", {"log": [1e-3, 1.0]}, "space.arguments.gama: no such field"),
        ("space/train.optimizer.eps", {"log": [1e-9, 1e-7]}, "is one for all replicas of a run"),
        ("space/train.players.generator.eps", {"log": [1e-9, 1e-7]}, "is one for all"),
        ("space/arguments.gamma", {"log": [1.0, 0.1]}, "the ends of a range rise"),
        ("space/arguments.gamma", {"log": [0.0, 0.1]}, "those of log are positive"),
        ("space/arguments.gamma", {"log": [0.1, 1.0], "choice": [1]}, "a range is one of"),
        ("space/arguments.gama", {"log": [1e-3, 1.0]}, "did you mean 'gamma'?"),
        ("model", "r2_gan", "model: 'r2_gan' is unknown; allowed: "),
        ("model", "r2_gan", "did you mean 'r1_gan'?"),
        ("train", {"rounds": 3}, "train.rounds: `rounds` of the search says it"),
        ("train", {"optimizer": {"decay": 0.9}}, "train.optimizer.decay: hangs on the round"),
        ("structures/0/arguments", {"gamma": 1.0}, "structures.0.arguments.gamma: is drawn"),
        ("setting", {"arguments": {"width": 4}}, "a search has structures and space, or one"),
        ("structures", [], "a search has structures and space, or one setting"),
        ("space", {}, "a search has structures and space, or one setting"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(tmp_path, key, value, line):
    with pytest.raises(StudyError, match=RING) as told:
        read(tmp_path, changed(key, value))
    assert line in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_draws_are_dealt_evenly_and_papers_count(tmp_path):
    """Sixteen in all; the structures' numbers of draws differ by one at most."""
    found = draws(read(tmp_path, SPACE), "ring-r1")
    assert [draw.number for draw in found] == list(range(16))
    assert [draw.source for draw in found if draw.source] == ["Mescheder 2018"]
    drawn = [draw.run for draw in found if not draw.source]
    counts = [drawn.count(run) for run in set(drawn)]
    assert sum(counts) == 15
    assert max(counts) - min(counts) <= 1


def test_a_paper_joins_the_run_of_its_structure(tmp_path):
    found = draws(read(tmp_path, SPACE), "ring-r1")
    assert found[0].run == found[1].run
    assert found[0].structure == found[1].structure
    assert found[0].own["arguments.gamma"] == 10.0


def test_more_never_changes_what_there_is(tmp_path):
    """A further search, draw or number leaves all other draws as they are."""
    before = draws(read(tmp_path, SPACE), "ring-r1")
    more = changed("space/train.optimizer.final", {"log": [0.01, 1.0]})
    more["draws"] = 20
    more["searches"]["another"] = more["searches"]["ring-r1"]
    after = draws(read(tmp_path, more), "ring-r1")
    assert len(after) == 20
    for one, two in zip(before[1:], after[1:16], strict=True):
        assert one.own == {key: two.own[key] for key in one.own}
    others = draws(read(tmp_path, more), "another")
    assert all(one.own != two.own for one, two in zip(others[1:], after[1:], strict=True))


@pytest.mark.parametrize(
    ("block", "scale"),
    [
        ({"log": (1e-4, 1e-1)}, lambda x: (np.log10(x) + 4) / 3),
        ({"linear": (2.0, 6.0)}, lambda x: (x - 2) / 4),
    ],
)
def test_a_number_is_uniform_on_its_scale(block, scale):
    """Kolmogorov and Smirnov's distance of a thousand points from the uniform distribution."""
    u = np.random.default_rng(0).random(1000)
    found = scale(np.array([point(Range(**block), x) for x in u]))
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_a_choice_is_as_likely_as_another():
    counts = [[point(Range(choice=list("abc")), u) for u in np.arange(0, 1, 0.01)].count(c)
              for c in "abc"]  # fmt: skip
    assert max(counts) - min(counts) <= 1
