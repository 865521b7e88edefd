"""The replicas of a run, trained side by side as one batched ensemble.

A replica is one seed of a run. Models and objectives are written for one replica; only
this file knows that there are R of them. Their parameters are stacked along a leading
axis, `vmap` runs a loss over that axis, and one ordinary Torch optimiser per player
moves the stacked parameters. Replicas share no parameter, so the gradient of the summed
loss is each replica's own gradient, and an optimiser that works element by element moves
each as if it were alone: an ensemble of R equals R separate trainings
(tests/test_ensemble.py).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.utils._pytree import tree_leaves, tree_map, tree_unflatten

from pipeline.layout import chunk_of, groups
from pipeline.optimisers import Optimiser
from pipeline.streams import BLOCK, Integers, Law, draws, seed64
from pipeline.tracing import Traced, trace

SETTLED = 2_048  # examples of the prior that a model's statistics are taken of
Batch = Mapping[str, Tensor]  # "x", "label": examples of one replica, (B, ...)
Noise = Mapping[str, Tensor]  # what a player or a sampler declared, (B, ...)
Terms = Mapping[str, Tensor]  # named summands of a loss, (B,) or ()


class Player(NamedTuple):
    """One side of a game: the networks it moves and the loss it moves them to lower.

    loss(net, batch, noise) returns named terms, shape (B,) or (); what is minimised is the
    sum of their means. A model with one player is plain minimisation.
    """

    name: str
    loss: Callable[["Nets", Batch, Noise], Terms]
    moves: tuple[str, ...]
    noise: Mapping[str, Law] = {}
    steps: int = 1  # per round, each on a batch and noise of its own
    project: Callable[[Tensor], Tensor] | None = None  # of its weights, after each step


class Nets:
    """The networks of one replica, called by name: net.generator(z)."""

    def __init__(self, modules: Mapping[str, nn.Module], state: dict[str, dict[str, Tensor]]):
        self.modules, self.state = modules, state

    def __getattr__(self, name: str) -> Callable[..., Tensor]:
        return lambda *inputs: functional_call(self.modules[name], self.state[name], inputs)

    def replace(self, **state: dict[str, Tensor]) -> "Nets":
        """The same networks with other parameters, for losses that look ahead."""
        return Nets(self.modules, {**self.state, **state})


class Ensemble:
    """R replicas of a model, one for each seed."""

    def __init__(self, model, seeds, device: torch.device | str = "cpu"):
        """model: a Model of pipeline/models. seeds: the replicas' names, R integers."""
        self.model, self.seeds, self.device = model, tuple(seeds), torch.device(device)
        replicas = [self._networks(seed) for seed in self.seeds]
        self.modules = replicas[0]
        self.weights, self.buffers = dict[str, Tensor](), dict[str, dict[str, Tensor]]()
        for n, module in self.modules.items():
            parameters, self.buffers[n] = stack_module_state([r[n] for r in replicas])
            rows = [parameters[k].detach().flatten(1) for k, _ in module.named_parameters()]
            self.weights[n] = torch.cat(rows, dim=1) if rows else torch.empty(len(replicas), 0)
        self.state = {n: self.named(n, w) | self.buffers[n] for n, w in self.weights.items()}

    def _networks(self, seed):
        with torch.random.fork_rng(devices=[]):  # on the CPU, so that a GPU starts alike
            networks = {}
            for name in self.model.networks():
                torch.manual_seed(seed64(seed, f"weights/{name}"))
                networks[name] = self.model.networks()[name].to(self.device)
            return networks

    def named(self, network: str, *pieces: Tensor) -> dict[str, Tensor]:
        """The parameters that lie one after another in pieces, (..., P_i), by name: views."""
        own = dict(self.modules[network].named_parameters())
        together = groups(own) if len(pieces) > 1 else [list(own)]
        found = {}
        for piece, names in zip(pieces, together, strict=True):
            parts = piece.split([own[name].numel() for name in names], dim=-1)
            for name, part in zip(names, parts, strict=True):
                found[name] = part.view(*part.shape[:-1], *own[name].shape)
        return found

    def pieces(self, network: str, rows: slice) -> list[Tensor]:
        """The weights of some replicas as they are moved: views, (r, P_i).

        Those of several replicas are moved as one. Of a replica alone each large parameter is,
        so that its slope is not copied to lie beside the others: 13 % of an MLP GAN's round.
        """
        weights = self.weights[network][rows]
        own = dict(self.modules[network].named_parameters())
        if len(weights) > 1 or not own:
            return [weights]
        sizes = [sum(own[name].numel() for name in names) for names in groups(own)]
        return list(weights.split(sizes, dim=1))

    def each(self, f: Callable, *inputs: Any, **shared: Any) -> Any:
        """f(net, *inputs, **shared) of every replica, without gradients.

        inputs: tensors, or dictionaries of tensors, with a leading axis R.
        shared: what every replica gets alike.
        """

        def one(state, *own):
            return f(Nets(self.modules, state), *own, **shared)

        with torch.no_grad():
            return vmap(one)(self.state, *inputs)

    def noise(self, laws: Mapping[str, Law], count, stream: str, block: int = 0):
        """A block of noise of every replica from its own stream, (R, *count, ...)."""
        dtype = torch.get_default_dtype()
        drawn = {
            name: draws(law, count, self.seeds, f"{stream}/{name}", block, self.device)
            for name, law in laws.items()
        }
        return {n: t.to(dtype) if t.is_floating_point() else t for n, t in drawn.items()}

    def settle(self) -> None:
        """Gives buffers the values that sampling needs, where the model says which.

        settle(net, noise) of a model returns {network: {buffer: value}}, from a large batch of
        its prior, so that no sample depends on its neighbours. Training must not read them.
        """
        if hasattr(self.model, "settle"):
            noise = self.noise(self.model.prior(), (SETTLED,), "settle")
            for network, values in self.each(self.model.settle, noise).items():
                for name, value in values.items():
                    self.buffers[network][name].copy_(value)

    def sample(self, count: int, stream: str) -> Tensor:
        """Generated examples, (R, count, ...): the same stream gives the same latents."""
        return self.each(self.model.sample, self.noise(self.model.prior(), (count,), stream))


