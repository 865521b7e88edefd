"""Nodes of a cluster on loopback."""

import socket
from contextlib import ExitStack
from typing import Any

AGENTS = (
    "metrics_agent_port",
    "metrics_export_port",
    "dashboard_agent_listen_port",
    "runtime_env_agent_port",
)
QUICK = {  # a node that is gone is known to be after two seconds, a full store is not spilled
    "worker_niceness": 0,
    "health_check_initial_delay_ms": 5000,
    "health_check_period_ms": 1000,
    "automatic_object_spilling_enabled": False,
    "object_store_full_delay_ms": 100,
    "oom_grace_period_s": 1,
}


def node(**more: Any) -> dict[str, Any]:
    """The arguments of a node on loopback. Of ports that are given it waits for no agent."""
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in AGENTS]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        numbers = [each.getsockname()[1] for each in sockets]
    own = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "object_store_memory": 80_000_000}
    own |= {"include_dashboard": False, "include_log_monitor": False, "no_monitor": True}
    return own | dict(zip(AGENTS, numbers, strict=True)) | more
