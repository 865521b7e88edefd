"""params.yaml: an error is one line with file, key, what is allowed and the nearest name."""

import copy
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline.stages import check
from pipeline.study import reader
from pipeline.study.errors import USAGE, StudyError

GOOD = YAML(typ="safe", pure=True).load(Path(reader.FILE).read_text(encoding="utf-8"))
for name in set(GOOD["experiments"]) - {
    "classifier",
    "equilibrium",
    "ring",
    "digits",
    "likelihood",
}:
    del GOOD["experiments"][name]  # a file of five experiments is read in a tenth of the time
GOOD["experiments"]["ring"] = {  # sixteen runs, which share what stands above them
    "question": "Which of them?",
    "metrics": ["coverage", "c2st"],
    "train": {"optimizer": {"name": "adam", "lr": 1e-3}},
    "data": "ring",
    "arguments": {"latent": 2, "width": 64},
    "runs": {"gan": {"model": "gan"}}
    | {f"gan_{k}": {"model": "lsgan" if k % 2 else "gan"} for k in range(2, 17)},
}
GONE = "<taken away>"
RING = "experiments.ring.runs.gan"
BY = "evaluation_classifier"


def changed(key, value):
    """params.yaml with one key set, or taken away."""
    content = copy.deepcopy(GOOD)
    *path, last = key.split(".")
    block = content
    for part in path:
        block = block.setdefault(part, {}) if part in ("train", "arguments") else block[part]
    if value is GONE:
        del block[last]
    else:
        block[last] = value
    return content


def problems(tmp_path, content):
    """The lines that `read` tells of a content, or of a text."""
    file = tmp_path / "params.yaml"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        with open(file, "w", encoding="utf-8") as text:
            YAML().dump(content, text)
    with pytest.raises(StudyError) as told:
        check.study(file)
    assert told.value.code == USAGE
    assert str(file) in str(told.value)
    return str(told.value).replace(str(file), "params.yaml").splitlines()


def test_the_file_of_this_study_is_valid():
    assert check.study().experiments