class Way(NamedTuple):
    """How some replicas find a player's way down, and where what is found belongs."""

    run: Callable  # of their weights and buffers, batch and noise: tensors in a row
    state: list[Tensor]  # weights and buffers
    slopes: list[int]  # the places among what is returned: of the slopes in what it moves,
    terms: dict[str, int]  # of its terms,
    buffers: list[tuple[Tensor, int]]  # and of what buffers are to hold


class Training:
    """An ensemble in play: its optimisers, its data, and the round that it has reached."""

    def __init__(
        self,
        ensemble: Ensemble,
        data: Batch,
        batch: int,
        optimiser: Callable[[list[Tensor]], Optimiser],
        chunk: int = 0,
        compiled: bool = False,
        rate: Callable[[int], float] = lambda played: 1.0,
    ):
        """data: training examples, (N, ...), on the ensemble's device.

        batch: examples B per step and replica, drawn with replacement.
        optimiser: makes an optimiser of a list of weights.
        chunk: replicas a call; 0: as many as suits the device.
        compiled: whether the steps are compiled as well as traced.
        rate: the share of the learning rate at each round, counted from 0.
        """
        self.ensemble, self.data, self.batch = ensemble, data, batch
        self.players = ensemble.model.players()
        size = chunk or chunk_of(ensemble, batch * data["x"][0].numel(), compiled)
        self.chunks = [slice(i, i + size) for i in range(0, len(ensemble.seeds), size)]
        self._parts = [  # views: what is written to them is written to the ensemble
            (
                {n: ensemble.pieces(n, rows) for n in ensemble.weights},
                tree_map(lambda t, rows=rows: t[rows], ensemble.buffers),
            )
            for rows in self.chunks
        ]
        self.optimisers = {
            (player.name, c): optimiser([w for n in player.moves for w in weights[n]])
            for player in self.players
            for c, (weights, _) in enumerate(self._parts)
        }
        self.compiled, self.rate = compiled, rate
        self.round = 0
        self._block: tuple[int, dict] = (-1, {})
        self._traced: dict[tuple[str, int], Traced] = {}
        self._ways: dict[tuple[str, int], Way] = {}

    def play(self, rounds: int) -> Iterator[dict[str, dict[str, Tensor]]]:
        """Plays until `rounds` are done. After each yields {player: {term: mean, (R,)}}."""
        while self.round < rounds:
            report = {}
            for player in self.players:
                for step in range(player.steps):
                    report[player.name] = self._step(player, *self._inputs(player, step))
            self.round += 1
            yield report

    def _inputs(self, player, step):
        """The batch and the noise of one step, (R, B, ...), from the block of this round."""
        block, within = divmod(self.round, BLOCK)
        if block != self._block[0]:
            self._block = block, {}
        drawn = self._block[1]
        if (player.name, step) not in drawn:
            where = f"{player.name}/{step}"
            laws = {"index": Integers(len(self.data["x"]))}
            count = (BLOCK, self.batch)
            index = self.ensemble.noise(laws, count, f"batch/{where}", block)["index"]
            noise = self.ensemble.noise(player.noise, count, f"noise/{where}", block)
            drawn[player.name, step] = index.transpose(0, 1).flatten(1), noise
        index, noise = drawn[player.name, step]
        batch = {
            name: values.index_select(0, index[within]).view(-1, self.batch, *values.shape[1:])
            for name, values in self.data.items()
        }
        return batch, {name: values[:, within] for name, values in noise.items()}

    def _step(self, player, batch, noise):
        if len(self.chunks) == 1:
            return self._chunk_step(player, 0, batch, noise)
        found = []
        for c, rows in enumerate(self.chunks):
            own = ({n: t[rows] for n, t in given.items()} for given in (batch, noise))
            found.append(self._chunk_step(player, c, *own))
        return {name: torch.cat([terms[name] for terms in found]) for name in found[0]}

    def _chunk_step(self, player, chunk, batch, noise):
        """The step of some replicas."""
        way = self._ways.get((player.name, chunk)) or self._way(player, chunk, batch, noise)
        found = way.run(*way.state, *batch.values(), *noise.values())
        downhill = [found[i].contiguous() for i in way.slopes]
        self.optimisers[player.name, chunk].step(downhill, self.rate(self.round))
        if player.project:
            for network in player.moves:
                for piece in self._parts[chunk][0][network]:
                    piece.copy_(player.project(piece))
        for buffer, i in way.buffers:
            buffer.copy_(found[i])
        return {name: found[i] for name, i in way.terms.items()}

    def _way(self, player, chunk, batch, noise):
        """A player's way down for some replicas, kept; traced once for all of as many."""
        weights, buffers = self._parts[chunk]
        moved = {n: weights[n] for n in player.moves}
        still = {n: w for n, w in weights.items() if n not in moved}
        part = moved, still, buffers, batch, noise
        key = player.name, len(batch["x"])
        if key not in self._traced:
            self._traced[key] = trace(self._slopes(player), *part, compiled=self.compiled)
        run, made = self._traced[key][1:]
        places = tree_unflatten(range(made.num_leaves), made)
        kept = list(zip(tree_leaves(buffers), tree_leaves(places[2]), strict=True))
        way = Way(run, tree_leaves(part[:3]), tree_leaves(places[0]), places[1], kept)
        return self._ways.setdefault((player.name, chunk), way)

    def _slopes(self, player):
        """The function that finds a player's way down.

        From (moved, still, buffers, batch, noise) of r replicas: the slopes in its weights of
        what it minimises, its terms, and the buffers afterwards.
        """
        ensemble = self.ensemble

        def loss(moved, still, buffers, batch, noise):
            weights = moved | still
            state = {
                # A sum of nothing makes of a buffer a copy that may be written to under `grad`.
                n: ensemble.named(n, *pieces)
                | {k: b + pieces[0][:0].detach().sum().to(b.dtype) for k, b in buffers[n].items()}
                for n, pieces in weights.items()
            }
            terms = player.loss(Nets(ensemble.modules, state), batch, noise)
            for name, term in terms.items():  # (B, 1) against (B,) would broadcast to (B, B)
                assert term.shape in ((), (self.batch,)), (player.name, name, term.shape)
            means = {name: term.mean() for name, term in terms.items()}
            after = {n: {k: state[n][k] for k in names} for n, names in buffers.items()}
            return sum(means.values()), (means, after)

        def slopes(*part):
            slope, (means, after) = vmap(grad(loss, has_aux=True))(*part)
            return slope, means, after

        return slopes
