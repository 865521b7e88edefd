"""Records of exact models: latents, likelihoods, diffusion, flows."""

import mpmath as mp
import numpy as np

from tests.reference.definitions_games import simplex
from tests.reference.definitions_models import (
    alphas,
    at,
    binned,
    bound,
    couple,
    ddim,
    decoder_term,
    denoised,
    drawn_kl,
    factorials,
    gauss,
    kl,
    logistic,
    mixture,
    model,
    moments,
    n,
    noise_seen,
    normal,
    phi,
    planar,
    prior_term,
    quadrature,
    recovered,
    reversed_step,
    scaled,
    scheduled,
    score,
    shares,
    spd,
    step_term,
    steps_of,
    upper,
    where,
)
from tests.reference.definitions_models_2 import (
    LEVELS,
    LINE,
    POINTS,
    augmented,
    elbo,
    one_axis,
    posterior,
    surgery,
    terms,
    two_layers,
)
from tests.reference.exact import eigenvalues, exp, log, precise, sqrt, xlogx
from tests.reference.record import Record

RECORDS = {
    "binomial_loglik": Record(
        lambda r: [r.integers(0, 3, 3), r.integers(3, 6, 3), r.normal(size=3)],
        precise(factorials),
        atol=4e-16,
    ),
    "discretized_gaussian_loglik": Record(
        lambda r: [LEVELS(r, 3), r.normal(size=3), r.uniform(0.1, 1, 3), 9],
        precise(lambda x, m, s, k: binned(phi, int(k))(x, m, s), 700),
        rtol=1e-11,
    ),
    "discretized_logistic_loglik": Record(
        lambda r: [LEVELS(r, 3), r.normal(size=3), r.uniform(0.1, 1, 3), 9],
        precise(lambda x, m, s, k: binned(logistic, int(k))(x, m, s), 700),
        rtol=1e-11,
    ),
    "mc_mean": Record(n((5,)), precise(moments, 700)),
    "bernoulli_entropy_floor": Record(
        lambda r: [r.random((2, 3))],
        precise(lambda x: -(xlogx(x) + xlogx(1 - x)).sum(-1), 400),
        atol=1e-300,
    ),
    "softplus_torch": Record(
        lambda r: [r.normal(size=4)],
        precise(lambda x: where(x > 20, x, log(1 + exp(where(x > 20, 0, x)))), 400),
        atol=1e-320,
    ),
    "reparam_grad": Record(
        n((3,), (3,), (3,), (3,)),
        precise(lambda g, m, v, e: (g + 0 * (m + v + e), g * exp(v / 2) * e / 2 + 0 * m)),
        atol=1e-320,
    ),
    "elbo_mc": Record(n((2, 3), (2, 3)), precise(lambda a, b: (a - b).mean(-1), 700)),
    "elbo_terms": Record(
        lambda r: [r.random((3, 2)), *n((3, 2), (3, 2), (3, 2))(r), "gaussian", 0.3],
        precise(terms, 700),
    ),
    "beta_elbo": Record(
        lambda r: [*r.random((2, 3)), 2.0], precise(lambda r, k, b: -r - b * k, 700), atol=1e-320
    ),
    "elbo_surgery": Record(
        lambda r: [simplex(r, 2), simplex(r, 2, 3), simplex(r, 3)],
        precise(surgery, 700),
        atol=1e-16,
    ),
    "elbo_hierarchical": Record(
        lambda r: [
            r.random(2) + 0.1,
            simplex(r, 3, 2),
            simplex(r, 3),
            simplex(r, 2),
            simplex(r, 2, 3),
        ],
        precise(two_layers, 400),
    ),
    "anf_onestep": Record(
        lambda r: [
            r.normal(size=2),
            lambda x: (x / 2, x / 3),
            lambda z: z / 2,
            0.2,
            r.normal(size=2),
        ],
        precise(augmented, 700),
    ),
    "marginal_loglik_quad": Record(
        lambda r: [lambda z: -(z[:, 0] ** 2), 1, 60],
        lambda f, d, k: -np.log(3) / 2 if d == 1 and k > 50 else np.nan,
        rtol=1e-9,
    ),
    "linear_gaussian_marginal": Record(
        model, precise(lambda W, b, s: (b, W @ W.T + s * np.eye(len(b))), 700), atol=1e-300
    ),
    "linear_gaussian_posterior": Record(
        lambda r: [r.normal(size=(2, 3)), *model(r)], precise(posterior, 1500), atol=1e-15
    ),
    "linear_gaussian_loglik": Record(
        lambda r: [r.normal(size=(2, 3)), *model(r)],
        precise(lambda x, W, b, s: gauss(x, b, W @ W.T + s * np.eye(len(b))), 1500),
    ),
    "elbo_linear_gaussian": Record(
        lambda r: [r.normal(size=(2, 3)), *model(r), *n((2, 2), (2, 2))(r)], precise(elbo, 700)
    ),
    "ppca_optimum": Record(
        lambda r: [spd(r, 3), 1],
        precise(one_axis, 700),
        seen=lambda W, s, values, *_: ((W**2).sum(), s, values),
        rtol=1e-10,
        atol=lambda cov, k: 1e-15 * np.trace(cov),  # of eigenvalues, whatever their size
    ),
    "pca_floor": Record(
        lambda r: [spd(r, 3), 1],
        precise(lambda c, k: sum(eigenvalues(c)[: len(c) - int(k)]), 700),
        rtol=1e-10,
    ),
    "mixture_log_density": Record(POINTS, precise(mixture, 700)),
    "mixture_shares": Record(POINTS, precise(shares, 1300), atol=1e-300),
    "mixture_score": Record(POINTS, precise(score, 1300)),
    "conditional_mean_mixture": Record(lambda r: [*POINTS(r), 0.5], precise(recovered, 1300)),
    "mixture_posterior_logits": Record(
        POINTS, precise(lambda *a: log(shares(*a)), 1300), atol=1e-300
    ),
    "kl_to_mixture_quad": Record(LINE, precise(quadrature, 20), rtol=1e-10, atol=1e-15),
    "kl_to_mixture_mc": Record(
        lambda r: [*LINE(r), r.normal(size=4)], precise(drawn_kl, 700), atol=1e-15
    ),
    "kl_to_mixture_upper": Record(LINE, precise(upper, 700), atol=1e-15),
    "schedule": Record(lambda r: [str(r.choice(["linear", "cosine"])), 4], precise(scheduled)),
    "alpha_bar": Record(
        lambda r: [r.uniform(0.1, 0.5, 4)],
        precise(lambda b: (alphas(b)[1:], 1 - alphas(b)[1:]), 400),
    ),
    "snr": Record(
        lambda r: [r.uniform(0.1, 0.5, 4)],
        precise(lambda b: alphas(b)[1:] / (1 - alphas(b)[1:]), 400),
    ),
    "q_xt_given_x0": Record(
        steps_of([(2, 3)]),
        precise(lambda x, t, b: (sqrt(at(t, b)[0]) * x, 1 - at(t, b)[0] + 0 * x), 400),
    ),
    "q_sample": Record(
        lambda r: [r.normal(size=3), 2, r.normal(size=3), r.uniform(0.1, 0.5, 4)],
        precise(lambda x, t, e, b: sqrt(at(t, b)[0]) * x + sqrt(1 - at(t, b)[0]) * e, 700),
    ),
    "q_posterior": Record(steps_of([(3,), (3,)]), precise(reversed_step, 700), atol=1e-300),
    "eps_from_x0": Record(
        steps_of([(3,), (3,)]),
        precise(lambda x, xt, t, b: (xt - sqrt(at(t, b)[0]) * x) / sqrt(1 - at(t, b)[0]), 700),
    ),
    "x0_from_eps": Record(
        steps_of([(3,), (3,)]),
        precise(lambda e, xt, t, b: (xt - sqrt(1 - at(t, b)[0]) * e) / sqrt(at(t, b)[0]), 700),
    ),
    "v_param": Record(
        steps_of([(3,), (3,)]),
        precise(lambda x, e, t, b: sqrt(at(t, b)[0]) * e - sqrt(1 - at(t, b)[0]) * x, 700),
    ),
    "score_from_eps": Record(
        steps_of([(3,)]), precise(lambda e, t, b: -e / sqrt(1 - at(t, b)[0]), 400)
    ),
    "simple_weight": Record(
        lambda r: [2, r.uniform(0.1, 0.5, 4), 0.3],
        precise(
            lambda t, b, s: at(t, b)[2] ** 2 / (2 * s * (1 - at(t, b)[2]) * (1 - at(t, b)[0])), 400
        ),
    ),
    "ddim_step": Record(
        lambda r: [*n((3,), (3,))(r), 2, r.uniform(0.1, 0.5, 4), 0.3, r.normal(size=3)],
        precise(ddim, 700),
    ),
    "optimal_x0_gaussian": Record(
        lambda r: [r.normal(size=(3, 2)), 2, r.normal(size=2), spd(r), r.uniform(0.1, 0.5, 4)],
        precise(denoised, 1300),
    ),
    "optimal_eps_gaussian": Record(
        lambda r: [r.normal(size=(3, 2)), 2, r.normal(size=2), spd(r), r.uniform(0.1, 0.5, 4)],
        precise(noise_seen, 1300),
    ),
    "vlb_prior": Record(
        lambda r: [r.normal(size=(2, 3)), r.uniform(0.1, 0.5, 4)], precise(prior_term, 700)
    ),
    "vlb_step": Record(
        lambda r: [*n((2, 3), (2, 3))(r), 3, *n((2, 3), (2, 3))(r), r.uniform(0.1, 0.5, 4)],
        precise(step_term, 700),
    ),
    "vlb_decoder": Record(
        lambda r: [LEVELS(r, 2, 3), *n((2, 3), (2, 3))(r), 9],
        precise(decoder_term, 400),
        rtol=1e-11,
    ),
    "vlb_terms": Record(
        lambda r: [
            LEVELS(r, 2),
            r.normal(size=(3, 2)),
            lambda x, t: x / 2,
            r.uniform(0.1, 0.5, 3),
            "posterior",
            9,
        ],
        precise(bound, 700),
        rtol=1e-11,
    ),
    "gaussian_bound_gap": Record(
        lambda r: [0.5 + r.random(), r.uniform(0.1, 0.5, 3)],
        precise(
            lambda v, b: kl(
                *(
                    np.array([a])
                    for a in (
                        mp.mpf(0),
                        mp.log(alphas(b)[-1] * v + 1 - alphas(b)[-1]),
                        mp.mpf(0),
                        mp.mpf(0),
                    )
                )
            ),
            700,
        ),
    ),
    "affine_coupling_forward": Record(
        lambda r: [r.normal(size=(2, 4)), lambda h: (h / 2, h / 3)],
        precise(couple, 400),
        atol=1e-320,
    ),
    "affine_coupling_inverse": Record(
        lambda r: [r.normal(size=(2, 4)), lambda h: (h / 2, h / 3)],
        precise(lambda y, net: couple(y, net, True), 700),
        atol=1e-320,
    ),
    "planar": Record(lambda r: [*n((2, 3), (3,), (3,))(r), 0.3], precise(planar, 1500)),
    "actnorm": Record(n((2, 3), (3,), (3,)), precise(scaled, 700)),
    "inv1x1": Record(
        lambda r: [r.normal(size=(2, 2)), spd(r)],
        precise(
            lambda x, W: (x @ W.T, mp.log(abs(mp.det(mp.matrix(W.tolist())))) + 0 * x[..., 0]),
            1300,
        ),
    ),
    "flow_logprob": Record(
        lambda r: [r.normal(size=(2, 3)), [lambda x: (x / 2, -x.shape[-1] * np.log(2.0))]],
        precise(lambda x, _: normal(x, 0, 2 * mp.log(2)).sum(-1), 700),
    ),
}
