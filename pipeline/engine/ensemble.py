"""The replicas of a run, trained side by side as one batched ensemble.

A replica is one seed of a run. Models and objectives are written for one replica; only the engine
knows that there are R of them. Their parameters are stacked along a leading axis, `vmap` runs a
loss over that axis, and one optimizer per player moves the stacked parameters. Replicas share no
parameter, so the gradient of the summed loss is each replica's own gradient. An optimizer that
works element by element then moves each replica as if it were alone: an ensemble of R equals R
separate trainings (tests/engine/test_ensemble.py).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap

from pipeline.engine.chunks import groups
from pipeline.engine.randomness import Distribution, draws, seed64
from pipeline.engine.settings import settings, with_settings

ALL = slice(None)
SETTLED = 2_048  # latents from which a model's batch statistics for sampling are computed
Batch = Mapping[str, Tensor]  # "x", "label", ...: examples of one replica, (B, ...)
Noise = Mapping[str, Tensor]  # draws of the distributions that a player declares, (B, ...)
Terms = Mapping[str, Tensor]  # named summands of a loss, (B,) or ()
Report = dict[str, dict[str, Tensor]]  # {player: {term: mean, (R,)}} of one round


class Player(NamedTuple):
    """One side of a game: the networks that it moves, and the loss that it minimises over them.

    loss(net, batch, noise) returns named terms, of shape (B,) or (); the player minimises the sum
    of their means. A model with one player is plain minimisation.

    draws says which pool each part of the batch comes from, {name: pool}. A pool is "train" or one
    of the data set's `pools`, and each name has its own stream of indices. All arrays of a pool
    are drawn with the same indices, so that an example keeps its label and its partner. Under the
    name "x" they keep their own names: batch["x"], batch["label"]. Any other name becomes a
    prefix: {"labelled": "few"} gives batch["labelled_x"], batch["labelled_label"].
    """

    name: str
    loss: Callable[["Nets", Batch, Noise], Terms]
    moves: tuple[str, ...]
    noise: Mapping[str, Distribution] = {}
    steps: int = 1  # per round, each on a batch and noise of its own
    project: Callable[[Tensor], Tensor] | None = None  # applied to its weights after each step
    draws: Mapping[str, str] = {"x": "train"}
    progress: bool = False  # whether the loss reads batch["progress"], (): its phase from 0 to 1


class Nets:
    """The networks of one replica, called by name: net.generator(z)."""

    def __init__(self, modules: Mapping[str, nn.Module], state: dict[str, dict[str, Tensor]]):
        self.modules, self.state = modules, state

    def __getattr__(self, name: str) -> Callable[..., Tensor]:
        return lambda *inputs: functional_call(self.modules[name], self.state[name], inputs)

    def replace(self, **state: dict[str, Tensor]) -> "Nets":
        """The same networks with other parameters, for losses that unroll steps."""
        return Nets(self.modules, {**self.state, **state})


class Ensemble:
    """R replicas of a model, one per seed."""

    def __init__(self, model: Any, seeds: Iterable[int], device: torch.device | str = "cpu"):
        """model: a Model of pipeline/models. seeds: one per replica, R integers."""
        self.model, self.seeds, self.device = model, tuple(seeds), torch.device(device)
        replicas = [self._networks(seed) for seed in self.seeds]
        self.modules = replicas[0]
        self.weights, self.buffers = dict[str, Tensor](), dict[str, dict[str, Tensor]]()
        for n, module in self.modules.items():
            parameters, self.buffers[n] = stack_module_state([r[n] for r in replicas])
            rows = [parameters[k].detach().flatten(1) for k, _ in module.named_parameters()]
            self.weights[n] = torch.cat(rows, dim=1) if rows else torch.empty(len(replicas), 0)
        self.state = {n: self.named(n, w) | self.buffers[n] for n, w in self.weights.items()}
        self.settings = settings(model, self.device)

    def _networks(self, seed: int) -> dict[str, nn.Module]:
        with torch.random.fork_rng(devices=[]):  # on the CPU: the same start on a GPU
            networks = {}
            for name in self.model.networks():
                torch.manual_seed(seed64(seed, f"weights/{name}"))
                networks[name] = self.model.networks()[name].to(self.device)
            return networks

    def named(self, network: str, *pieces: Tensor) -> dict[str, Tensor]:
        """The parameters by name, as views of the flat pieces that hold them, (..., P_i)."""
        own = dict(self.modules[network].named_parameters())
        together = groups(own) if len(pieces) > 1 else [list(own)]
        found = {}
        for piece, names in zip(pieces, together, strict=True):
            rows = piece.split([own[name].numel() for name in names], dim=-1)
            for name, row in zip(names, rows, strict=True):
                found[name] = row.view(*row.shape[:-1], *own[name].shape)
        return found

    def pieces(self, network: str, rows: slice) -> list[Tensor]:
        """The weights of some replicas as the optimizer moves them: flat views, (r, P_i).

        Several replicas have one piece. A single replica has one piece per large parameter, so
        that its gradient need not be copied next to the others: that copy took 13 % of an MLP
        GAN's round.
        """
        weights = self.weights[network][rows]
        own = dict(self.modules[network].named_parameters())
        if len(weights) > 1 or not own:
            return [weights]
        sizes = [sum(own[name].numel() for name in names) for names in groups(own)]
        return list(weights.split(sizes, dim=1))

    def each(self, f: Callable[..., Any], *inputs: Any, **shared: Any) -> Any:
        """f(net, *inputs, **shared) of every replica, without gradients.

        f: a method of the model, called with each replica's own settings; or a function.
        inputs: tensors, or dictionaries of tensors, with a leading axis R.
        shared: arguments that are the same for every replica.
        """
        bound = getattr(f, "__self__", None) is self.model and self.settings

        def one(state: Any, numbers: Any, *own: Any) -> Any:
            own_f = getattr(with_settings(self.model, numbers), f.__name__) if bound else f
            return own_f(Nets(self.modules, state), *own, **shared)

        with torch.no_grad():
            return vmap(one)(self.state, self.settings, *inputs)

    def noise(
        self,
        distributions: Mapping[str, Distribution],
        count: tuple[int, ...],
        stream: str,
        block: int = 0,
        rows: slice = ALL,
    ) -> dict[str, Tensor]:
        """One block of noise of each replica, from its own stream, (R, *count, ...)."""
        dtype, seeds = torch.get_default_dtype(), self.seeds[rows]
        drawn = {
            name: draws(distribution, count, seeds, f"{stream}/{name}", block, self.device)
            for name, distribution in distributions.items()
        }
        return {n: t.to(dtype) if t.is_floating_point() else t for n, t in drawn.items()}

    def settle(self) -> None:
        """Sets the buffers that sampling needs, such as batch norm's statistics.

        settle(net, noise) of a model returns {network: {buffer: value}}, computed from SETTLED
        latents, so that no sample depends on the rest of its batch. Training must not read them.
        """
        if hasattr(self.model, "settle"):
            noise = self.noise(self.model.prior(), (SETTLED,), "settle")
            for network, values in self.each(self.model.settle, noise).items():
                for name, value in values.items():
                    self.buffers[network][name].copy_(value)

    def sample(self, count: int, stream: str) -> Tensor:
        """Generated examples, (R, count, ...): the same stream gives the same latents."""
        noise = self.noise(self.model.prior(), (count,), stream)
        generated: Tensor = self.each(self.model.sample, noise)
        return generated

    def gradients(self, player: Player, batch: int) -> Callable[..., tuple[Any, Any, Any]]:
        """The gradients of a player's loss, as a function of r replicas at once.

        batch: B, examples per replica.
        The function takes (moved, still, buffers, batch, noise, settings): `moved` are the weights
        that the player moves, `still` all others, both in pieces. It returns the gradient of the
        loss in `moved`, the mean of each term, (r,) each, and the updated buffers.
        """

        def loss(
            moved: Any, still: Any, buffers: Any, given: Batch, noise: Noise, numbers: Any
        ) -> Any:
            # A loss may read numbers that are this replica's own.
            players = with_settings(self.model, numbers).players() if numbers else [player]
            playing = next(p for p in players if p.name == player.name)
            weights = moved | still
            state = {
                # Adding an empty sum copies the buffer, and `grad` lets a copy be written to.
                n: self.named(n, *pieces)
                | {k: b + pieces[0][:0].detach().sum().to(b.dtype) for k, b in buffers[n].items()}
                for n, pieces in weights.items()
            }
            terms = playing.loss(Nets(self.modules, state), given, noise)
            for name, term in terms.items():  # (B, 1) against (B,) would broadcast to (B, B)
                assert term.shape in ((), (batch,)), (player.name, name, term.shape)
            means = {name: term.mean() for name, term in terms.items()}
            after = {n: {k: state[n][k] for k in names} for n, names in buffers.items()}
            return sum(means.values()), (means, after)

        def gradients(*inputs: Any) -> tuple[Any, Any, Any]:
            gradient, (means, after) = vmap(grad(loss, has_aux=True))(*inputs)
            return gradient, means, after

        return gradients
