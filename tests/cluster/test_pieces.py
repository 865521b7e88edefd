"""What needs no cluster: files in pieces, who may take part, and how a cluster is asked for."""

import shutil

import pytest

from pipeline.cluster import node, pieces
from pipeline.execution import units, worker
from pipeline.stages import check
from pipeline.study import cluster
from pipeline.study.errors import StudyError
from tests import tiny
from tests.execution.interrupted import unit


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    monkeypatch.setattr(pieces, "PIECE", 100)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def moved(outbox, inbox, names):
    """Sends files; how many bytes that took."""
    messages = [message for name in names for message in outbox.file(name)]
    for message in messages:
        inbox.take(message)
    return sum(len(message["piece"]) for message in messages)


def test_a_file_arrives_as_it_was_and_what_has_grown_costs_what_is_new(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    outbox, inbox = pieces.Outbox(here), pieces.Inbox(there)
    for content, cost in ((b"x" * 250, 250), (b"x" * 250 + b"y" * 130, 130), (b"z" * 90, 90)):
        (here / "curves.csv").write_bytes(content)
        assert moved(outbox, inbox, ["curves.csv"]) == cost
        assert (there / "curves.csv").read_bytes() == content
    assert moved(outbox, inbox, ["curves.csv"]) == 0
    (here / "empty").write_bytes(b"")
    assert moved(outbox, inbox, ["empty"]) == 0
    assert (there / "empty").read_bytes() == b""


@pytest.mark.parametrize("fault", ["lost", "changed"])
def test_a_file_with_a_lost_or_changed_piece_does_not_arrive(tmp_path, fault):
    (tmp_path / "here").mkdir()
    outbox, inbox = pieces.Outbox(tmp_path / "here"), pieces.Inbox(tmp_path / "there")
    (tmp_path / "here/weights.npz").write_bytes(bytes(range(250)))
    sent = list(outbox.file("weights.npz"))
    if fault == "lost":
        del sent[1]
    else:
        sent[1]["piece"] = sent[1]["piece"][::-1]
    with pytest.raises(StudyError, match=r"weights\.npz: (a piece of it|what came)"):
        list(map(inbox.take, sent))
    assert not (tmp_path / "there/weights.npz").exists()


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/b"])
def test_a_file_has_no_place_but_the_unit_s_folder(tmp_path, name):
    message = {"file": name, "at": 0, "size": 1, "sha256": "0" * 64, "piece": b"x"}
    with pytest.raises(StudyError, match="no name of a file"):
        pieces.Inbox(tmp_path).take(message)


def test_checkpoints_that_were_sent_are_enough_to_go_on(folder, whole):
    """A trainer is cut off after each checkpoint, and the next one has what arrived, no more."""
    u = unit(folder)
    there = folder / "there"
    for reached in (10, 20, 30, 40):
        outbox, inbox = pieces.Outbox(u.folder), pieces.Inbox(there)
        training = worker.work(u, lambda _: 0.0, obey=False)
        for event in training:
            if not hasattr(event, "images"):
                for message in outbox.checkpoint():
                    inbox.take(message)
                inbox.prune()
                if event.round >= reached and reached < 40:
                    training.close()
        assert len(list(there.glob("checkpoint-*.npz"))) <= 2
        if reached < 40:
            u.folder.rename(folder / f"lost-{reached}")
            shutil.copytree(
                there, u.folder
            )  # what the driver has is what the next task begins with
    assert tiny.result(u) == whole[0]


@pytest.mark.parametrize("name", ["code", "torch", "numpy", "products by", "device"])
def test_a_node_that_differs_in_what_decides_bytes_is_refused_in_one_line(name):
    own = node.likeness("cpu", 1, ["pipeline.models.gan"])
    assert node.refusal(own, own) is None
    told = node.refusal(own | {name: "other"}, own)
    assert told == f"{name} {own[name]} and not other: bytes would differ"


def test_what_a_node_keeps_is_fetched_once_and_again_when_it_is_damaged():
    fetched = []

    def fetch():
        fetched.append(1)
        return b"data"

    sha = "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7"
    for expected in (1, 1):
        assert node.kept(sha, fetch).read_bytes() == b"data"
        assert len(fetched) == expected
    node.kept(sha, fetch).write_bytes(b"dat")
    assert node.kept(sha, fetch).read_bytes() == b"data"
    with pytest.raises(StudyError, match="what came is not what was sent"):
        node.kept("0" * 64, fetch)


def test_a_folder_that_a_killed_task_has_left_goes_and_one_in_use_stays(monkeypatch):
    monkeypatch.setattr(node, "LEFT", -1.0)
    left = node.root() / "tasks" / "left"
    left.mkdir(parents=True)
    with node.workplace() as first:
        assert not left.exists()
        with node.workplace() as second:
            assert first.is_dir()
            assert second != first
    assert not first.exists()


@pytest.mark.parametrize("wanted", ["auto", "10.0.0.1:6379", "head.example.org:1"])
def test_a_cluster_is_asked_for_by_its_address(folder, monkeypatch, wanted):
    tiny.write(folder, tiny.params(gan={}))
    assert cluster.address(check.study()) is None
    monkeypatch.setenv("DSTAR_CLUSTER", wanted)
    assert cluster.address(check.study()) == wanted
    monkeypatch.setenv("DSTAR_CLUSTER", "off")
    assert cluster.address(check.study()) is None


@pytest.mark.parametrize("wrong", ["yes", "ray://10.0.0.1:10001", "10.0.0.1", ":1", "a b:1"])
def test_an_address_that_is_none_is_told_before_anything_is_computed(folder, monkeypatch, wrong):
    monkeypatch.setenv("DSTAR_CLUSTER", wrong)
    tiny.write(folder, tiny.params(gan={}))
    with pytest.raises(StudyError, match=r"DSTAR_CLUSTER: .*allowed: auto, HOST:PORT"):
        cluster.address(check.study())


@pytest.mark.parametrize("wrong", ["0", "1.5", "-1", "nan", "half"])
def test_a_share_of_a_gpu_is_above_none_and_at_most_one(monkeypatch, wrong):
    assert cluster.gpu_share() == 1.0
    monkeypatch.setenv("DSTAR_GPU_SHARE", wrong)
    with pytest.raises(StudyError, match=r"DSTAR_GPU_SHARE: .*allowed: a number above 0"):
        cluster.gpu_share()


def test_no_result_depends_on_where_it_is_made(folder, monkeypatch):
    tiny.write(folder, tiny.params(gan={}))
    here = units.units(check.study(), "toy")[0].fingerprint
    monkeypatch.setenv("DSTAR_CLUSTER", "auto")
    assert units.units(check.study(), "toy")[0].fingerprint == here
