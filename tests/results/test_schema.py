"""A result file conforms to its class, or is refused in one line with file and key."""

import json
import math
from dataclasses import replace

import pytest

from pipeline.results import schema
from pipeline.results.files import read_json, write_json
from pipeline.study.errors import DATA, StudyError
from tests.page.ledger import ledger
from tests.results import made

MEASURED = made.measured(made.RECORD, {"coverage.modes": [8.0, 7.0, None]})
FILES = {
    "run.json": made.RECORD,
    "done.json": schema.Done("f" * 16, {"run.json": schema.File("0" * 64, 12)}),
    "reports/metrics/ring.json": schema.Measurements("ring", {"gan": MEASURED}),
    "reports/claims.json": ledger(),
}
KINDS = [pytest.param(name, content, id=name) for name, content in FILES.items()]


@pytest.mark.parametrize(("name", "content"), KINDS)
def test_what_is_written_is_what_is_read(tmp_path, name, content):
    schema.write(tmp_path / name, content)
    assert schema.read(type(content), tmp_path / name) == content


@pytest.mark.parametrize(("name", "content"), KINDS)
def test_another_version_is_told_from_a_fault(tmp_path, name, content):
    """A newer one names itself; an older one, or one from before versions, is made again."""
    file, ours = tmp_path / name, type(content).format
    told = schema.plain(content)
    write_json(file, told | {"format": ours + 1, "unheard": 1})
    with pytest.raises(StudyError, match=rf"format {ours + 1} is newer .* reads {ours}") as newer:
        schema.read(type(content), file)
    assert (newer.value.code, "\n" in str(newer.value)) == (DATA, False)
    assert not isinstance(newer.value, schema.Outdated)
    for old in ({"format": ours - 1}, {}):
        write_json(file, {k: v for k, v in told.items() if k != "format"} | old)
        with pytest.raises(schema.Outdated, match="run the stage that makes it again"):
            schema.read(type(content), file)


GAN = ["runs", "gan"]
FAULTS = [
    ("run.json", ["model"], None, r"run\.json: model: must be a valid string"),
    ("run.json", ["threads"], "1", r"run\.json: threads: .*integer"),
    ("run.json", ["compiled"], 1, r"run\.json: compiled: .*boolean"),
    ("run.json", ["data", "digest"], "d", r"run\.json: data\.digest: .*pattern"),
    ("run.json", ["data", "shape"], [1.5], r"run\.json: data\.shape\.0: .*integer"),
    ("run.json", ["train", "rounds"], 0, r"run\.json: train\.rounds: .*greater"),
    ("run.json", ["train", "seeds"], ..., r"run\.json: train\.seeds: missing"),
    ("run.json", ["diverged"], [{"seed": 1}], r"diverged\.0\.replica: missing; and 5 more"),
    ("done.json", ["files", "run.json"], "0" * 64, r"done\.json: files\.run\.json: must be"),
    ("done.json", ["files", "run.json", "bytes"], ..., r"run\.json\.bytes: missing"),
    ("reports/metrics/ring.json", [*GAN, "metric"], {}, r"runs\.gan\.metric: unknown"),
    ("reports/metrics/ring.json", [*GAN, "metrics", "modes"], {}, r"metrics\.modes.*pattern"),
    (
        "reports/metrics/ring.json",
        [*GAN, "metrics", "coverage.modes", "values"],
        ["8"],
        r"coverage\.modes\.values\.0: .*number",
    ),
    (
        "reports/metrics/ring.json",
        [*GAN, "metrics", "coverage.modes", "better"],
        "known",
        r"better: must be 'higher', 'lower' or 'reference'",
    ),
    ("reports/claims.json", ["claims", 0, "verdict"], "so so", r"verdict: must be 'holds'"),
    ("reports/claims.json", ["counts"], [1], r"claims\.json: counts: must be a mapping"),
    ("reports/claims.json", [], [1], r"claims\.json: its content: must be a mapping"),
]


@pytest.mark.parametrize(("name", "key", "value", "line"), FAULTS)
def test_a_fault_is_one_line_that_names_file_and_key(tmp_path, name, key, value, line):
    """value: what is put at the key; ... takes it away."""
    content = read = schema.plain(FILES[name])
    for step in key[:-1]:
        read = read[step]
    if not key:
        content = value
    elif value is ...:
        del read[key[-1]]
    else:
        read[key[-1]] = value
    write_json(tmp_path / name, content)
    with pytest.raises(StudyError, match=line) as told:
        schema.read(type(FILES[name]), tmp_path / name)
    assert (told.value.code, "\n" in str(told.value)) == (DATA, False)


def test_what_is_not_finite_is_null_and_stays_so(tmp_path):
    """In every number that may be: a value, its mean, a point of a series or of a profile."""
    metric = made.metric([1.0, math.nan, -math.inf], mean=math.inf)
    series = schema.Series("s", "", [1, 2], [[math.nan, 2.0]], math.nan, "")
    run = replace(MEASURED, metrics={"a.b": metric}, series={"a.c": series})
    schema.write(tmp_path / "m.json", schema.Measurements("ring", {"gan": run}))
    found = read_json(tmp_path / "m.json")["runs"]["gan"]
    assert found["metrics"]["a.b"]["values"] == [1.0, None, None]
    assert found["metrics"]["a.b"]["mean"] is None
    assert found["series"]["a.c"]["values"] == [[None, 2.0]]
    assert "NaN" not in json.dumps(found)
    again = schema.read(schema.Measurements, tmp_path / "m.json").runs["gan"]
    assert again.metrics["a.b"].values == [1.0, None, None]
