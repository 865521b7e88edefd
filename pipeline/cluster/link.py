"""The link to a Ray cluster: what its tasks are started with, and which nodes take part.

Ray decides where a task runs. A node that differs in what decides bytes is left out from then on:
its label stands in the selector of every later task. The device that counts is this machine's
where this machine may train, else that of the first node that takes a task.
"""

import hashlib
import logging
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray

from pipeline.cluster import node, tasks
from pipeline.cluster.pieces import PIECE
from pipeline.execution.processes import KEEP_MEMORY, THREADS
from pipeline.study import cluster
from pipeline.study.errors import RESOURCE, StudyError
from pipeline.study.schema import Study

EVERY = 3.0  # seconds between two checkpoints that a task sends
CONNECT = 5.0  # seconds in which the head of a cluster must answer
AHEAD = 4  # messages of a task that may wait for the driver; then the task waits
TASKS = {"train": ray.remote(tasks.train), "call": ray.remote(tasks.call)}


@dataclass
class Link:
    """An open link; close it, and what still runs there ends."""

    settings: Study
    address: str
    device: str = "cpu"  # or "cuda"
    share: float = field(default_factory=cluster.gpu_share)  # of a GPU, that a task takes
    refused: dict[str, str] = field(default_factory=dict)  # node's id: where it is, and why
    likes: dict[tuple[str, ...], node.Likeness] = field(default_factory=dict)
    first: str | None = None  # the device of the first node that took a task
    files: dict[str, tuple[str, list[Any]]] = field(default_factory=dict)
    looked: tuple[float, list[dict[str, Any]]] = (float("-inf"), [])

    def __enter__(self) -> "Link":
        variables = dict.fromkeys(THREADS, str(self.settings.threads))
        variables |= KEEP_MEMORY | {"PYTHONUTF8": "1"}
        try:
            _answers(self.address)
            ray.init(
                address=self.address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env={"env_vars": variables},
            )
        except (OSError, RuntimeError, ValueError) as error:
            line = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise StudyError(
                f"cluster: {self.address}: no Ray cluster answers ({line}); start one with "
                "`ray start --head`, or DSTAR_CLUSTER=off",
                RESOURCE,
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        ray.shutdown()

    def start(
        self, function: str, label: str, modules: Sequence[str], what: Any, files: dict[str, Any]
    ) -> Any:
        """Starts a task of pipeline/cluster/tasks.py. Returns the generator of its messages."""
        gpus = self.share if self.device != "cpu" else 0
        options = {
            "name": label,
            "num_cpus": self.settings.threads,
            "num_gpus": gpus,
            "num_returns": "streaming",
            "max_retries": 0,  # the next attempt gets what this one has sent
            "_generator_backpressure_num_objects": AHEAD,
        }
        if self.refused:
            options["label_selector"] = {"ray.io/node-id": f"!in({','.join(self.refused)})"}
        asked = {
            "device": self.device,
            "threads": self.settings.threads,
            "modules": list(modules),
            "every": EVERY,
            "like": self._like(tuple(modules)),
        }
        return TASKS[function].options(**options).remote(asked, [ray.put(what)], files)

    def _like(self, modules):
        if modules not in self.likes:
            self.likes[modules] = node.likeness(self.device, self.settings.threads, modules)
        own = dict(self.likes[modules])
        if not self._trains_here():
            own.pop("device")
            if self.first:
                own["device"] = self.first
        return own

    def _trains_here(self):
        here = ray.get_runtime_context().get_node_id()
        return any(n["NodeID"] == here and self._has_room(n) for n in self.nodes())

    def nodes(self) -> list[dict[str, Any]]:
        """The nodes that are alive, as they were less than a second ago."""
        if time.monotonic() - self.looked[0] > 1.0:
            self.looked = time.monotonic(), [n for n in ray.nodes() if n["Alive"]]
        return self.looked[1]

    def _has_room(self, n):
        """Whether a node could ever run a task."""
        resources = n["Resources"]
        gpus = self.share if self.device != "cpu" else 0
        return resources.get("CPU", 0) >= self.settings.threads and resources.get("GPU", 0) >= gpus

    def able(self) -> list[dict[str, Any]]:
        """The nodes that may run tasks and are not left out."""
        return [n for n in self.nodes() if self._has_room(n) and n["NodeID"] not in self.refused]

    def slots(self) -> int:
        """How many tasks can run at once, at least 1."""

        def of(n):
            cores = n["Resources"]["CPU"] // self.settings.threads
            if self.device == "cpu":
                return cores
            return min(cores, n["Resources"]["GPU"] // self.share)

        return max(1, int(sum(map(of, self.able()))))

    def refuse(self, identity: str, where: str, why: str) -> str:
        """Leaves a node out from now on. Returns a line that says so.

        Raises StudyError where no node is left.
        """
        self.refused[identity] = f"{where}: {why}"
        if self.able() or not any(self._has_room(n) for n in self.nodes()):
            return f"node {where} is left out: {why}"
        told = "; ".join(dict.fromkeys(self.refused.values()))
        raise StudyError(f"cluster: no node may take part: {told}", RESOURCE)

    def put(self, file: Path) -> tuple[str, list[Any]]:
        """The SHA-256 of a file, and its pieces in the object store."""
        return _put(file.read_bytes())

    def keep(self, file: Path) -> tuple[str, list[Any]]:
        """The same of a file that many tasks read: it stays in the store."""
        content = file.read_bytes()
        name = hashlib.sha256(content).hexdigest()
        if name not in self.files:
            self.files[name] = _put(content)
        return self.files[name]


def _answers(address):
    """Raises OSError where nobody listens at HOST:PORT: Ray alone would wait for twenty minutes.

    Where somebody does who is no Ray, it then tries once, which takes it 40 s.
    """
    os.environ.setdefault("RAY_gcs_server_port_wait_time_s", "1")
    host, _, port = address.rpartition(":")
    if host:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT).close()


def _put(content):
    pieces = [content[at : at + PIECE] for at in range(0, max(len(content), 1), PIECE)]
    return hashlib.sha256(content).hexdigest(), [ray.put(piece) for piece in pieces]
