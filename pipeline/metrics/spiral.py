"""Whether a game of two parameters spirals into its equilibrium, around it, or away from it.

    u = (theta, psi),    c = log( |u_T| / |u_0| ) / T
    c -> log max |eigenvalue of (I + h P J) (I + h Q J)|    as T grows, close to u = 0

with J the Jacobian of the vector field at the equilibrium u = 0, h the learning rate, and P, Q the
projections on theta and psi: in a round psi moves first. Mescheder, Geiger & Nowozin, "Which
Training Methods for GANs do actually Converge?" (2018), section 2. On an ellipse with axis ratio
a, c differs from its limit by up to log(a) / T.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run, Series
from pipeline.models import roles

NEEDS = (roles.PlaneGame,)
VALUES = ("error", "predicted", "radius_by_round", "radius_change")


def radius_change(first: Tensor, last: Tensor, rounds: int) -> Tensor:
    """c = log( |u_T| / |u_0| ) / T: the distance to the equilibrium changes by e^c per round.

    first, last: u before and after training, shape (2,). rounds: T, at least 1.
    Returns shape ().
    """
    # Near the equilibrium the squares underflow; hypot does not compute them.
    return (torch.hypot(*last) / torch.hypot(*first)).log() / rounds


def predicted_change(jacobian: Tensor, rate: float) -> Tensor:
    """The limit of c for gradient descent on the linearised game.

    jacobian: J, with rows for theta' and psi', shape (2, 2). rate: h.
    Returns shape ().
    """
    theta, psi = torch.eye(2, dtype=jacobian.dtype).diag_embed()
    one = theta + psi
    update = (one + rate * theta @ jacobian) @ (one + rate * psi @ jacobian)
    eigenvalues: Tensor = torch.linalg.eigvals(update)
    return eigenvalues.abs().max().log()


def measure(run: Run) -> Found:
    first, last = (e.each(run.model.place).double() for e in (run.untrained, run.ensemble))
    rounds, jacobian = run.run.train.rounds, run.model.jacobian()
    change = torch.stack([radius_change(a, b, rounds) for a, b in zip(first, last, strict=True)])
    predicted, reference_is = None, "no linear part: the velocity jumps at the equilibrium"
    if jacobian is not None:
        matrix = torch.tensor(jacobian, dtype=torch.float64)
        predicted = predicted_change(matrix, run.run.train.optimizer.lr).item()
        reference_is = "the eigenvalues of a round at the equilibrium"
    found: dict[str, Measured | Series] = {
        "radius_change": Measured(
            title="log of the change of radius",
            unit="per round",
            values=change.tolist(),
            reference=predicted,
            reference_is=reference_is,
            better="reference",
        )
    }
    if predicted is not None:
        found["predicted"] = Measured(
            title="log of the change of radius that the linear part foretells",
            unit="per round",
            values=[predicted] * len(change),
            reference=0.0,
            reference_is="neither in nor out",
            better="lower",
        )
        found["error"] = Measured(
            title="change of radius, off the foretold one",
            unit="per round",
            values=(change - predicted).abs().tolist(),
            reference=0.0,
            reference_is="a linear game",
            better="lower",
        )
    snapshots = [run.at(i).ensemble.each(run.model.place) for i in range(len(run.snapshots))]
    if snapshots:
        places = torch.stack(snapshots, dim=1).double()
        found["radius_by_round"] = Series(
            title="distance from the equilibrium",
            unit="",
            rounds=run.snapshots,
            values=torch.hypot(places[..., 0], places[..., 1]).tolist(),
            reference=None,
            reference_is="",
            log=True,
        )
    return found