FAULTS = [
    ("devise", "cpu", r"devise: unknown; allowed: .*; did you mean 'device'\?"),
    ("device", "gpu", r"device: .*pattern"),
    ("device", GONE, r"device: missing"),
    ("threads", 0, r"threads: .*greater than or equal to 1, not 0"),
    ("threads", 1.5, r"threads: .*integer"),
    ("threads", True, r"threads: .*integer"),
    ("processes", -1, r"processes: .*greater than or equal to 0"),
    ("checkpoint_seconds", float("nan"), r"checkpoint_seconds: .*finite number"),
    ("data.rings", {}, r"data.rings: .*allowed: .*; did you mean 'ring'\?"),
    ("data.ring", {"modez": 8}, r"data.ring.modez: .*did you mean 'modes'\?"),
    ("experiments", {}, r"experiments: .*at least 1 item"),
    ("experiments.Ring", GOOD["experiments"]["ring"], r"experiments.Ring.*: .*pattern"),
    ("experiments.ring.question", "", r"experiments.ring.question: .*at least 1"),
    ("experiments.ring.metrics", ["coverge"], r"metrics: metric 'coverge' is unknown; "
     r"allowed: accuracy, .*coverage.*; did you mean 'coverage'\?"),
    ("experiments.ring.best_of", {"metric": "coverage.lost", "groups": ["x"]},
     r"ring.best_of: no run is named x_"),
    ("experiments.ring.best_of", {"metric": "modes", "groups": ["gan"]},
     r"best_of.metric: 'modes' is no value of a metric, which is named <file>.<value>"),
    ("experiments.ring.best_of", {"metric": "coverge.modes", "groups": ["gan"]},
     r"best_of.metric: 'coverge' is no metric of these runs; .*did you mean 'coverage'\?"),
    ("experiments.ring.best_of", {"metric": "modes_covered", "groups": ["gan"]},
     r"best_of.metric: 'modes_covered' is named coverage.modes_hit now"),
    ("experiments.ring.metrics", ["coverage", "coverage"], r"metrics: coverage is listed twice"),
    ("experiments.digits.metrics", ["obedience"], r"'obedience' is unknown; it is named "
     r"conditional_accuracy now"),
    (f"{RING}.train.optimiser", {"lr": 1}, r"optimiser: unknown; it is named optimizer now"),
    (f"{RING}.train.moments", 3, r"train.moments: unknown; it is named snapshots now"),
    ("experiments.ring.best_of", {"metric": "coverage.modes", "groups": ["gan"], "metrik": 1},
     r"ring.best_of.metrik: unknown; .*did you mean 'metric'\?"),
    ("experiments.ring.converged", {"metric": "coverge.by_round", "margin": 0.1},
     r"converged.metric: 'coverge' is no metric of these runs; .*did you mean 'coverage'\?"),
    ("experiments.ring.converged", {"metric": "coverage.x", "margin": 1, "beter": "lower"},
     r"ring.converged.beter: unknown; .*did you mean 'better'\?"),
    ("experiments.ring.figures", ["traversl"], r"figures: figure 'traversl' is unknown; "
     r"allowed: .*; did you mean 'traversal'\?"),
    ("experiments.ring.figures", ["traversal"], r"ring.figures: traversal needs the role "
     r"Autoencoder, which no model here has"),
    ("experiments.classifier.metrics", ["elbo"], r"metric elbo needs the role LatentVariable, "
     r"and classifier has no blind\(\), .*negative_elbo\(\)"),
    ("experiments.ring.metrics", ["histogram"], r"ring.metrics: metric histogram needs "
     r"evaluation_classifier.ring, .*"),
    ("evaluation_classifier", {}, r"experiments.digits.metrics: metric (histogram|early_speed) "
     r"needs evaluation_classifier.digits, .*"),
    (f"{BY}.digts", "classifier/digits", rf"{BY}.digts: data set 'digts' is unknown; "
     r"allowed: .*; did you mean 'digits'\?"),
    (f"{BY}.digits", "clasifier/digits", rf"{BY}.digits: experiment 'clasifier' "
     r"is unknown; allowed: .*; did you mean 'classifier'\?"),
    (f"{BY}.digits", "classifier/digts", rf"{BY}.digits: run of classifier 'digts' "
     r"is unknown; allowed: digits; did you mean 'digits'\?"),
    (f"{BY}.digits", "classifier.digits", rf"{BY}.digits: .*pattern"),
    (f"{BY}.digits", "likelihood/vae_bernoulli", r".*the model vae, which is no classifier"),
    (f"{BY}.ring", "classifier/digits", r".*is trained on digits, not on ring"),
    ("experiments.ring.run", {}, r"experiments.ring.run: unknown; .*did you mean 'runs'\?"),
    (f"{RING}.modl", "gan", rf"{RING}.modl: unknown; .*did you mean 'model'\?"),
    (f"{RING}.model", "gam", rf"{RING}.model: model 'gam' is unknown; .*did you mean 'gan'\?"),
    (f"{RING}.data", "rign", rf"{RING}.data: data set 'rign' is unknown; .*'ring'\?"),
    (f"{RING}.arguments.wdith", 8, rf"{RING}.arguments.wdith: no such field; .*'width'\?"),
    (f"{RING}.arguments.width", 0, rf"{RING}.arguments.width: .*greater than or equal to 1"),
    (f"{RING}.arguments.width", "64", rf"{RING}.arguments.width: .*integer"),
    ("experiments.ring.arguments", {"width": 8}, rf"{RING}.arguments.latent: missing \(run "
     r"ring.gan and 15 more\)"),
    # What stands once for all runs is told once, where it stands.
    ("experiments.ring.arguments.width", 0, r"params.yaml: experiments.ring.arguments.width: .*"
     r"greater than or equal to 1, not 0 \(run ring.gan and 15 more\)"),
    ("experiments.ring.arguments.wdith", 8, r"params.yaml: experiments.ring.arguments.wdith: no "
     r"such field; .*did you mean 'width'\? \(run ring.gan and 15 more\)"),
    ("experiments.ring.data", "rign", r"params.yaml: experiments.ring.data: data set 'rign' .*"),
    ("experiments.ring.data", 5, r"params.yaml: experiments.ring.data: must be a valid string.*"),
    ("experiments.ring.arguments", [1], r"experiments.ring.arguments: must be a mapping, not"),
    ("experiments.ring.train.optimizer.lr", 0, r"yaml: experiments.ring.train.optimizer.lr: .*"),
    ("train.log_evry", 1, r"params.yaml: train.log_evry: unknown; .*'log_every'\?"),
    ("train.seeds", [0, -1], r"params.yaml: train.seeds.1: .*greater than or equal to 0"),
    (f"{RING}.arguments.features", 3, rf"{RING}.arguments.features: decided by the data set"),
    (f"{RING}.arguments.generator_objective", "minmax", r"generator_objective: must be "
     r"'non_saturating' or 'minimax', not \"minmax\""),
    (f"{RING}.train.round", 5, rf"{RING}.train.round: unknown; .*did you mean 'rounds'\?"),
    (f"{RING}.train.rounds", 0, rf"{RING}.train.rounds: .*greater than or equal to 1"),
    (f"{RING}.train.rounds", "1e3", rf"{RING}.train.rounds: .*integer"),
    (f"{RING}.train.batch", -4, rf"{RING}.train.batch: .*greater than or equal to 1"),
    (f"{RING}.train.seeds", [], rf"{RING}.train.seeds: .*at least 1 item"),
    (f"{RING}.train.seeds", [1, 1], rf"{RING}.train.seeds: a seed is listed twice"),
    (f"{RING}.train.seeds", [-1], rf"{RING}.train.seeds.0: .*greater than or equal to 0"),
    (f"{RING}.train.optimizer", {"name": "adam", "lr": 0}, r"optimizer.lr: .*greater than 0"),
    (f"{RING}.train.optimizer", {"name": "adam", "lr": float("inf")}, r"optimizer.lr: .*finite"),
    (f"{RING}.train.optimizer", {"name": "adam", "lr": 1, "beta": 1}, r"optimizer.beta: unknown; "
     r"allowed: betas, decay, eps, final, floor, lr, name; did you mean 'betas'\?"),
    (f"{RING}.train.optimizer", {"name": "adam", "lr": 1, "betas": [0.5, 1]}, r"betas.1: .*less"),
    (f"{RING}.train.optimizer", {"name": "adm", "lr": 1}, r"optimizer: .*'adam', 'sgd'"),
    (f"{RING}.train.optimizer", {"name": "adam"}, r"optimizer.lr: missing"),
]  # fmt: skip


