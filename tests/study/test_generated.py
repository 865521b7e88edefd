"""A generated params.yaml is accepted or refused in lines that name it, never in a traceback."""

from tests import generated

COUNT = 60  # tests/soak.py has ten thousand


def test_a_generated_file_is_accepted_or_refused_in_lines(folder):
    found = [generated.outcome(seed, run=False) for seed in range(COUNT)]
    assert {"refused", "accepted"} == set(found)
