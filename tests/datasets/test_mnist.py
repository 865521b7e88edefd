"""MNIST is downloaded from a mirror or read from a folder, and used if its SHA-256 is right."""

import gzip
import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from pipeline.datasets import mnist
from pipeline.study.errors import DATA, RESOURCE, StudyError

# Small stand-ins for the four files; the real ones are tested where they are at hand.
COUNTS = {"train": 30, "t10k": 10}


def packed(magic, *sizes, body):
    header = bytes(magic) + b"".join(n.to_bytes(4, "big") for n in sizes)
    return gzip.compress(header + body.tobytes(), mtime=0)


def stand_ins():
    rng = np.random.default_rng(0)
    files = {}
    for part, n in COUNTS.items():
        images = rng.integers(0, 256, (n, 784)).astype(np.uint8)
        labels = rng.integers(0, 10, n).astype(np.uint8)
        files[f"{part}-images-idx3-ubyte.gz"] = packed((0, 0, 8, 3), n, 28, 28, body=images)
        files[f"{part}-labels-idx1-ubyte.gz"] = packed((0, 0, 8, 1), n, body=labels)
    return files


FILES = stand_ins()
ONE = "t10k-labels-idx1-ubyte.gz"


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """The stand-ins' sizes and sums in place of the real ones, and a cache of our own."""
    sums = {name: (len(c), hashlib.sha256(c).hexdigest()) for name, c in FILES.items()}
    monkeypatch.setattr(mnist, "FILES", sums)
    monkeypatch.setattr(mnist, "TRAINING", COUNTS["train"])
    monkeypatch.setattr(mnist, "TEST", COUNTS["t10k"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DSTAR_MNIST_DIR", raising=False)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)


@pytest.fixture
def cached(tmp_path):
    """The files that the cache holds now."""
    return lambda: sorted(p.name for p in (tmp_path / "cache").rglob("*") if p.is_file())


@pytest.fixture
def mirrors(monkeypatch):
    """Two mirrors on this machine: paths /first/ and /second/, each with an answer to set."""
    answers, asked = {"first": lambda _: None, "second": FILES.get}, []

    class Mirror(BaseHTTPRequestHandler):
        def do_GET(self):
            _, which, name = self.path.split("/")
            asked.append(which)
            answer = answers[which](name)
            if answer is None:
                self.send_error(404)
            elif isinstance(answer, bytes):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer)
            else:
                answer(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(mnist, "MIRRORS", (f"{root}/first/", f"{root}/second/"))
    yield answers, asked
    server.shutdown()
    server.server_close()


def short_of_its_promise(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"x" * 10)


def moved_in_a_circle(handler):
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.end_headers()


def without_end(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(bytes(1 << 16))
    except OSError:
        pass


WRONG = {
    "404": lambda name: None,
    "empty": lambda name: b"",
    "truncated": lambda name: FILES[name][:-5],
    "flipped": lambda name: FILES[name][:-1] + bytes([FILES[name][-1] ^ 1]),
    "longer": lambda name: FILES[name] + b"\0",
    "another": lambda name: FILES["train-images-idx3-ubyte.gz"],
    "html": lambda name: b"<html><h1>503 Service Unavailable</h1></html>",
    "short": lambda name: short_of_its_promise,
    "circle": lambda name: moved_in_a_circle,
    "endless": lambda name: without_end,
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_bad_answer_falls_over_to_the_second_mirror(mirrors, cached, fault):
    answers, asked = mirrors
    answers["first"] = WRONG[fault]
    path = mnist._file(ONE)
    assert path.read_bytes() == FILES[ONE]
    assert set(asked) == {"first", "second"}
    assert cached() == [ONE]


@pytest.mark.parametrize("fault", WRONG)
def test_two_bad_answers_leave_one_line_and_no_file(mirrors, cached, fault):
    answers, _ = mirrors
    answers["first"] = answers["second"] = WRONG[fault]
    with pytest.raises(StudyError) as refused:
        mnist._file(ONE)
    line = str(refused.value)
    assert refused.value.code == DATA
    assert line.startswith(f"{ONE}: ")
    assert "\n" not in line
    assert all(mirror in line for mirror in mnist.MIRRORS)
    assert "DSTAR_MNIST_DIR" in line
    assert cached() == []


def test_an_answer_without_end_is_stopped_at_the_size_of_the_file(mirrors):
    answers, _ = mirrors
    answers["first"] = answers["second"] = WRONG["endless"]
    with pytest.raises(StudyError, match=f"longer than {len(FILES[ONE])} bytes"):
        mnist._file(ONE)


@pytest.mark.parametrize("at_once", [1, 1 << 14])
def test_a_trickle_is_given_up(mirrors, monkeypatch, at_once):
    """A byte now and then never trips a timeout of silence; the patience for the whole does."""

    def trickle(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b"x" * at_once)
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    answers, _ = mirrors
    answers["first"] = lambda name: trickle
    monkeypatch.setitem(mnist.FILES, ONE, (1 << 24, mnist.FILES[ONE][1]))
    monkeypatch.setattr(mnist, "PATIENCE", 0.2)
    began = time.monotonic()
    with pytest.raises(StudyError, match=r"bytes in 0\.2 s"):
        mnist._file(ONE)
    assert time.monotonic() - began < 4  # 100 pieces take 5 s


def test_without_network_it_says_where_to_put_the_files(monkeypatch):
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9/a/", "http://127.0.0.1:9/b/"))
    began = time.monotonic()
    with pytest.raises(StudyError, match=r"b/: ConnectionError.; put .* DSTAR_MNIST_DIR"):
        mnist.DataSet(validation=10).splits()
    assert time.monotonic() - began < 10


def test_the_first_mirror_is_enough_and_the_cache_spares_the_second_visit(mirrors):
    answers, asked = mirrors
    answers["first"] = FILES.get
    first = mnist.DataSet(validation=10).splits()
    assert asked == ["first"] * 4
    again = mnist.DataSet(validation=10).splits()
    assert asked == ["first"] * 4
    assert all((first[k] == again[k]).all() for k in first)


def test_a_damaged_cache_is_fetched_again(mirrors):
    path = mnist._file(ONE)
    path.write_bytes(b"damaged")
    assert mnist._file(ONE).read_bytes() == FILES[ONE]


def test_a_cache_that_cannot_be_written_is_named(mirrors, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(StudyError, match="cannot hold") as refused:
        mnist._file(ONE)
    assert refused.value.code == RESOURCE


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """DSTAR_MNIST_DIR, with the four files in it."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("DSTAR_MNIST_DIR", str(tmp_path))
    return tmp_path


def test_a_folder_is_used_without_any_network(folder, monkeypatch, cached):
    monkeypatch.setattr(mnist, "_fetched", None)
    arrays = mnist.DataSet(validation=12).splits()
    assert arrays["train_x"].shape == (18, 784)
    assert arrays["validation_x"].shape == (12, 784)
    assert arrays["test_x"].shape == (10, 784)
    body = np.frombuffer(gzip.decompress(FILES["train-images-idx3-ubyte.gz"])[16:], np.uint8)
    together = np.concatenate([arrays["train_x"], arrays["validation_x"]])
    np.testing.assert_array_equal(together, body.reshape(30, 784))
    body = np.frombuffer(gzip.decompress(FILES["train-labels-idx1-ubyte.gz"])[8:], np.uint8)
    together = np.concatenate([arrays["train_label"], arrays["validation_label"]])
    np.testing.assert_array_equal(together, body)
    assert together.dtype == np.int64
    assert cached() == []


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[:-1], "bytes, expected"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "expected [0-9a-f]{64}"),
        (None, "DSTAR_MNIST_DIR must hold all four"),
    ],
    ids=["truncated", "flipped", "absent"],
)
def test_a_wrong_file_in_the_folder_is_named(folder, damage, reason):
    path = folder / ONE
    path.write_bytes(damage(FILES[ONE])) if damage else path.unlink()
    with pytest.raises(StudyError, match=f"{ONE}: .*{reason}") as refused:
        mnist.DataSet(validation=10).splits()
    assert refused.value.code == DATA


def test_something_must_be_left_to_train_on():
    with pytest.raises(ValueError, match="leaves nothing"):
        mnist.DataSet(validation=30)
