"""A training that is stopped, killed or damaged ends with the bytes of an undisturbed one."""

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets import ring
from pipeline.execution import checkpoints, code_hash, done, loop, play, units, worker
from pipeline.results.files import read_npz, write_npz
from pipeline.stages import check, train
from pipeline.study.errors import DATA, StudyError
from tests import tiny

pytestmark = pytest.mark.usefixtures("traced_once")


def unit(folder, **changes):
    tiny.write(folder, tiny.params(gan=changes))
    return units.units(check.study(), "toy")[0]


class Stop(Exception):
    """What a test raises in the middle of a training."""


def stop_after(monkeypatch, rounds):
    """The training is cut off after so many rounds, as a power failure would."""
    advance = worker.Training.advance

    def cut(self, total):
        for played in range(self.round + 1, total + 1):
            advance(self, played)
            if played == rounds:
                raise Stop

    monkeypatch.setattr(worker.Training, "advance", cut)


@pytest.mark.parametrize(
    "optimizer",
    [{"name": "adam", "lr": 0.01, "final": 0.1}, {"name": "sgd", "lr": 0.01, "momentum": 0.9}],
)
def test_a_training_cut_off_ends_in_the_same_bytes(folder, monkeypatch, optimizer):
    """Cut at rounds 7, 16 and 23 with a checkpoint after every round; blocks end at 16 and 32."""
    u = unit(folder, train={"rounds": 40, "optimizer": optimizer, "snapshots": 5})
    worker.train(u, checkpoint_seconds=1000.0)
    whole = tiny.result(u)
    (u.folder / "done.json").unlink()
    for rounds in (7, 16, 23):
        with monkeypatch.context() as patched:
            stop_after(patched, rounds)
            with pytest.raises(Stop):
                worker.train(u, checkpoint_seconds=0.0)
        assert not done.is_done(u)
        assert len(list(u.folder.glob("checkpoint-*.npz"))) == checkpoints.KEPT
    for name in ("weights.npz", "samples.npz", "snapshots.npz"):
        (u.folder / name).unlink()
    worker.train(u, checkpoint_seconds=1000.0)
    assert tiny.result(u) == whole
    assert done.is_done(u)
    assert not [*u.folder.glob("checkpoint-*"), *u.folder.glob("snapshot-*")]


def test_snapshots_are_the_weights_at_rounds_of_the_training(folder):
    """The last is the end, the first the beginning, the third what a shorter training ends in."""
    whole = unit(folder, train={"rounds": 40, "snapshots": 4})
    worker.train(whole, 1000.0)
    short = unit(folder, train={"rounds": 20})
    worker.train(short, 1000.0)
    kept = read_npz(whole.folder / "snapshots.npz")
    assert kept.pop("round").tolist() == [0, 10, 20, 30, 40]
    begun = play.weights(worker.begin(whole))
    for snapshot, weights in (
        (0, begun),
        (2, read_npz(short.folder / "weights.npz")),
        (4, read_npz(whole.folder / "weights.npz")),
    ):
        assert kept.keys() == weights.keys()
        for name, array in weights.items():
            np.testing.assert_array_equal(kept[name][snapshot], array)


def test_a_step_has_the_rate_of_its_round(folder):
    """SGD: with the rate at 0 in the second of two rounds nothing moves in it."""
    moved = {}
    for rounds, final in ((1, 1.0), (2, 0.0)):
        train = {"rounds": rounds, "optimizer": {"name": "sgd", "lr": 0.01, "final": final}}
        u = unit(folder, train=train)
        worker.train(u, 1000.0)
        moved[rounds] = read_npz(u.folder / "weights.npz")
    for name, array in moved[1].items():
        np.testing.assert_array_equal(moved[2][name], array)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "swapped"])
