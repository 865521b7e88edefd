"""The rules of the house, kept by test instead of by memory: each lists all that break it."""

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import pipeline
from pipeline import models
from pipeline.execution.code_hash import imports
from pipeline.search import space as spaces
from pipeline.stages import new_study
from pipeline.study import yaml
from tests.mutants import NAMED

TREES = ("pipeline", "reference", "tests", "benchmarks")
FILES = [f for top in TREES for f in sorted(Path(top).rglob("*.py"))]
PIPELINE = [f for f in FILES if f.parts[0] == "pipeline"]
ROOMS = re.findall(r"^    ([\w/]+)  ", pipeline.__doc__ or "", re.M)  # from the top down
# These import no other room. What the others may import, the order of the map says.
ALONE = ("networks", "objectives", "engine/graph", "study")
DRAWS = ("stages", "page", "verdicts")  # theory over results, and so may import the oracle
# What a room may import that is neither of this repository nor of Python itself.
PACKAGES = {
    "reference": {"numpy"},
    "study": {"annotated_types", "pydantic", "ruamel"},
    "engine/graph": {"scipy", "torch"},  # its OpenBLAS, under a Torch operator
    "engine": {"numpy", "torch"},
    "objectives": {"torch"},
    "networks": {"torch"},
    "models": {"pydantic", "torch"},
    "metrics": {"numpy", "scipy", "sklearn", "torch"},
    "controls": {"numpy", "scipy", "sklearn", "torch"},
    "figures": {"numpy", "torch"},
}


