"""pythae's BaseTrainer on its VAE with the workload's shapes: optional, for the MLP VAE.

Its loader, its Adam and its loss; its encoder and decoder get the layers of the same Torch
modules, with a sigmoid at the end since it wants probabilities. A call plays one pass of the
trainer over so many batches; its progress bar goes to standard error.
"""

import tempfile
from importlib.util import find_spec

import torch

from benchmarks.contenders import Racer, memory, seconds_of

missing = None
if not find_spec("pythae"):
    missing = "pythae: not installed, skipped (pip install pythae)"


def plays(workload) -> bool:
    return workload.kind == "vae" and not workload.model.observation()


def prepare(workload, x, device) -> Racer:
    """The trainer at round 0."""
    from pythae.data.datasets import BaseDataset
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    net = memory.networks(workload, device)
    model, batch = workload.model, workload.batch

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.layers, self.latent_dim = net["encoder"], model.latent

        def forward(self, x):
            mean, log_variance = self.layers(x).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = net["decoder"]

        def forward(self, z):
            return ModelOutput(reconstruction=self.layers(z).sigmoid())

    shape = {"input_dim": (model.features,), "latent_dim": model.latent}
    vae = VAE(VAEConfig(**shape, reconstruction_loss="bce"), Encoder(), Decoder())
    pixels = (torch.from_numpy(x) + 1) / 2
    adam = dict(workload.adam)
    config = BaseTrainerConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=batch,
        learning_rate=adam.pop("lr"),
        optimizer_params=adam,
        no_cuda=device == "cpu",
    )

    def dataset(rounds):
        return BaseDataset(pixels[: rounds * batch], torch.zeros(min(len(x), rounds * batch)))

    trainer = BaseTrainer(vae, dataset(1), training_config=config)
    trainer.prepare_training()

    def play(rounds):
        while rounds > 0:
            now = min(rounds, len(x) // batch)
            trainer.train_loader = trainer.get_train_dataloader(dataset(now))
            trainer.train_step(1)
            rounds -= now

    def batches():
        return list(trainer.get_train_dataloader(dataset(8)))

    return Racer(
        play,
        replicas=1,
        data=lambda: seconds_of(batches, device) / 8,
        noise=lambda: seconds_of(lambda: torch.randn(batch, model.latent), device),
    )
