"""A search that takes seconds: sixteen draws of R1 on a ring, 32 rounds at the end."""

SPACE = {
    "study": {
        "device": "cpu",
        "threads": 1,
        "chunk": 0,
        "compile": "never",
        "processes": 1,
        "checkpoint_seconds": 60.0,
        "data": {"ring": {"train": 256, "validation": 96, "test": 64}},
        "train": {
            "seeds": [3, 4, 5],
            "rounds": 1,
            "batch": 16,
            "log_every": 8,
            "samples": 20,
            "optimizer": {"name": "adam", "lr": 1e-3},
        },
    },
    "seed": 1,
    "searches": {
        "ring-r1": {
            "data": "ring",
            "model": "r1_gan",
            "arguments": {"latent": 2},
            "rounds": 32,
            "metric": "coverage.reverse_kl",
            "margin": 0.05,
            "structures": [
                {"arguments": {"width": 4}},
                {"arguments": {"width": 8}, "train": {"batch": 8}},
            ],
            "space": {
                "train.optimizer.lr": {"log": [1e-4, 1e-1]},
                "train.optimizer.betas": {"choice": [[0.0, 0.99], [0.5, 0.999], [0.9, 0.999]]},
                "train.players.generator.lr": {"log": [1e-4, 1e-1]},
                "arguments.gamma": {"log": [1e-4, 10.0]},
            },
            "papers": [
                {
                    "source": "Mescheder 2018",
                    "arguments": {"width": 4, "gamma": 10.0},
                    "train": {
                        "optimizer": {"lr": 1e-4, "betas": [0.0, 0.99]},
                        "players": {"generator": {"lr": 1e-4}},
                    },
                }
            ],
        }
    },
}
