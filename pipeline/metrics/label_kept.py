"""Whether a translated image keeps its class, or classes are exchanged.

    C_jk       share of images of class j that become class k
    kept       sum_k C_kk
    permuted   max over permutations s of sum_k C_k,s(k)

A map that matches the two domains as distributions, with a map back, may be any bijection between
them: Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
(2017), section 7, and Kim et al., "Learning to Discover Cross-Domain Relations" (2017), who count
correct ones. A wrong bijection is counted where a permutation other than the identity explains
more than half of the labels, and at least 1/K more than the identity does: an exchange of two of K
classes explains 2/K more, one image that is confused next to nothing.

The class of an image is that of the nearest training image of its domain: Cover & Hart, "Nearest
neighbor pattern classification" (1967). It exists in every domain without a training of its own;
of small digits it names 99 % right.
"""

import torch
from torch import Tensor

from pipeline.metrics import Found, Measured, Run, by_rows
from pipeline.models import roles

NEEDS = (roles.Translator,)
NEEDS_DATA = ("partners",)
VALUES = (
    *("kept", "kept_back", "permuted", "permuted_back", "wrong_bijection", "wrong_bijection_back"),
)
STORED = 10_000  # training images that are compared with


def nearest_label(x: Tensor, stored: Tensor, label: Tensor) -> Tensor:
    """The label of the stored image nearest to x; of equally near ones the first.

    x: shape (n, features). stored: shape (N, features). label: shape (N,).
    Returns shape (n,).
    """
    return label[by_rows(lambda part: torch.cdist(part, stored).argmin(1), x, len(stored))]


def confusion(label: Tensor, named: Tensor, classes: int) -> Tensor:
    """C: the share of images with each label and each name.

    label, named: integers in 0 ... K - 1, shape (n,). classes: K.
    Returns shape (K, K), which sums to 1.
    """
    counts = (label * classes + named).bincount(minlength=classes**2).double()
    return counts.view(classes, classes) / len(label)


def permuted_share(table: Tensor) -> Tensor:
    """The largest share that one permutation of the classes explains.

    table: C, shape (K, K).
    Returns shape (), at least the trace and at least 1/K.
    """
    from scipy.optimize import linear_sum_assignment  # 0.3 s that other stages need not pay

    rows, columns = linear_sum_assignment(table.numpy(), maximize=True)
    return table[torch.from_numpy(rows), torch.from_numpy(columns)].sum()


def wrong_bijection(table: Tensor) -> Tensor:
    """Whether another permutation than the identity explains the classes: 1, else 0.

    table: C, shape (K, K).
    Returns shape ().
    """
    best = permuted_share(table)
    # 1e-9: the two are sums of the same shares in another order.
    gain = best - table.trace() >= 1 / len(table) - 1e-9
    return (gain & (best > 0.5)).to(table.dtype)


def measure(run: Run) -> Found:
    found = dict(_one_way(run, run.model.translate, "x", "partner", ""))
    if isinstance(run.model, roles.TwoWay):
        found |= _one_way(run, run.model.translate_back, "partner", "x", "_back")
    return found


def _one_way(run: Run, f: object, source: str, target: str, suffix: str) -> Found:
    label, classes = run.test["label"], run.dataset.classes
    stored = run.train[target][:STORED], run.train["label"][:STORED]
    made = run.ensemble.each(f, x=run.test[source])  # type: ignore[arg-type]
    tables = [confusion(label, nearest_label(x, *stored), classes) for x in made]
    true = confusion(label, nearest_label(run.test[target], *stored), classes)
    way, of_true = ("B to A" if suffix else "A to B"), "the true partners"
    return {
        f"kept{suffix}": Measured(
            title=f"translated images that keep their class, {way}",
            unit="share",
            values=[table.trace().item() for table in tables],
            reference=true.trace().item(),
            reference_is=of_true,
            better="higher",
            least=0.0,
            most=1.0,
        ),
        f"permuted{suffix}": Measured(
            title=f"translated images whose class one permutation explains, {way}",
            unit="share",
            values=[permuted_share(table).item() for table in tables],
            reference=permuted_share(true).item(),
            reference_is=of_true,
            better="higher",
            least=0.0,
            most=1.0,
        ),
        f"wrong_bijection{suffix}": Measured(
            title=f"a wrong bijection: classes are exchanged, {way}",
            unit="share of seeds",
            values=[wrong_bijection(table).item() for table in tables],
            reference=0.0,
            reference_is=of_true,
            better="lower",
            share=True,
        ),
    }
