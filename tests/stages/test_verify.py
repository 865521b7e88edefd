"""A repetition is told run by run: equal bytes, inside the intervals for new seeds, or neither."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest

from pipeline.results import schema
from pipeline.stages import verify
from pipeline.study.errors import StudyError
from tests.results import made

PUBLISHED = {"value.game": [1.0, 1.1, 0.9, 1.2, 1.0, 0.8, 1.1, 0.9, 1.0, 1.05]}


def run(values=None, seeds=range(10), **changes):
    return made.measured(made.record(seeds, **changes), values or PUBLISHED)


def reached(now, then=None):
    ((_, level, outside, _),) = verify.compared(
        {"ring": {} if now is None else {"gan": now}}, {"ring": {"gan": then or run()}}
    )
    return level, outside


def test_equal_values_are_equal_bytes():
    assert reached(run()) == ("equal bytes", [])
    nudged = PUBLISHED["value.game"].copy()
    nudged[3] = np.nextafter(nudged[3], 2)
    assert reached(run({"value.game": nudged}))[0] == "inside the prediction intervals"


def test_other_seeds_of_other_code_land_inside_and_a_shift_does_not():
    fresh = [1.02, 0.97, 1.1, 0.88, 1.0]
    other = run({"value.game": fresh}, seeds=range(300, 305), fingerprint="f" * 16)
    assert reached(other) == ("inside the prediction intervals", [])
    shifted = run({"value.game": [x + 0.3 for x in fresh]}, seeds=range(300, 305))
    assert reached(shifted) == ("neither", ["value.game"])


def test_one_new_seed_has_a_wider_interval_than_ten():
    assert reached(run({"value.game": [1.3]}, seeds=[300]))[0] == "inside the prediction intervals"
    ten = np.array(PUBLISHED["value.game"]) + 0.3
    assert reached(run({"value.game": ten.tolist()}))[0] == "neither"


def test_values_of_a_share_are_held_to_the_counts():
    def some(ones):
        share = made.metric([1.0] * ones + [0.0] * (10 - ones), share=True)
        return run({"coverage.all_modes": share})

    assert reached(some(6), some(9))[0] == "inside the prediction intervals"
    assert reached(some(1), some(9)) == ("neither", ["coverage.all_modes"])


def test_another_run_is_not_compared():
    assert reached(run(arguments={"latent": 3})) == ("another run now", [])
    assert reached(replace(run(), draws=5)) == ("another run now", [])
    assert reached(None) == ("not measured here", [])


def test_it_reads_a_folder_or_git(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    measured = schema.Measurements("ring", {"gan": run()})
    schema.write("reports/metrics/ring.json", measured)
    schema.write("other/metrics/ring.json", measured)
    verify.main("other")
    assert capsys.readouterr().out.splitlines() == [
        "equal bytes                      ring/gan",
        "1 equal bytes",
    ]
    with pytest.raises(StudyError, match="reports/metrics: "):
        verify.main()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    schema.write(
        "reports/metrics/ring.json",
        schema.Measurements("ring", {"gan": run({"value.game": [5.0] * 10})}),
    )
    verify.main()
    assert capsys.readouterr().out.splitlines() == [
        "neither                          ring/gan: value.game",
        "1 neither",
        "By chance alone 0.01 metrics of these runs lie outside on the average.",
    ]


def test_a_folder_without_reports_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError, match="nowhere: no metrics"):
        verify.main("nowhere")
