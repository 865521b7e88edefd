"""Curves are read completely, averaged evenly, and drawn with the theoretical optimum."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipeline.page import curves
from pipeline.page.svg import scale
from pipeline.results.curves import read as read_curves
from pipeline.study.errors import DATA, StudyError

ROUNDS = np.arange(0, 48_000, 50)


def constant(value, replicas=3):
    return ROUNDS, np.full((replicas, len(ROUNDS)), float(value))


def test_optima_are_those_of_an_undecided_discriminator():
    """At D = 1/2 each loss is, by its own formula, the optimum that is drawn for it."""
    half = np.log(0.5)
    assert_allclose(curves.OPTIMA["discriminator", "minimax"][0], -half - half)
    assert_allclose(curves.OPTIMA["generator", "minimax"][0], half)
    assert_allclose(curves.OPTIMA["generator", "non_saturating"][0], -half)
    for value, words in curves.OPTIMA.values():
        stated = re.search(r"= ([−\d.]+)", words)[1].replace("−", "-")
        assert_allclose(float(stated), value, atol=5e-4)


def test_a_game_is_evenly_spaced_and_minimisation_log_spaced():
    game = {("discriminator", "minimax"): constant(1), ("generator", "minimax"): constant(2)}
    alone = {("autoencoder", "reconstruction"): constant(3), ("autoencoder", "kl"): constant(4)}
    assert [p.spaced for p in curves.panels(game)] == ["linear", "linear"]
    assert [p.spaced for p in curves.panels(alone)] == ["log"] * 3


def test_terms_of_one_player_are_also_summed():
    alone = {("autoencoder", "reconstruction"): constant(3), ("autoencoder", "kl"): constant(4)}
    total, *terms = curves.panels(alone)
    assert total.title == "autoencoder: total loss"
    assert_allclose(total.values, 7)
    assert [p.title for p in terms] == ["autoencoder: reconstruction", "autoencoder: KL"]


@pytest.mark.parametrize("players", [["alone"], ["one", "other"]], ids=["log", "linear"])
def test_a_point_is_the_mean_of_neighbouring_rounds(players):
    """Where a curve is a multiple of the round, so is the mean of any rounds, for each replica."""
    gradients = np.array([1.0, -2.0, 0.5])
    values = np.outer(gradients, np.maximum(ROUNDS, 1))
    panel = curves.panels({(player, "term"): (ROUNDS, values) for player in players})[0]
    assert 50 < len(panel.rounds) <= curves.POINTS
    assert (np.diff(panel.rounds) > 0).all()
    assert_allclose(panel.values, np.outer(gradients, panel.rounds))
    assert panel.rounds[-1] > ROUNDS[-1] - 50 * panel.averaged


def test_a_replica_that_breaks_is_counted_and_left_out_of_the_mean():
    values = np.array([[1.0, 1.0], [3.0, np.nan]])
    panel = curves.panels({("a", "b"): (np.array([0, 50]), values)})[0]
    assert panel.broken == 1
    assert_allclose(panel.mean, [2, 1])


def test_one_spike_does_not_flatten_the_rest():
    values = np.random.default_rng(0).uniform(0, 1, (3, len(ROUNDS)))
    values[0, 7] = 1e6
    panel = curves.panels({("a", "b"): (ROUNDS[:150], values[:, :150])})[0]
    assert panel.limits[1] < 2


def test_the_optimum_is_drawn_at_its_height():
    panel = curves.panels({("generator", "non_saturating"): constant(2), ("d", "e"): constant(1)})[
        0
    ]
    drawn = curves.picture(panel)
    up = scale(*panel.limits, curves.BOTTOM, curves.TOP)
    assert f'y1="{up(np.log(2)):.1f}"' in re.search(r'<line class="reference"[^>]*>', drawn)[0]
    assert "optimum log 2 = 0.693" in drawn


@pytest.mark.parametrize("value", [-5.0, 9.0])
def test_the_optimum_is_within_the_drawing_wherever_the_curve_is(value):
    """log 2 = 0.69, above the curve and below it; and the curve is there too."""
    low, high = curves.panels({("generator", "non_saturating"): constant(value)})[0].limits
    assert low < min(np.log(2), value)
    assert max(np.log(2), value) < high


def write(path, *rows):
    path.write_text("\n".join(["round,player,term,replica,value", *rows]) + "\n")
    return path


def test_curves_are_read_by_term_and_replica(tmp_path):
    rows = ["0,d,m,1,2.5", "0,d,m,0,1.5", "50,d,m,0,-1e-3", "50,d,m,1,nan"]
    read = read_curves(write(tmp_path / "curves.csv", *rows), 2)
    rounds, values = read["d", "m"]
    assert rounds.tolist() == [0, 50]
    assert_allclose(values, [[1.5, -1e-3], [2.5, np.nan]])


@pytest.mark.parametrize(
    "rows",
    [["0,d,m,0,1.0"], ["0,d,m,0,1.0", "0,d,m,2,1.0"], ["0,d,m,0,one", "0,d,m,1,1"], ["0,d,m,0"]],
    ids=["a replica short", "a replica too many", "no number", "half a line"],
)
def test_damaged_curves_are_refused(tmp_path, rows):
    with pytest.raises(StudyError, match=r"curves\.csv: not the curves of 2 replicas") as told:
        read_curves(write(tmp_path / "curves.csv", *rows), 2)
    assert told.value.code == DATA


def test_an_empty_file_is_no_curves(tmp_path):
    (tmp_path / "curves.csv").write_text("")
    with pytest.raises(StudyError, match="not the curves"):
        read_curves(tmp_path / "curves.csv", 2)
