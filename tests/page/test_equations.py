"""The game of every model is read from its file, without loading it."""

import pytest

from pipeline import models
from pipeline.page import equations


@pytest.mark.parametrize("name", models.names())
def test_every_model_states_its_game(name):
    game = equations.game(name)
    assert game.title
    assert game.lines
    assert any(line.formula for line in game.lines)


def test_players_formulas_and_files_are_told_apart():
    first, second, third = equations.game("gan").lines
    assert (first.who, first.files) == ("discriminator", "minimax")
    assert str(first.formula).startswith("min<sub>D</sub> E<sub>x</sub>[−log D(x)]")
    assert (second.who, second.files) == ("generator", "non_saturating")
    assert third.who == "or"
    (paper, *_) = equations.game("gan").cited
    assert paper.startswith('Goodfellow et al., "Generative Adversarial Nets" (2014)')


def test_a_line_that_goes_on_has_no_name():
    lines = equations.game("vae").lines
    assert [line.who for line in lines[:2]] == ["player", ""]
    assert "β KL( N(m, exp(v)) ‖ N(0, I) )" in str(lines[1].formula)


@pytest.mark.parametrize("row", ["so that  x = y", "sampler  x = y  minimax", "x = y"])
def test_a_line_that_is_far_in_goes_on_whatever_it_begins_with(row):
    near, far = (equations._line(" " * indent + row) for indent in (4, 16))
    assert far.who == ""
    assert str(far.formula).endswith("x = y")
    assert far.files == near.files == ("minimax" if "minimax" in row else "")
    assert near.who == row.partition("  ")[0] or near == far


def test_each_model_comes_once_in_the_order_of_the_runs():
    found = equations.games(["vae", "gan", "vae"])
    assert [game.model for game in found] == ["vae", "gan"]


def test_formulas_are_not_markup():
    assert equations.formula("a < b") == "a &lt; b"