def test_a_damaged_checkpoint_costs_rounds_and_not_the_run(folder, monkeypatch, damage, capsys):
    u = unit(folder)
    worker.train(u, 1000.0)
    whole = tiny.result(u)
    (u.folder / "done.json").unlink()
    with monkeypatch.context() as patched:
        stop_after(patched, 20)
        with pytest.raises(Stop):
            worker.train(u, 0.0)
    newest = max(u.folder.glob("checkpoint-*.npz"))
    content = bytearray(newest.read_bytes())
    if damage == "swapped":  # sound as a file, but not what was written
        arrays = read_npz(newest)
        arrays["0/state/generator/0.bias"] = arrays["0/state/generator/0.bias"] + 1
        write_npz(newest, arrays)
    else:
        bias = read_npz(newest)["0/state/generator/0.bias"].tobytes()
        content[content.index(bias)] ^= 1
        kept = {"truncated": content[: len(content) // 2], "flipped": content, "empty": b""}
        newest.write_bytes(bytes(kept[damage]))
    worker.train(u, 1000.0)
    assert tiny.result(u) == whole
    assert "this checkpoint is not used" in capsys.readouterr().err


def test_a_done_unit_is_not_trained_again(folder, monkeypatch):
    u = unit(folder)
    worker.train(u, 1000.0)
    monkeypatch.setattr(worker, "_train", lambda *_: pytest.fail("trained again"))
    worker.train(u, 1000.0)


def test_a_result_that_was_changed_is_not_done(folder):
    u = unit(folder)
    worker.train(u, 1000.0)
    whole = tiny.result(u)
    with open(u.folder / "weights.npz", "ab") as file:
        file.write(b"x")
    assert not done.is_done(u)
    worker.train(u, 1000.0)
    assert tiny.result(u) == whole


def test_the_fingerprint_is_what_decides_the_result(folder):
    """Another name changes nothing; every number, the data and the device do."""
    first = unit(folder)
    changes = [
        {"arguments": {"latent": 2, "width": 5}},
        {"arguments": {"latent": 2, "width": 4, "k": 2}},
        {"train": {"rounds": 41}},
        {"train": {"rounds": 40, "batch": 9}},
        {"train": {"rounds": 40, "seeds": [3]}},
        {"train": {"rounds": 40, "seeds": [1, 3]}},
        {"train": {"rounds": 40, "optimizer": {"name": "sgd", "lr": 0.01}}},
    ]
    others = [unit(folder, **change).fingerprint for change in changes]
    fields = {"code": "0", "device": "cuda", "threads": 2, "chunk": 1, "compiled": True}
    for field, value in (fields | {"data_digest": "0"}).items():
        others.append(replace(first, **{field: value}).fingerprint)
    assert len({first.fingerprint, *others}) == len(changes) + len(fields) + 1 + 1
    renamed = tiny.params(another={})
    renamed["checkpoint_seconds"] = 5.0
    tiny.write(folder, renamed)
    assert units.units(check.study(), "toy")[0].fingerprint == first.fingerprint
    renamed["data"]["ring"]["seed"] = 12345
    tiny.write(folder, renamed)
    assert units.units(check.study(), "toy")[0].fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("wanted", "device", "rounds", "outputs", "is_compiled"),
    [
        ("auto", "cpu", 3031, 1_000_000, True),  # 3031 (450 + 1200) us > 5 s
        ("auto", "cpu", 3030, 1_000_000, False),
        ("auto", "cpu", 11_112, 0, True),
        ("auto", "cpu", units.REPAID, None, True),
        ("auto", "cpu", units.REPAID - 1, None, False),
        ("auto", "cuda", 1, 0, True),
        ("never", "cuda", 10**6, 10**6, False),
        ("always", "cpu", 1, 0, True),
    ],
)
def test_a_run_is_compiled_where_that_repays(
    wanted, device, rounds, outputs, is_compiled, folder, monkeypatch
):
    toy = unit(folder, train={"rounds": rounds})
    monkeypatch.setattr(units, "_outputs", lambda *_: outputs)
    assert units.compiled(wanted, device, toy.run, toy.dataset) == is_compiled


def test_a_gpu_is_looked_at_where_a_round_is_logged(folder):
    """At the first round and each tenth, or when a thousand are unseen; a CPU after each block."""
    on_cpu = unit(folder, train={"rounds": 40})
    on_gpu = replace(on_cpu, device="cuda")
    assert [n for n in range(1, 49) if loop._is_due(on_cpu, n - 1, n)] == [16, 32, 48]
    assert loop._is_due(on_gpu, 0, 1)
    assert [n for n in range(2, 41) if loop._is_due(on_gpu, n - 1, n)] == [10, 20, 30, 40]
    seldom = on_gpu.run.train.model_copy(update={"log_every": 10**6})
    late = replace(on_gpu, run=on_gpu.run.model_copy(update={"train": seldom}))
    seen = [loop._is_due(late, 16, n) for n in (1024, 1040)]
    assert seen == [False, True]


def test_only_on_a_gpu_a_run_depends_on_what_captures():
    assert units._code("gan", "cpu") == code_hash.training_code("gan")
    assert units._code("gan", "cuda").startswith(f"{units._code('gan', 'cpu')}-")
    assert Path("pipeline/engine/capture.py") not in code_hash.closure(
        "pipeline.execution.play", "pipeline.models.gan"
    )


def test_the_outputs_of_a_round_are_those_of_all_layers_steps_and_replicas(folder):
    """2 replicas, 8 examples, k + 1 = 4 steps, networks 2-4-2 and 2-4-1."""
    toy = unit(folder, arguments={"latent": 2, "width": 4, "depth": 1, "k": 3})
    assert units._outputs(toy.run, toy.dataset) == 2 * 8 * 4 * (4 + 2 + 4 + 1)


def test_the_curves_are_what_other_tools_read(folder):
    u = unit(folder)
    worker.train(u, 1000.0)
    header, *rows = (u.folder / "curves.csv").read_text().splitlines()
    assert header == "round,player,term,replica,value"
    assert [row.split(",")[:4] for row in rows] == [
        [str(r), player, term, str(replica)]
        for r in (1, 10, 20, 30, 40)
        for player, term in (("discriminator", "minimax"), ("generator", "non_saturating"))
        for replica in (0, 1)
    ]
    assert all(np.isfinite(float(row.split(",")[4])) for row in rows)
    samples = read_npz(u.folder / "samples.npz")["x"]
    assert samples.shape == (2, 5, 2)
    weights = read_npz(u.folder / "weights.npz")
    assert weights["generator/0.weight"].shape == (2, 4, 2)
    assert json.loads((u.folder / "run.json").read_text())["fingerprint"] == u.fingerprint


@pytest.mark.parametrize(
    ("train", "label", "told"),
    [(4, 0, "batch 8 is more than the 4 training examples"), (64, 8, "train has labels out of")],
)
def test_a_file_that_was_put_in_place_of_the_data_is_looked_at(folder, train, label, told):
    """What `check` and stage prepare have seen was another."""
    unit(folder)
    replace_data(folder, train, label)
    (u,) = units.units(check.study(), "toy")
    with pytest.raises(StudyError, match=told):
        worker.train(u, 1000.0)


def test_a_file_that_was_replaced_after_a_training_was_asked_for_is_not_trained_on(folder):
    """Its fingerprint would name other data; nothing is written of it."""
    u = unit(folder)
    replace_data(folder, train=64, label=0)
    with pytest.raises(StudyError, match=r"data/ring\.npz: changed since this training") as told:
        worker.train(u, 1000.0)
    assert told.value.code == DATA
    assert not (u.folder / "run.json").exists()


def replace_data(folder, train, label):
    """Other data in place of those that `unit` has prepared."""
    arrays = ring.DataSet(train=train, validation=16, test=32).splits()
    arrays["train_label"][0] = label
    write_npz(folder / "data" / "ring.npz", arrays)


def test_data_that_is_not_prepared_is_one_clear_line(folder):
    unit(folder)
    (folder / "data" / "ring.npz").unlink()
    with pytest.raises(StudyError, match=r"data/ring\.npz: no such file; run") as told:
        units.units(check.study(), "toy")
    assert told.value.code == DATA


def test_what_mlflow_is_told_to_watch(folder, monkeypatch):
    """Only the runs that train, each under the name that its mirror in the store has."""
    tiny.write(folder, tiny.params(gan={}, wide={"arguments": {"latent": 2, "width": 5}}))
    first, second = units.units(check.study(), "toy")
    worker.train(first, 1000.0)
    watched = {}

    def window(found):
        watched.update(found)
        return nullcontext()

    monkeypatch.setattr(train.window, "window", window)
    monkeypatch.setattr(
        train.scheduler, "side_by_side", lambda todo, *_: worker.train(*todo, 1000.0)
    )
    train.main("toy")
    assert watched == {"toy/wide": second.folder}
    assert (folder / "runs/toy/gan/weights.npz").is_file()
    assert (folder / "runs/toy/wide/weights.npz").is_file()
