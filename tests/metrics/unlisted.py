"""Runs of models that no study trains, and of those that draw from pools or play in phases.

Of the latter tests/models/test_unlisted.py keeps the contract, of all others tests/test_runs.py.
"""

from types import SimpleNamespace

FEW = {"width": 64}
UNLISTED = [
    SimpleNamespace(model=model, data=data, arguments=arguments)
    for model, data, arguments in (
        ("fourier_gan", "ring", {"latent": 2, "width": 64, "gamma": 2e-3}),
        ("infogan", "digits", {"latent": 20, "width": 128, "components": 10, "output": "tanh"}),
        ("bigan", "digits", {"latent": 20, "width": 128, "output": "tanh"}),
        ("inference_gan", "digits", {"latent": 20, "width": 128, "output": "tanh"}),
        ("completion_gan", "linear_gaussian", {"latent": 6, "width": 64}),
        ("few_label_classifier", "digits_few", FEW),
        ("self_training", "digits_few", FEW),
        ("semi_supervised_gan", "digits_few", FEW),
        ("m2", "digits_few", FEW),
        ("m1_m2", "digits_few", FEW),
        ("pix2pix", "outlines", {"width": 8}),
        ("cycle_gan", "slanted", {"width": 8}),
        ("disco_gan", "slanted", {"width": 8}),
        ("star_gan", "turned", {"width": 16}),
        ("progressive_gan", "digits", {"latent": 16, "width": 16}),
        ("singan", "digit_page", {"width": 8, "scales": 2, "layers": 2}),
    )
]