NAMES = [f"{key}-{value}" for key, value, _ in FAULTS]


@pytest.mark.parametrize(("key", "value", "line"), FAULTS, ids=NAMES)
def test_a_fault_is_one_clear_line(tmp_path, key, value, line):
    found = problems(tmp_path, changed(key, value))
    assert len(found) == (2 if (key, value) == (BY, {}) else 1)  # a line for each metric
    for told in found:
        assert re.fullmatch(rf".*{line}.*", told), told
        assert told.startswith("params.yaml: ")


def test_all_faults_are_told_at_once(tmp_path):
    content = changed(f"{RING}.model", "gam")
    content["experiments"]["digits"]["runs"]["gan"]["data"] = "digit"
    assert len(problems(tmp_path, content)) == 2


def test_a_metric_over_snapshots_needs_some(tmp_path):
    """Of each run, before any is trained; three are enough for a rank correlation."""
    content = changed("experiments.ring.metrics", ["loss_rank"])
    content["experiments"]["ring"]["train"]["snapshots"] = 2
    content["experiments"]["ring"]["runs"]["gan"]["train"] = {"snapshots": 1}
    own, shared = problems(tmp_path, content)
    needs = "train.snapshots: metric loss_rank needs 3 at least"
    assert own == f"params.yaml: {RING}.{needs}"
    assert shared.startswith(f"params.yaml: experiments.ring.{needs} (run ring.")
    assert shared.endswith(" and 14 more)")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"", r"params.yaml: must be a mapping"),
        (b"- 1\n", r"params.yaml: must be a mapping"),
        (b"device: cpu\ndevice: cuda\n", r"params.yaml:2: .*duplicate key.*"),
        (b"device: [cpu\n", r"params.yaml:2: .*"),
        (b"device:\tcpu\n\tthreads: 1\n", r"params.yaml:[12]: .*"),
        (b"device: \xff\n", r"params.yaml: not UTF-8 at byte 8"),
        (b"train: &t { a: *t }\n", r"params.yaml:1: a block within itself"),
        (b"? [1, 2]\n: 3\n", r"params.yaml: keys must be str.*"),
        (b"device: !!int abc\n", r"params.yaml: invalid literal.*"),
        (b"device: !!python/object:os.system x\n", r"params.yaml:1: could not determine.*"),
        (b"a: " + b"[" * 3000, r"params.yaml: nested too deeply"),
    ],
)
def test_a_file_that_is_not_yaml_is_one_clear_line(tmp_path, text, line):
    (told,) = problems(tmp_path, text)
    assert re.match(line, told), told


