"""Records of the game, its divergences and its dynamics."""

import mpmath as mp
import numpy as np

from reference.errors import DomainError
from tests.reference import exact
from tests.reference.definitions_games import (
    GAMES,
    NAN,
    PERSPECTIVE,
    ROLE,
    best,
    criterion,
    critic,
    descended,
    dual,
    eg,
    entry,
    field,
    gain,
    jacobian,
    losses,
    parts,
    path,
    projected,
    ratio,
    regret,
    roots,
    sign,
    simplex,
    summed,
    table,
    three,
    tight,
    two,
    where,
)
from tests.reference.definitions_games_2 import (
    DENSITIES,
    G,
    conditional,
    grid,
    one_round,
    penalty,
    played,
)
from tests.reference.exact import exp, gradient, log, precise, sqrt, ufunc
from tests.reference.record import Record

RECORDS = {
    "jensen_shannon_density": Record(DENSITIES, precise(entry, 400), atol=1e-320, batch=True),
    "alpha_div": Record(lambda r: [*two(r), 0.7], exact.alpha_div, atol=1e-300),
    "renyi": Record(lambda r: [*two(r), 0.7], exact.renyi, atol=1e-300),
    "meanfield_gap": Record(
        lambda r: [(a := r.normal(size=(3, 3))) @ a.T + np.eye(3)],
        precise(
            lambda P: (log(np.diag(P)).sum() - mp.log(mp.det(mp.matrix(P.tolist())))) / 2, 700
        ),
        rtol=1e-10,
    ),
    "f_divergence": Record(
        lambda r: [*two(r), str(r.choice(list(PERSPECTIVE)))],
        precise(lambda p, q, name: PERSPECTIVE[name](p, q), 400),
        atol=4e-16,
    ),
    "fgan_dual": Record(lambda r: [*three(r), "pearson"], precise(dual, 700), atol=1e-300),
    "fgan_optimal_T": Record(lambda r: [*two(r), "pearson"], precise(tight, 400), atol=1e-300),
    "value_function_density": Record(three, precise(gain, 400), atol=1e-300, batch=True),
    "value_regret": Record(three, precise(regret, 700), atol=1e-300, batch=True),
    "criterion_C": Record(DENSITIES, precise(criterion, 700), batch=True),
    "criterion_C_quad": Record(
        lambda r: [lambda x: 0 * x, lambda x: 0 * x, np.array([0.0, 0.5, 1.0])],
        lambda p, q, b: (b[-1] - b[0]) * 0 - np.log(4) if (np.diff(b) > 0).all() else NAN,
    ),
    "cgan_criterion": Record(
        lambda r: [simplex(r, 6).reshape(3, 2), simplex(r, 6).reshape(3, 2)],
        precise(conditional, 400),
        atol=4e-16,
    ),
    "lsgan_optimum": Record(
        DENSITIES,
        precise(
            lambda p, q: (
                where(p + q == 0, mp.nan, ratio(p, p + q)),
                summed((p * ratio(q, p + q) ** 2 + q * ratio(q, p + q) ** 2) / 2),
            ),
            700,
        ),
        batch=True,
    ),
    "hinge_optimum": Record(
        DENSITIES,
        precise(lambda p, q: (sign(p - q), summed(p + q - abs(p - q))), 700),
        batch=True,
    ),
    "implicit_divergence_grad": Record(
        two,
        precise(lambda p, q: (g := log(1 - best(p, q))) - g.mean(-1, keepdims=True), 700),
        atol=4e-16,
        batch=True,
    ),
    "optimal_discriminator": Record(
        DENSITIES,
        precise(lambda p, q: where(p + q == 0, mp.nan, best(p, q)), 700),
        atol=5e-324,
    ),
    "optimal_discriminator_log": Record(
        lambda r: list(r.normal(size=(2, 4))),
        precise(lambda a, b: 1 / (1 + exp(b - a))),
        atol=1e-300,
    ),
    "density_ratio_from_D": Record(lambda r: [r.normal(size=4)], precise(lambda a: exp(a))),
    "discriminator_rejection": Record(
        lambda r: [-r.random(4), 0.5], precise(lambda a, top: exp(a - top)), atol=1e-320
    ),
    "loss_parts": Record(
        lambda r: [r.normal(size=4), str(r.choice(list(GAMES))), str(r.choice(list(ROLE)))],
        precise(lambda a, kind, role: GAMES[kind][ROLE[role]](a), 700),
        atol=1e-300,
    ),
    "gan_losses": Record(
        lambda r: [*r.normal(size=(2, 4)), str(r.choice(list(GAMES)))],
        precise(losses, 700),
        atol=1e-300,
    ),
    "grad_wrt_logit": Record(
        lambda r: [
            r.normal(size=4),
            str(r.choice(["minimax", "lsgan", "wgan"])),
            str(r.choice(list(ROLE))),
        ],
        lambda a, kind, role: gradient(lambda a: GAMES[kind][ROLE[role]](a), 0)(a),
        atol=1e-300,
    ),
    "grad_wrt_D": Record(
        lambda r: [r.uniform(0.1, 0.9, 4), "minimax", str(r.choice(list(ROLE)))],
        precise(
            lambda d, kind, role: {
                "real": -ratio(1, d),
                "fake": ratio(1, 1 - d),
                "generator": -ratio(1, 1 - d),
            }[role],
            400,
        ),
    ),
    "bce_prob_torch_model": Record(
        lambda r: [r.normal(size=4), 1e-3],
        precise(
            lambda a, e: (
                -log(1 / (1 + exp(-a)) + e),
                -1 / (1 + exp(-a)) / (1 + exp(a)) / (1 / (1 + exp(-a)) + e),
            )
        ),
        atol=4e-16,
    ),
    "gradient_penalty": Record(G, precise(penalty, 700)),
    "gradient_penalty_gradient": Record(
        G,
        precise(
            lambda g: (
                20 * (1 - ratio(1, sqrt(summed(g**2))))[..., None] * g / g[..., 0].size
                if (g != 0).any(-1).all()
                else 0 * g + mp.nan
            ),
            700,
        ),
    ),
    "r1_penalty": Record(G, precise(lambda g: 5 * summed(g**2).mean(), 700), atol=1e-320),
    "r1_penalty_gradient": Record(G, precise(lambda g: 10 * g / g[..., 0].size, 60)),
    "prop2_gradient": Record(
        two,
        precise(
            lambda p, q: ufunc(lambda a, b: mp.log(b / (a + b)) if b else -mp.inf, 2)(p, q), 700
        ),
        batch=True,
    ),
    "prop2_eg": Record(lambda r: [*two(r), 0.7, 3], precise(eg, 400), atol=1e-300),
    "prop2_step_closed_form": Record(
        two, precise(lambda p, q: (p + q) / 2, 400), atol=1e-320, batch=True
    ),
    "project_simplex": Record(
        lambda r: [r.normal(size=3)], precise(projected, 700), atol=4e-16, batch=True
    ),
    "prop2_projected_gd": Record(
        lambda r: [*two(r), 0.1, 2], precise(descended, 700), rtol=1e-10, atol=1e-14
    ),
    "best_response_G": Record(lambda r: [r.integers(0, 3, 4).astype(float)], grid),
    "bilinear_gda": Record(
        lambda r: [*r.normal(size=2), 0.3, 3, str(r.choice(["simultaneous", "alternating"]))],
        precise(path, 700),
    ),
    "unrolled_quadratic": Record(
        lambda r: [*r.normal(size=2), *r.uniform(0.1, 1, 2), 3], precise(critic, 1500)
    ),
    "unrolled_table": Record(lambda r: [*three(r), 0.5, 3], precise(table, 700), rtol=1e-11),
    "dirac_field": Record(
        lambda r: [*r.normal(size=2), str(r.choice(["non_saturating", "r1", "consensus"])), 0.5],
        precise(field, 700),
    ),
    "dirac_jacobian": Record(
        lambda r: [str(r.choice(["non_saturating", "r1", "consensus"])), 0.5],
        precise(jacobian, 1300),
        ((("instance_noise", 1e200), DomainError),),
        atol=1e-25,
    ),
    "dirac_eigenvalues": Record(
        lambda r: ["r1", 0.5 + r.random()],
        precise(lambda kind, gamma: roots(jacobian(kind, gamma)), 1300),
        atol=1e-25,
        seen=parts,
    ),
    "dirac_update_eigenvalues": Record(
        lambda r: ["r1", 0.1, 0.5], precise(one_round, 1300), atol=1e-16, seen=parts
    ),
    "dirac_gan": Record(lambda r: ["r1", 0.1, 3, 0.5], precise(played, 150)),
    "gan_optimum_constants": Record(
        lambda r: [],
        lambda: (
            0.5,
            0.5,
            -np.log(4),
            np.log(4),
            np.log(2),
            -np.log(2),
            np.log(2),
            2,
            0,
            0,
            1,
            0,
            0,
        ),
    ),
}
