"""For each theorem a wrong change that its test notices: {file: [(name, old, new, test)]}.

Each test states a proposition and draws its hypotheses; the change makes the proposition false.
tests/mutants.py takes them in, and tests/mutate.py breaks the code by them one at a time.
"""

THEORY = "tests/theory/test_"
Change = tuple[str, str, str, str]  # name, what stands there, what is put there, the test

THEOREMS: dict[str, list[Change]] = {
    "reference/theory/transport.py": [
        (
            "a distance that counts points, not how far they are",
            "return (gap * np.diff(points)).sum()",
            "return gap.sum()",
            f"{THEORY}transport.py::test_parallel_lines",
        ),
        (
            "a cost that is squared",
            "return (gap * np.diff(points)).sum()",
            "return (gap * np.diff(points) ** 2).sum()",
            f"{THEORY}transport.py::test_parallel_lines",
        ),
    ],
    "reference/theory/diagnostics.py": [
        (
            "the last state left out",
            "v = (np.arange(2 ** len(a))[:, None]",
            "v = (np.arange(2 ** len(a) - 1)[:, None]",
            f"{THEORY}diagnostics.py::test_a_partition_function_by_all_states",
        ),
    ],
    "pipeline/models/adversarial.py": [
        (
            "a generator that is told what is asked for",
            "return net.generator(self.latents(noise))",
            'return net.generator(self.latents(noise) + noise.get("label", noise["z"][:, 0])'
            "[:, None])",
            f"{THEORY}conditional.py::test_who_is_not_asked_answers_by_chance",
        ),
    ],
    "pipeline/models/labelled.py": [
        (
            "no generator is told the class",
            "one_hot(label, self.classes, x.dtype)",
            "0 * one_hot(label, self.classes, x.dtype)",
            f"{THEORY}zoo.py::test_one_generator_that_is_told_stands_for_all",
        ),
        (
            "two classes told alike",
            "one_hot(label, self.classes, x.dtype)",
            "one_hot(label.clamp(max=self.classes - 2), self.classes, x.dtype)",
            f"{THEORY}zoo.py::test_one_generator_that_is_told_stands_for_all",
        ),
    ],
    "reference/theory/value_function.py": [
        (
            "a best discriminator that is never sure",
            "terms = np.where(pd > 0, pd * log_share(pd, pg), 0.0)",
            "terms = np.where(pd > 0, pd * log_share(pd, pg + 0.01 * pd), 0.0)",
            f"{THEORY}value_function.py::test_finite_samples_can_always_be_told_apart",
        ),
        (
            "one half for the value",
            '"value": float(-np.log(4.0))',
            '"value": 0.5',
            f"{THEORY}value_function.py::test_the_constants_are_what_the_losses_give",
        ),
        (
            "the saturating loss for the other",
            '"minimax_generator": float(-LOG_2)',
            '"minimax_generator": float(LOG_2)',
            f"{THEORY}value_function.py::test_the_constants_are_what_the_losses_give",
        ),
    ],
    "reference/theory/tables.py": [
        (
            "a condition on the last variable alone",
            "joint = joint[..., None] * table",
            "joint = joint[..., None] * table.mean(tuple(range(table.ndim - 1)))",
            f"{THEORY}dice.py::test_the_rules_of_probability",
        ),
        (
            "Bayes' rule without a prior",
            "weight = prior * np.where(top > 0, likelihood / top, 0.0)",
            "weight = np.where(top > 0, likelihood / top, 0.0) + 0 * prior",
            f"{THEORY}dice.py::test_the_rules_of_probability",
        ),
        (
            "errors of a cycle that cancel",
            "return np.abs(again - x).mean()",
            "return np.abs((again - x).mean())",
            f"{THEORY}dice.py::test_a_cycle_does_not_say_which_map",
        ),
    ],
    "reference/theory/linear_gaussian.py": [
        (
            "a bound at the mean of q alone",
            " + (np.exp(v) * (W**2).sum(0)).sum(-1)",
            "",
            f"{THEORY}linear_gaussian.py::test_log_p_is_the_bound_plus_the_gap",
        ),
        (
            "an axis more than there is",
            "np.linalg.eigvalsh(cov)[: len(cov) - k]",
            "np.linalg.eigvalsh(cov)[: len(cov) - k - 1]",
            f"{THEORY}autoencoder.py::test_what_pca_makes_is_the_least_error_of_a_linear_one",
        ),
        (
            "a marginal without the loadings",
            "variance[: len(s)] += s**2",
            "variance[: len(s)] += 0.9 * s**2",
            f"{THEORY}linear_gaussian.py::test_by_quadrature_over_the_latents",
        ),
    ],
    "reference/theory/kl.py": [
        (
            "a divergence without a direction",
            "return rel_term(p, q).sum(axis)",
            "return (rel_term(p, q) + rel_term(q, p)).sum(axis) / 2",
            f"{THEORY}divergences.py::test_the_others_are_not",
        ),
        (
            "the other direction",
            "return rel_term(p, q).sum(axis)",
            "return rel_term(q, p).sum(axis)",
            f"{THEORY}divergences.py::test_the_others_are_not",
        ),
    ],
    "reference/theory/divergences.py": [
        (
            "a divergence whose root is no metric",
            "return jensen_shannon_density(p, q).sum(axis)",
            "return jensen_shannon_density(p, q).sum(axis) ** 2",
            f"{THEORY}divergences.py::test_its_root_is_a_metric",
        ),
        (
            "a total variation of 2",
            "return 0.5 * np.abs(p - q).sum(axis)",
            "return np.abs(p - q).sum(axis)",
            f"{THEORY}mistakes.py::test_the_game_is_not_about_mistakes",
        ),
    ],
    "reference/objectives/bernoulli.py": [
        (
            "a black pixel that says nothing",
            "off = np.where(x == 1, 0.0, (1 - x) * log_sigmoid(-logits))",
            "off = np.where(x == 1, 0.0, 0 * (1 - x) * log_sigmoid(-logits))",
            "tests/objectives/test_bernoulli.py::"
            "test_the_oracle_is_a_probability_of_binary_images",
        ),
    ],
    "pipeline/objectives/squared_error.py": [
        (
            "the absolute error, whose best answer is a median",
            "return (x - y).square().sum(-1)",
            "return (x - y).abs().sum(-1)",
            f"{THEORY}autoencoder.py::"
            "test_the_best_guess_under_squared_error_is_a_mean_and_blurred",
        ),
    ],
    "pipeline/models/autoencoder.py": [
        (
            "a price on the size of the code",
            "squared_error(",
            "self.code(net, batch['x']).square().sum(-1) + squared_error(",
            f"{THEORY}autoencoder.py::test_axes_of_the_code_mean_nothing",
        ),
    ],
    "reference/theory/latent.py": [
        (
            "a deviation read as a variance",
            "gaussian.negative_log_likelihood(x, decoded, log_noise)",
            "gaussian.negative_log_likelihood(x, decoded, 2 * log_noise)",
            f"{THEORY}latent.py::test_the_variance_is_the_weight_of_the_squared_error",
        ),
        (
            "a weight that is squared",
            'return -(r + number("beta", beta) * k)',
            'return -(r + number("beta", beta) ** 2 * k)',
            f"{THEORY}latent.py::test_the_variance_is_the_weight_of_the_squared_error",
        ),
        (
            "latents that count alike, wherever they lie",
            "logs = np.meshgrid(*[np.log(weight)] * dimension",
            "logs = np.meshgrid(*[0 * weight - np.log(nodes)] * dimension",
            f"{THEORY}linear_gaussian.py::test_by_quadrature_over_the_latents",
        ),
    ],
    "pipeline/datasets/mixture.py": [
        (
            "one broad Gaussian in the place of the modes",
            "modes, features = means.shape",
            "means, scale = means.mean(0, keepdims=True), np.sqrt(scale**2 + means.var(0).mean());"
            " modes, features = means.shape",
            "tests/datasets/test_densities.py::test_density_integrates_to_one",
        ),
    ],
    "reference/theory/flows.py": [
        (
            "a factor that is not triangular",
            "np.linalg.solve(np.linalg.cholesky(cov),",
            "np.linalg.solve(np.linalg.cholesky(cov).T,",
            f"{THEORY}flows.py::test_rosenblatt_makes_uniform",
        ),
    ],
    "reference/nn/convolution.py": [
        (
            "what is padded on one side is cut on the other",
            "x = x[:, :, padding : full[0] - padding, padding : full[1] - padding]",
            "x = x[:, :, : full[0] - 2 * padding, : full[1] - 2 * padding]",
            "tests/reference/test_nn.py::test_the_transpose_is_the_adjoint",
        ),
    ],
    "reference/nn/layers.py": [
        (
            "an estimate above the largest singular value",
            "return size * estimate, u",
            "return size * estimate * (1 + 1e-9), u",
            "tests/reference/test_nn.py::test_power_iteration_never_overestimates",
        ),
        (
            "a matrix that is not transposed back",
            "estimate, u = norm(u), unit(u)",
            "estimate, u = norm(u), unit(np.abs(u))",
            "tests/reference/test_nn.py::test_power_iteration_never_overestimates",
        ),
    ],
    "reference/theory/sample_mean.py": [
        (
            "one draw too few",
            'np.sqrt(count("n", n))',
            'np.sqrt(count("n", n) + 1)',
            f"{THEORY}dice.py::test_more_samples_by_a_hundred_are_one_more_digit",
        ),
    ],
    "reference/theory/dice.py": [
        (
            "the faces turned round",
            "np.searchsorted(np.cumsum(p), u",
            "np.searchsorted(np.cumsum(p[::-1]), u",
            f"{THEORY}supervision.py::test_a_label_and_then_its_data_are_draws_of_both",
        ),
    ],
    "reference/theory/optimal_discriminator.py": [
        (
            "the root of the ratio",
            "return np.exp(a - top)",
            "return np.exp((a - top) / 2)",
            f"{THEORY}optimal_discriminator.py::test_rejection_with_the_ratio_recovers_the_data",
        ),
    ],
    "reference/objectives/gaussian_kl.py": [
        (
            "a divergence that a wide Gaussian makes negative",
            "0.5 * (mean**2 + expm1mx(log_variance)).sum(-1)",
            "0.5 * (mean**2 + expm1mx(log_variance) - 1e-3 * np.abs(log_variance)).sum(-1)",
            f"{THEORY}gaussian_kl.py::test_kl_is_positive_and_zero_only_for_equal_gaussians",
        ),
    ],
    "pipeline/objectives/minimax.py": [
        (
            "a gradient that grows with the batch",
            "return -logsigmoid(real_logits)",
            "return -logsigmoid(real_logits) * real_logits.numel() ** 0.1",
            f"{THEORY}algorithm.py::"
            "test_the_gradient_of_a_batch_is_on_average_the_gradient_of_the_game",
        ),
        (
            "the spread of a batch's logits in its loss",
            "return -logsigmoid(real_logits)",
            "return (real_logits - real_logits.mean()).square() - logsigmoid(real_logits)",
            f"{THEORY}algorithm.py::"
            "test_the_gradient_of_a_batch_is_on_average_the_gradient_of_the_game",
        ),
    ],
}