def test_a_missing_file_is_one_clear_line(tmp_path):
    with pytest.raises(StudyError, match=r"params.yaml: no such file"):
        check.study(tmp_path / "params.yaml")


def test_numbers_are_read_as_dvc_reads_them(tmp_path):
    """YAML 1.2: 1e-3 is a number, and 010 is ten."""
    file = tmp_path / "params.yaml"
    text = Path(reader.FILE).read_text(encoding="utf-8").replace("lr: 1.0e-3", "lr: 1e-3")
    file.write_text(text.replace("threads: 1 ", "threads: 010 "), encoding="utf-8")
    read = check.study(file)
    assert read.experiments["classifier"].runs["digits"].train.optimizer.lr == 0.001
    assert read.threads == 10


def leaves(block, path=()):
    for key, value in block.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield ".".join((*path, key))


junk = st.none() | st.booleans() | st.floats() | st.text(max_size=3) | st.lists(st.integers())


@given(st.sampled_from(sorted(leaves(GOOD))), junk)
def test_no_content_ends_in_anything_but_a_study_or_clear_lines(tmp_path_factory, key, value):
    file = tmp_path_factory.mktemp("junk") / "params.yaml"
    with open(file, "w", encoding="utf-8") as text:
        YAML().dump(changed(key, value), text)
    lines = [str(file)]
    try:
        check.study(file)
    except StudyError as error:
        lines = str(error).splitlines()
    assert all(line.startswith(str(file)) for line in lines)


def test_the_stages_wait_for_the_evaluation_classifier(tmp_path):
    """What params.yaml names and dvc.yaml does not depend on would be measured by an old one."""
    stages = Path("dvc.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_bytes(Path(reader.FILE).read_bytes())
    (tmp_path / "dvc.yaml").write_text(stages, encoding="utf-8")
    assert check.study(tmp_path / "params.yaml").evaluation_classifier
    dependency = "- runs/${evaluation_classifier.digits}"
    assert dependency in stages
    (tmp_path / "dvc.yaml").write_text(stages.replace(dependency, ""), encoding="utf-8")
    with pytest.raises(StudyError) as told:
        check.study(tmp_path / "params.yaml")
    (line,) = str(told.value).splitlines()
    assert line.endswith(
        f"evaluation_classifier.digits: stage evaluate of dvc.yaml lacks {dependency}"
    )
