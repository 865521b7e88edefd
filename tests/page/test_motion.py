"""The film of the theory: every snapshot once; none without snapshots."""

import re

import pytest

from pipeline.page.inputs import Finished
from pipeline.page.motion import last_still, motion
from tests.page import fabricate
from tests.results import made

NUMBER = r"-?(?:\d+\.?\d*|\.\d+)"


def run(profiles):
    record = made.record()
    return Finished("gan", record, made.measured(record, {}, profiles=profiles), {}, None)


@pytest.fixture
def drawn():
    return motion(run(fabricate.profiles(snapshots=9)))


def steps(svg, kind):
    return re.search(rf'<path class="{kind}" d="([^"]*)"', svg)[1]


@pytest.mark.parametrize("snapshots", range(4, 25))
def test_at_least_four_snapshots_stand_still_from_the_first_to_the_last(snapshots):
    found = motion(run(fabricate.profiles(snapshots=snapshots)))
    rounds = [still["round"] for still in found["stills"]]
    assert 4 <= len(rounds) <= 6
    assert (rounds[0], rounds[-1]) == ("0", found["snapshots"][-1]["round"])


def test_every_snapshot_can_be_held_and_more_than_four_stand_beside_each_other(drawn):
    assert [m["round"] for m in drawn["snapshots"]][:2] == ["0", "250"]
    assert len(drawn["snapshots"]) == 9
    assert len(drawn["stills"]) >= 4
    assert drawn["stills"][-1]["round"] == drawn["snapshots"][-1]["round"] == "2,000"


@pytest.mark.parametrize("kind", ["model", "discriminator", "best", "arrow", "stretch"])
def test_every_snapshot_has_each_line_of_as_many_points(drawn, kind):
    """One after another they are a film: each line is there in each, and none is as before."""
    shown = [steps(m["svg"], kind) for m in drawn["snapshots"]]
    assert len({len(re.findall(NUMBER, s)) for s in shown}) == 1
    assert len(set(shown)) == len(shown)


def test_at_the_end_the_discriminator_is_a_half_and_the_densities_agree(drawn):
    """p_g has become p_data there: one curve, and D* is level; at the start neither is so."""
    first, last = drawn["stills"][0]["svg"], drawn["stills"][-1]["svg"]
    assert steps(last, "data") == steps(last, "model")
    assert steps(first, "data") != steps(first, "model")
    numbers = [float(x) for x in re.findall(NUMBER, steps(last, "best"))]
    assert set(numbers[3::2]) == {0}
    numbers = [float(x) for x in re.findall(NUMBER, steps(first, "best"))]
    assert set(numbers[3::2]) != {0}


def test_a_line_is_drawn_through_what_is_not_defined():
    """Of two densities that agree D* is a half, also between the ends, where neither is there."""
    profiles = fabricate.profiles(snapshots=2)
    for name in ("p_data", "p_g"):
        profiles["motion.densities"].lines[name][1][1:-1] = [0.0] * 99
    whole = motion(run(fabricate.profiles(snapshots=2)))["snapshots"][1]["svg"]
    assert steps(motion(run(profiles))["snapshots"][1]["svg"], "best") == steps(whole, "best")


def test_a_snapshot_with_a_line_that_is_not_finite_is_left_out():
    profiles = fabricate.profiles(snapshots=9)
    profiles["motion.densities"].lines["D"][3] = [None] * 101
    profiles["motion.map"].lines["G(z)"][4] = [None] * 101
    left = motion(run(profiles))
    assert [m["round"] for m in left["snapshots"]][2:4] == ["500", "1,250"]
    assert "nan" not in str(left).lower()


def test_a_generator_that_is_flat_somewhere_is_drawn():
    profiles = fabricate.profiles(snapshots=2)
    profiles["motion.map"].lines["log gradient"][0] = [None] * 101
    assert len(motion(run(profiles))["snapshots"]) == 2


def test_what_never_moves_is_drawn_once(drawn):
    assert 'class="data"' in drawn["ground"]
    assert "<text" in drawn["ground"]
    for over in (drawn["snapshots"][0]["svg"], drawn["snapshots"][3]["svg"]):
        assert 'class="data"' not in over
        assert "<text" not in over
    still = drawn["stills"][-1]["svg"]
    for kind in ("data", "model", "discriminator", "best", "arrow"):
        assert f'class="{kind}"' in still


def test_without_a_map_there_are_no_arrows_and_one_snapshot_is_one_still():
    bare = motion(run(fabricate.profiles(mapped=False)))
    assert not bare["mapped"]
    assert 'class="arrow"' not in bare["snapshots"][0]["svg"]
    alone = motion(run(fabricate.profiles(snapshots=1)))
    assert len(alone["stills"]) == 1


@pytest.mark.parametrize("snapshots", [1, 2, 9])
def test_a_finding_has_the_last_scene_as_it_stands_in_the_film(snapshots):
    """Without the map, for which a card has no room."""
    still = last_still(run(fabricate.profiles(snapshots=snapshots)))
    film = motion(run(fabricate.profiles(snapshots=snapshots, mapped=False)))
    assert still == film["stills"][-1]["svg"]


def test_without_a_scene_a_finding_has_none():
    assert last_still(run({})) is None
    broken = fabricate.profiles(snapshots=1)
    broken["motion.densities"].lines["D"][0] = [None] * 101
    assert last_still(run(broken)) is None


def test_a_run_that_kept_no_densities_moves_nothing():
    assert motion(run({})) is None
    broken = fabricate.profiles(snapshots=1)
    broken["motion.densities"].lines["D"][0] = [None] * 101
    assert motion(run(broken)) is None
