"""The longest training is begun first."""

import pytest

from pipeline.execution import lengths, scheduler, times, units
from pipeline.results.files import write_json
from pipeline.stages import check
from tests import tiny


@pytest.fixture
def found(folder):
    """Units by name: `gan`, and others of more rounds, of more weights, of more steps."""
    more = {
        "rounds": {"train": {"rounds": 80}},
        "wide": {"arguments": {"latent": 2, "width": 400}},
        "steps": {"arguments": {"latent": 2, "width": 4, "k": 5}},
    }
    tiny.write(folder, tiny.params(gan={}, **more))
    return {u.name: u for u in units.units(check.study(), "toy")}


def test_the_arithmetic_of_a_training(found):
    """Weights of the generator 2-4-4-2 and of the discriminator 2-4-4-1: 42 + 37; two steps."""
    expected = 40 * 2 * lengths.SECOND * 8 * 2 * (42 + 37 + lengths.LEAST)
    assert lengths.seconds(found["gan"], {}) == pytest.approx(expected)
    assert lengths.seconds(found["rounds"], {}) == pytest.approx(2 * expected)
    assert lengths.seconds(found["steps"], {}) == pytest.approx(3 * expected)
    # 400 wide: 2·400 + 400 + 400² + 400 + 800 + 2 and 2·400 + 400 + 400² + 400 + 400 + 1 weights.
    weights = 162402 + 162001
    ratio = (weights + lengths.LEAST) / (42 + 37 + lengths.LEAST)
    assert lengths.seconds(found["wide"], {}) == pytest.approx(ratio * expected)


def test_what_a_run_took_counts_more_than_its_arithmetic(found):
    """160 s for 80 rounds of two replicas is a second each, whatever the arithmetic says."""
    write_json(found["rounds"].folder / "seconds.json", {"seconds": 160.0})
    lengths.note(found["rounds"])
    lengths.note(found["gan"])  # of which nothing is known
    assert lengths.paces() == {"toy.rounds": 1.0}
    assert lengths.seconds(found["rounds"], lengths.paces()) == 160.0
    order = scheduler.longest_first(list(found.values()))
    assert [u.name for u in order] == ["rounds", "wide", "steps", "gan"]


@pytest.mark.parametrize("damage", [b"", b"[1]", b'{"toy.gan": "x"}', b'{"toy.gan": null}'])
def test_a_damaged_file_of_paces_is_no_fault(found, damage):
    lengths.file().parent.mkdir(exist_ok=True)
    lengths.file().write_bytes(damage)
    assert lengths.paces() == {}
    assert times.training_seconds(found["gan"].folder) is None
