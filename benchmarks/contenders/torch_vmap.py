"""Torch's own best for many seeds: a compiled `vmap` of the gradient, and a fused Adam.

The losses are those of the study's models, which are written for one replica.
"""

import torch
from torch.func import grad, stack_module_state, vmap

from benchmarks.contenders import Racer, memory
from pipeline.engine.ensemble import Nets
from pipeline.engine.randomness import Normal

missing = None


def plays(workload) -> bool:
    return True


def prepare(workload, x, device, replicas: int = 1) -> Racer:
    """The ensemble at round 0."""
    model, batch, data = workload.model, workload.batch, torch.from_numpy(x).to(device)
    modules = memory.networks(workload, device)
    weights = {n: stack_module_state([m] * replicas)[0] for n, m in modules.items()}
    players = model.players()
    adam = {
        p.name: torch.optim.Adam(
            [w for n in p.moves for w in weights[n].values()], **workload.adam, fused=True
        )
        for p in players
    }

    def gradients(player):
        def loss(moved, still, x, noise):
            terms = player.loss(Nets(modules, moved | still), {"x": x}, noise)
            return sum(term.mean() for term in terms.values())

        return torch.compile(vmap(grad(loss)), dynamic=False, fullgraph=True)

    found = {player.name: gradients(player) for player in players}

    def drawn(distribution):
        draw = torch.randn if isinstance(distribution, Normal) else torch.rand
        return draw(replicas, batch, *distribution.shape, device=device)

    def step(player):
        indices = torch.randint(len(data), (replicas, batch), device=device)
        moved = {n: weights[n] for n in player.moves}
        still = {n: w for n, w in weights.items() if n not in moved}
        noise = {name: drawn(distribution) for name, distribution in player.noise.items()}
        with torch.no_grad():
            slopes = found[player.name](moved, still, data[indices], noise)
        for network in player.moves:
            for name, weight in weights[network].items():
                weight.grad = slopes[network][name]
        adam[player.name].step()

    def play(rounds):
        for _ in range(rounds):
            for player in players:
                for _ in range(player.steps):
                    step(player)

    return Racer(play, replicas, data=lambda: 0.0, noise=lambda: 0.0)
