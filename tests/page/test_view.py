"""The tables of an experiment fit, and share a scale only where values are comparable."""

import re

import pytest

from pipeline.page import view
from pipeline.page.inputs import Control, Finished
from pipeline.results import schema
from tests.results import made


def run(name, values, reference, key="value.game"):
    return several(name, {key: made.metric(values, reference=reference)})


def several(name, metrics):
    record = made.record(range(max(len(m.values) for m in metrics.values()) if metrics else 1))
    return Finished(name, record, made.measured(record, metrics), {}, None)


def dots(cell):
    """Where the dots of a cell stand."""
    return re.findall(r"M([\d.]+)", re.search(r'class="dots" d="([^"]*)"', cell["strip"])[1])


def row(*runs):
    """The cells of the one metric of some runs."""
    (table,) = view.tables("e", runs)
    return table["rows"][0]["cells"]


def test_runs_with_the_same_reference_value_share_a_scale():
    one, other = row(run("a", [1.0, 2.0], 0.0), run("b", [2.0, 3.0], 0.0))
    assert dots(one)[1] == dots(other)[0]


def test_runs_with_other_reference_values_have_scales_of_their_own():
    alone, _ = row(run("a", [1.0, 2.0], 0.0), run("b", [90.0, 99.0], 80.0))
    assert dots(alone) == dots(row(run("a", [1.0, 2.0], 0.0))[0])
    assert not alone["shared"]


def test_where_units_differ_each_number_has_its_own():
    """Of 8 latents, of 64: a head that named one of them would be wrong of the other."""
    alike = [several(n, {"rate.m": made.metric([1.0], unit="of 8")}) for n in "ab"]
    other = several("b", {"rate.m": made.metric([1.0], unit="of 64")})
    (table,), (mixed,) = view.tables("e", alike), view.tables("e", [alike[0], other])
    assert table["rows"][0]["head"]["unit"] == "of 8"
    assert [cell["unit"] for cell in table["rows"][0]["cells"]] == ["", ""]
    assert mixed["rows"][0]["head"]["unit"] == ""
    assert [cell["unit"] for cell in mixed["rows"][0]["cells"]] == ["of 8", "of 64"]


def test_a_run_without_a_metric_has_an_empty_cell():
    cells = row(run("a", [1.0, 2.0], 0.0), several("b", {}))
    assert [bool(cell) for cell in cells] == [True, False]


@pytest.mark.parametrize(("runs", "metrics"), [(1, 15), (4, 9), (5, 9), (16, 1), (13, 8)])
def test_no_table_has_more_columns_than_fit_and_none_loses_a_number(runs, metrics):
    """Few runs stand across, many stand down, and each number stands in one cell."""
    found = {f"value.m{k}": made.metric([float(k)], mean=float(k)) for k in range(metrics)}
    tables = view.tables("e", [several(f"r{i}", found) for i in range(runs)])
    cells = [cell for table in tables for line in table["rows"] for cell in line["cells"]]
    assert max(len(line["cells"]) for table in tables for line in table["rows"]) <= view.ACROSS
    assert sorted(cell["mean"] for cell in cells) == sorted([*range(metrics)] * runs)
    for table in tables:
        assert all(len(line["cells"]) == len(table["heads"]) for line in table["rows"])


@pytest.mark.parametrize("runs", [2, 4, 5, 9])
def test_each_number_stands_under_its_run_beside_its_metric(runs):
    """The run and the metric of a number can be read from it; so can which end it is."""

    def numbers(i, k):
        x = 100.0 * i + k
        return made.metric([x], mean=x, low=x - 0.25, high=x + 0.25, title=f"m{k}", reference=-x)

    found = [several(f"r{i}", {f"v.m{k}": numbers(i, k) for k in range(6)}) for i in range(runs)]
    seen = []
    for table in view.tables("e", found):
        for line in table["rows"]:
            for head, cell in zip(table["heads"], line["cells"], strict=True):
                metric, of = (
                    (line["head"], head) if table["down"] == "metrics" else (head, line["head"])
                )
                x = 100.0 * int(of["link"].removeprefix("e-r")) + int(metric["title"][1:])
                ends = [cell[key] for key in ("mean", "low", "high", "reference")]
                assert ends == [x, x - 0.25, x + 0.25, -x]
                shown = [cell["shown"][key] for key in ("mean", "low", "high")]
                assert [float(text.replace("−", "-")) for text in shown] == ends[:3]
                seen.append(x)
    assert sorted(seen) == [100.0 * i + k for i in range(runs) for k in range(6)]


def test_each_value_of_a_seed_stands_in_its_row_and_column():
    values = {f"v.m{k}": made.metric([10.0 * k + r for r in range(3)]) for k in range(6)}
    found = several("a", values)
    tables = view.every_seed(found)
    rows = [[line["values"] for line in table["rows"]] for table in tables]
    for r in range(3):
        assert [v for part in rows for v, _ in part[r]] == [10.0 * k + r for k in range(6)]
        assert {table["rows"][r]["seed"] for table in tables} == {str(found.seeds[r])}


def test_a_control_stands_among_the_runs_and_links_nowhere():
    control = Control("noise", several("noise", {"value.m": made.metric([1.0])}).measured)
    (table,) = view.tables("e", [several("a", {"value.m": made.metric([1.0])})], [control])
    assert [bool(head["link"]) for head in table["heads"]] == [True, False]


def test_a_share_of_seeds_is_told_as_one():
    values, ends = [1.0, 0.0, 1.0], {"mean": 2 / 3, "low": 0.0943, "high": 0.9916}
    told = view.estimate(made.metric(values, share=True, **ends))
    assert told["share"] == "2 of 3"
    assert (told["shown"]["low"], told["shown"]["high"]) == ("9 %", "99 %")
    assert view.estimate(made.metric(values, **ends))["share"] == ""


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([8.0, 7.0], ["8", "7"]),
        ([-1.17, -1.0421], ["−1.170", "−1.042"]),
        ([2.5, 2.5], ["2.50", "2.50"]),
        ([None, 0.25], ["–", "0.250"]),
        ([None, None], ["–", "–"]),
    ],
)
def test_a_column_of_seeds_is_shown_to_one_place(values, shown):
    (table,) = view.every_seed(run("a", values, None))
    assert [line["values"][0][1] for line in table["rows"]] == shown


def test_where_new_seeds_land_stands_beside_the_mean():
    ends = {"mean": 1.5, "low": 1.0, "high": 2.0}
    new = schema.Prediction(0.25, 2.75, 0.99, 3, True)
    told = view.estimate(made.metric([1.0, 1.5, 2.0], predicted=new, **ends))
    assert "new seeds [0.25, 2.75], 99 %, pooled" in told["predicted"]
    assert view.estimate(made.metric([1.0, 1.5, 2.0], **ends))["predicted"] == ""


def test_the_budget_is_that_of_all_runs():
    told = str(view.budget([run("a", [1.0, 2.0], 0.0), run("b", [1.0, 2.0, 3.0], 0.0)]))
    assert "2 runs, 2–3 seeds each, 2,000 rounds of 128 examples" in told
