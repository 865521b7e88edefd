"""Numbers are rounded to the precision of their interval."""

import pytest

from pipeline.page import words


@pytest.mark.parametrize(
    ("x", "places", "shown"),
    [
        (-1.38629, 3, "−1.386"),
        (-0.0001, 2, "0.00"),
        (15000.0, 0, "15,000"),
        (None, 2, "–"),
        (float("nan"), 2, "–"),
    ],
)
def test_number(x, places, shown):
    assert words.number(x, places) == shown


@pytest.mark.parametrize(
    ("x", "shown"),
    [(8.0, "8"), (0.98889, "0.9889"), (-1.3862944, "−1.386"), (0.0014, "0.0014"), (1e-9, "0")],
)
def test_plain(x, shown):
    assert words.plain(x) == shown


def test_an_interval_keeps_two_figures_of_its_half_width():
    assert words.places_of(-1.3896, -1.3800, -1.3848) == 4
    assert words.places_of(6.06, 7.54, 6.8) == 2
    assert words.places_of(120.0, 180.0, 150.0) == 0


def test_an_estimate_without_interval_keeps_four_figures():
    assert words.places_of(None, None, 0.96789) == 4
    assert words.places_of(None, None, 8.0) == 0


def test_typeset_knows_signs_and_leaves_words_alone():
    shown = words.typeset("-log 4, KL( q || p ), |D - 1/2|, p_g < p_data, non-saturating")
    assert shown == (
        "−log 4, KL( q ‖ p ), |D − ½|, <i>p</i><sub>g</sub> &lt; <i>p</i><sub>data</sub>, "
        "non-saturating"
    )


def test_a_model_says_itself_how_its_name_is_written():
    """Old names and a newer one: none stands in a list."""
    assert words.spoken("wgan_gp beside sn_gan") == "WGAN GP beside SN GAN"
    assert words.spoken("iwae_5") == "IWAE 5"
    assert not {"a", "and", "pac", "mlp"} & words.acronyms()


def test_names_are_spoken_wherever_they_stand():
    assert words.spoken("vae_10") == "VAE 10"
    assert words.spoken("One latent of vae_bernoulli, linear") == (
        "One latent of VAE bernoulli, linear"
    )


def test_settings_are_flat():
    block = {"optimizer": {"lr": 0.1, "betas": [0.5, 0.9]}, "decay": None}
    assert list(words.settings(block)) == [
        ("optimizer.lr", "0.1"),
        ("optimizer.betas", "0.5, 0.9"),
        ("decay", "none"),
    ]