@cache
def tree(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(file):
    return list(imports(tree(file)))


def room_of(name):
    """The room of a module's name; another tree's is its first part, the map's own is none."""
    first, *rest = name.split(".")
    place = "/".join(rest) + "/"
    inside = [room for room in ROOMS if place.startswith(f"{room}/")]
    return first if first != "pipeline" else max(inside, key=len, default="")


def module(file):
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


def test_the_map_shows_every_room():
    """Each folder of the package has its line in pipeline/__init__.py, and no line is too many."""
    folders = {file.parent.relative_to("pipeline").as_posix() for file in PIPELINE} - {"."}
    assert sorted(ROOMS) == sorted(folders)


def test_imports_go_one_way():
    """A room stands above all that it imports; the rooms of formulas import no other at all."""

    def allowed(own, other):
        if other == "reference":
            return own in DRAWS
        return other in ROOMS[ROOMS.index(own) + 1 :] and own not in ALONE

    back = [
        f"{file} imports {name}"
        for file in PIPELINE
        if (own := room_of(module(file)))
        for name in imported(file)
        if name.split(".")[0] in TREES and (other := room_of(name)) not in ("", own)
        if not allowed(own, other)
    ]
    assert not back, "\n".join(back)


def _run(file):
    """What of a file's top level is run: what stands under `if TYPE_CHECKING` is not."""
    body = [
        n
        for n in tree(file).body
        if not isinstance(n, ast.If) or "CHECKING" not in ast.unparse(n.test)
    ]
    return ast.Module(body, [])


def test_no_modules_import_one_another_in_a_circle():
    known = {module(file): file for file in FILES}
    below = {
        name: known.keys() & set(imports(_run(file))) - {name} for name, file in known.items()
    }
    try:
        TopologicalSorter(below).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_a_room_is_made_of_few_packages():
    """The oracle knows NumPy and itself; formulas and games know Torch, and no stage of DVC."""
    found = [
        f"{file} imports {name}"
        for file in FILES
        for name in imported(file)
        if (allowed := PACKAGES.get(room_of(module(file)))) is not None
        if (package := name.split(".")[0]) not in allowed | sys.stdlib_module_names
        if package != ("reference" if file.parts[0] == "reference" else "pipeline")
    ]
    assert not found, "\n".join(found)


def test_no_model_is_known_to_the_engine_or_to_a_stage():
    """A new model is one file and one block of params.yaml: nobody else says its name."""
    names = set(models.names())
    found = [
        f"{file} says {said}"
        for file in PIPELINE
        if file.parent.name not in ("models", "page") and file.name != "renamed.py"
        for said in [
            *(n.value for n in ast.walk(tree(file)) if isinstance(n, ast.Constant)),
            *(n.removeprefix("pipeline.models.") for n in imported(file)),
        ]
        if isinstance(said, str) and said in names
    ]
    assert not found, "\n".join(found)


def test_only_one_place_knows_a_package():
    places = {
        "mlflow": ("pipeline/tracking/store.py", "pipeline/tracking/client.py"),
        "pooch": ("pipeline/datasets/mnist.py",),
        "ray": tuple(f"pipeline/cluster/{name}.py" for name in ("driver", "link", "tasks")),
    }
    found = [
        f"{file} imports {package}"
        for package, allowed in places.items()
        for file in PIPELINE
        if file.as_posix() not in allowed
        if any(name.split(".")[0] == package for name in imported(file))
    ]
    assert not found, "\n".join(found)


def test_only_the_engine_says_vmap():
    """Metrics map a formula over replicas; nothing else knows that there are several."""
    allowed = ("pipeline/engine/ensemble.py", "pipeline/engine/repeated.py", "pipeline/metrics/")
    found = [
        str(file)
        for file in PIPELINE
        if "vmap" in file.read_text(encoding="utf-8") and not file.as_posix().startswith(allowed)
    ]
    assert not found, "\n".join(found)


def test_a_file_can_be_read_in_one_sitting():
    long = [str(f) for f in FILES if len(f.read_text(encoding="utf-8").splitlines()) > 300]
    assert not long, "\n".join(long)


def test_nothing_is_unpickled_and_nothing_is_evaluated():
    """Weights are arrays; a file from elsewhere can hold numbers and no code."""
    names = {"pickle", "joblib", "dill", "shelve"}
    calls = {"torch.load", "eval", "exec", "yaml.load"}
    found = [
        f"{file}: {said}"
        for file in FILES
        for said in [
            *(name for name in imported(file) if name.split(".")[0] in names),
            *(ast.unparse(n.func) for n in ast.walk(tree(file)) if isinstance(n, ast.Call)),
        ]
        if said.split(".")[0] in names or said in calls
    ]
    assert not found, "\n".join(found)


def test_a_module_says_what_it_is():
    silent = [str(f) for f in FILES if f.name != "__init__.py" and not ast.get_docstring(tree(f))]
    assert not silent, "\n".join(silent)


def test_a_formula_names_its_source():
    """The docstring of a formula holds the formula, indented, and a year."""
    found = []
    for room in ("objectives", "models", "controls", "metrics"):
        for file in sorted(Path("pipeline", room).glob("[!_]*.py")):
            text = ast.get_docstring(tree(file)) or ""
            if not (re.search(r"^    \S", text, re.M) and re.search(r"\b(1[89]|20)\d\d\b", text)):
                found.append(str(file))
    assert not found, "no formula or no year:\n" + "\n".join(found)


def test_a_loss_works_on_logits_and_adds_no_epsilon():
    wrong = re.compile(r"sigmoid\([^)]*\)\.log|log\([^)]*sigmoid|softplus\(|\+ 1e-|BCELoss")
    files = sorted(Path("pipeline/objectives").glob("[!_]*.py"))
    assert not [str(file) for file in files if wrong.search(ast.unparse(tree(file)))]


def test_torch_is_pinned_once():
    pins = re.findall(r"^torch==.*$", Path("constraints.txt").read_text(encoding="utf-8"), re.M)
    assert len(pins) == 1
    assert not re.search(r"^(nvidia|cuda|triton)", Path("constraints.txt").read_text(), re.M)


def test_every_study_has_the_stages_of_the_first():
    """dvc.yaml is one for all, but for classifiers, and for a search that is at its end."""
    studies = [file.parent for file in sorted(Path().glob("*/params.yaml"))]
    assert studies
    for study in (Path(), *studies):
        named = yaml.read(study / "params.yaml", ()).get("evaluation_classifier", {})
        space = study / spaces.FILE
        frozen = space.is_file() and spaces.read(space).frozen
        expected = new_study.stages(*named, frozen=frozen)
        assert (study / "dvc.yaml").read_text(encoding="utf-8") == expected, study


def test_every_experiment_has_its_stages():
    """dvc.yaml is written over `experiments`, so none is forgotten."""
    text = Path("dvc.yaml").read_text(encoding="utf-8")
    assert text.count("foreach: ${experiments}") == 2


def test_there_are_no_symbolic_links():
    """In a zip and in some copies they become files that hold a path."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True)
    links = [name for name in listed.stdout.decode().splitlines() if Path(name).is_symlink()]
    assert not links


def test_every_named_fault_can_still_be_made():
    """A mutant whose text is no longer in its file would test nothing."""
    for file, faults in NAMED.items():
        text = Path(file).read_text(encoding="utf-8")
        for name, stands, put in faults:
            assert stands in text, f"{file}: {name}"
            assert stands != put, f"{file}: {name}"
