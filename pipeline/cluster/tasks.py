"""What runs on a node: the training of a unit or of a part of one, or a call of a stage.

A task is a generator, and each message that it yields reaches the driver while it goes on:

    node, device              where it runs; always the first
    refused                   why this node may not take part; then the task ends
    round, images             how far it is
    line                      what a trainer here would print on standard error
    file, at, ...             a piece of a file (pipeline/cluster/pieces.py)
    saved                     a checkpoint of this round has been sent, with all its files
    trained                   the seconds that a unit has trained there
    result                    the value of a call
    failed, code              the task's error, which another attempt would repeat
    done, cpu                 all has been sent

A checkpoint is sent every few seconds, more seldom where sending one takes long.
"""

import io
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import ray

from pipeline.cluster import node
from pipeline.cluster.pieces import Message, Outbox
from pipeline.execution import done, loop, parts, times, worker
from pipeline.results.files import read_json, write_bytes
from pipeline.study.errors import StudyError

MOST = 15.0  # seconds between two checkpoints, however long one takes
SHARE = 0.02  # of a task's time that its checkpoints take, as long as MOST allows
Files = Mapping[str, tuple[str, Sequence[Any]]]  # by name: SHA-256, and references to its pieces


def wait(every: float, cost: float) -> float:
    """Seconds until the next checkpoint, where the last one took `cost`; `every` at least."""
    return min(max(every, cost / SHARE), max(every, MOST))


def train(asked: Mapping[str, Any], what: list[Any], files: Files) -> Iterator[Message]:
    """Trains a unit, or a part of one, from the last checkpoint that the driver has.

    asked: the likeness that this node must have, what to compare, and the seconds between two
    checkpoints. what: a reference to the unit, which is read when the node is known to have its
    code. files: data/..., and the files of
    the unit's folder as folder/...
    """
    yield from _accepted(asked, lambda: _train(what, files, asked["every"]))


def call(asked: Mapping[str, Any], what: list[Any], files: Files) -> Iterator[Message]:
    """Calls a function of a stage in a folder with these files; its value is the result.

    what: a reference to the names of its module and of itself, and its arguments.
    """
    yield from _accepted(asked, lambda: _call(what, files))


def _accepted(asked, work):
    """The messages of a task, unless this node differs in what decides bytes."""
    own = node.likeness(asked["device"], asked["threads"], asked["modules"])
    here = ray.get_runtime_context().get_node_id()
    where = f"{ray.util.get_node_ip_address()}/{here[:6]}"  # a machine may have several nodes
    yield {"node": here, "where": where, "device": own["device"]}
    if why := node.refusal(asked["like"], own):
        yield {"refused": why}
        return
    said = io.StringIO()
    cpu = time.process_time()
    messages = work()
    while True:
        try:
            with redirect_stderr(said):
                message = next(messages, None)
        except StudyError as error:
            yield {"failed": str(error), "code": error.code}
            return
        for line in said.getvalue().splitlines():
            yield {"line": line}
        said.truncate(said.seek(0))
        if message is None:
            yield {"done": True, "cpu": time.process_time() - cpu}
            return
        yield message


def _train(what, files, every):
    with node.workplace():
        (unit,) = ray.get(what)
        unit.folder.mkdir(parents=True)
        for name, (sha256, pieces) in files.items():
            kind, _, own = name.partition("/")
            if kind == "data":
                _link(Path(name), node.kept(sha256, partial(_joined, pieces)))
            else:
                write_bytes(unit.folder / own, _joined(pieces))
        outbox = Outbox(unit.folder)
        try:
            for event in worker.work(unit, partial(wait, every), obey=False):
                if isinstance(event, loop.Told):
                    yield event._asdict()
                else:
                    yield from outbox.checkpoint()
                    yield {"saved": event.round}
        except StudyError:  # `python -m pipeline replay` needs what has been found by then
            for name in ("run.json", done.DIVERGED):
                if (unit.folder / name).is_file():
                    yield from outbox.file(name)
            raise
        if not isinstance(unit, parts.Part):
            for name in read_json(unit.folder / done.RECORD)["files"]:
                yield from outbox.file(name)
            yield from outbox.file(done.RECORD)
        yield {"trained": times.training_seconds(unit.folder) or 0.0}


def _call(what, files):
    with node.workplace():
        module, function, arguments = ray.get(what)[0]
        for name, (sha256, pieces) in files.items():
            _link(Path(name), node.kept(sha256, partial(_joined, pieces)))
        yield {"result": getattr(import_module(module), function)(*arguments)}


def _link(name, file):
    name.parent.mkdir(parents=True, exist_ok=True)
    os.symlink(file, name)


def _joined(pieces):
    return b"".join(ray.get(piece) for piece in pieces)
