"""What a model can do: the roles that metrics and figures ask for.

    Discriminator    a(x) = log D(x) / (1 - D(x)),    D(x) the probability that x is real
    Critic           f(x), a score that is no log-odds
    LatentVariable   log p(x) >= E_q[ log p(x | z) ] - KL( q(z | x) || p(z) )
    Likelihood       -log p(x), or a bound on it

Goodfellow et al., "Generative Adversarial Nets" (2014), section 3; Arjovsky, Chintala & Bottou,
"Wasserstein GAN" (2017), section 3; Kingma & Welling, "Auto-Encoding Variational Bayes" (2014),
equation 3. A model has a role if it has the role's methods, and it has them only if they mean what
is said here; no model lists its roles. `net` holds the networks of one replica.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from pipeline.engine.ensemble import Batch, Nets, Noise, Player, Terms
from pipeline.engine.randomness import Distribution

Distributions = Mapping[str, Distribution]  # of the noise of an example, by name


@runtime_checkable
class Sampler(Protocol):
    """Generates examples."""

    def prior(self) -> Distributions:
        """The noise of a sample."""

    def sample(self, net: Nets, noise: Noise) -> Tensor:
        """Draws from p_g, (B, features)."""


@runtime_checkable
class Conditional(Sampler, Protocol):
    """Generates examples of a requested class, the "label" of its noise."""

    def asked(self, noise: Noise) -> Tensor:
        """The class that was requested of each sample, (B,)."""


@runtime_checkable
class Game(Protocol):
    """Is played by a discriminator and a generator, networks of these names."""

    def pair(self) -> tuple[Player, Player]:
        """The discriminator and the generator, whether they play or not."""


@runtime_checkable
class Discriminator(Protocol):
    """Gives the log-odds that an example is real; at the optimum they are log p / p_g."""

    def logits(self, net: Nets, x: Tensor) -> Tensor:
        """a of each example, (B,)."""


@runtime_checkable
class Critic(Protocol):
    """Gives each example a score that is no log-odds, or is one only up to a constant."""

    def scores(self, net: Nets, x: Tensor) -> Tensor:
        """f of each example, (B,)."""


@runtime_checkable
class Classifier(Protocol):
    """Predicts the class of an example."""

    def class_logits(self, net: Nets, x: Tensor) -> Tensor:
        """log p(y = k | x) up to a constant, (B, classes)."""


@runtime_checkable
class Clusters(Protocol):
    """Puts an example into one of K clusters, whose names mean nothing."""

    def cluster_logits(self, net: Nets, x: Tensor) -> Tensor:
        """A score of each cluster, (B, K); the largest is its own."""


@runtime_checkable
class Coded(Sampler, Protocol):
    """Makes a sample of a category and of numbers that it is meant to show."""

    def category(self, noise: Noise) -> Tensor:
        """The category of each sample, (B,)."""

    def code_values(self, noise: Noise) -> Tensor:
        """The numbers of each sample, (B, codes), uniform on [-1, 1)."""


@runtime_checkable
class Completer(Protocol):
    """Draws what is missing of an example, given the rest."""

    def mask_noise(self) -> Distributions:
        """The noise of a mask."""

    def mask(self, noise: Noise) -> Tensor:
        """1 where a feature is known, 0 where it is missing, (B, features)."""

    def completion_noise(self) -> Distributions:
        """The noise of a completion."""

    def complete(self, net: Nets, x: Tensor, mask: Tensor, noise: Noise) -> Tensor:
        """x where it is known, and a draw of the rest, (B, features)."""


@runtime_checkable
class Encoder(Protocol):
    """Gives an example a code."""

    def code(self, net: Nets, x: Tensor) -> Tensor:
        """The code of each example, (B, latent)."""


@runtime_checkable
class Autoencoder(Encoder, Protocol):
    """Gives an example a code, and a code an example."""

    def decode(self, net: Nets, z: Tensor) -> Tensor:
        """The examples of codes, (B, features)."""

    def reconstruct(self, net: Nets, x: Tensor) -> Tensor:
        """The decoded code of x, (B, features)."""


@runtime_checkable
class LatentVariable(Protocol):
    """Has latents, with a prior and a posterior, and so a bound on log p(x)."""

    def posterior(self) -> Distributions:
        """The noise of the latents given an example."""

    def observation(self) -> Distributions:
        """The noise of the observation of an example, such as drawing binary pixels."""

    def observed(self, x: Tensor, noise: Noise) -> Tensor:
        """The observation whose likelihood is computed, (B, features)."""

    def negative_elbo(self, net: Nets, batch: Batch, noise: Noise) -> Terms:
        """ "reconstruction", -log p(x | z), and "kl", KL( q(z | x) || p(z) ) under the model's own
        prior or an unbiased estimate of it, (B,) each in nats."""

    def log_weight(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        """log p(x, z) - log q(z | x) at one draw of z, (B,)."""

    def reconstruction(self, x: Tensor, decoded: Tensor) -> Tensor:
        """-log p(x | z) of an observed x and the decoder's output, (B,)."""

    def blind(self, x: Tensor) -> Tensor:
        """The output of the best decoder that ignores z, from training examples."""


@runtime_checkable
class GaussianPosterior(Protocol):
    """q(z | x) = N(m, exp(v)), of independent latents: z = m + exp(v/2) e, e of `posterior`."""

    def posterior(self) -> Distributions: ...

    def observation(self) -> Distributions: ...

    def observed(self, x: Tensor, noise: Noise) -> Tensor: ...

    def encode(self, net: Nets, x: Tensor) -> tuple[Tensor, Tensor]:
        """m and v of an observed x, (B, latent) each."""


@runtime_checkable
class IndependentLatents(GaussianPosterior, Protocol):
    """The same under a prior of independent latents: the KL is a sum over them."""

    def kl_by_latent(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """KL( q(z_j | x) || p(z_j) ) under the model's own prior, (B, latent) in nats."""


@runtime_checkable
class Likelihood(Protocol):
    """Gives -log p(x), or a bound on it from one draw of noise.

    Its argument `levels`, grey levels above the lowest, is 0 where p is a density.
    """

    def likelihood_noise(self) -> Distributions:
        """The noise of the bound."""

    def negative_log_likelihood(self, net: Nets, batch: Batch, noise: Noise) -> Tensor:
        """-log p(x) of each example, or the bound, in nats, (B,)."""


@runtime_checkable
class Denoiser(Protocol):
    """Predicts the noise in x_t."""

    def log_snr(self, x: Tensor) -> Tensor:
        """l_1 ... l_T, (T,), on the device and of the type of x."""

    def predicted(self, net: Nets, xt: Tensor, step: Tensor, log_snr: Tensor) -> Tensor:
        """The predicted noise e', (B, features). step: t - 1, (B,). log_snr: l_t, (B, 1)."""


@runtime_checkable
class Marginals(Protocol):
    """Has a distribution over the levels of each feature, 0 ... its argument `levels`."""

    def distribution(self, net: Nets) -> Tensor:
        """log p_j(k), (features, levels + 1)."""


@runtime_checkable
class PlaneGame(Protocol):
    """A game of two parameters, one of the generator and one of the discriminator."""

    def place(self, net: Nets) -> Tensor:
        """Both, (2,); the equilibrium is at 0."""

    def jacobian(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Of their vector field at the equilibrium, row by row; None where it has none."""


@runtime_checkable
class Pyramid(Sampler, Protocol):
    """Makes an image scale by scale, and can begin at any scale with a given one."""

    def injected(self, net: Nets, x: Tensor, noise: Noise, scale: int) -> Tensor:
        """What the scales from this one on make of an image of full size, (B, features)."""

    def enlarged(
        self, net: Nets, x: Tensor, shape: tuple[int, ...], to: tuple[int, ...]
    ) -> Tensor:
        """An image of any size at a larger one, with details of the finest scale."""


@runtime_checkable
class Translator(Protocol):
    """Maps an image of domain A to its partner in domain B."""

    def translate(self, net: Nets, x: Tensor) -> Tensor:
        """Images of B, one for each of A, (B, features)."""


@runtime_checkable
class TwoWay(Translator, Protocol):
    """The same, and a map back."""

    def translate_back(self, net: Nets, x: Tensor) -> Tensor:
        """Images of A, one for each of B, (B, features)."""


@runtime_checkable
class MultiDomain(Protocol):
    """Maps an image of any domain to its partner in any other."""

    def to_domain(self, net: Nets, x: Tensor, domain: Tensor) -> Tensor:
        """Images of the domains that are asked for, (B, features). domain: (B,)."""


def lacking(model: Any, roles: Iterable[type]) -> dict[str, list[str]]:
    """The roles that a model, or a model class, does not have, and the methods that it lacks."""
    kind = model if isinstance(model, type) else type(model)
    found = {}
    for role in roles:
        if not issubclass(kind, role):
            protocols = [
                vars(base) for base in role.__mro__ if getattr(base, "_is_protocol", False)
            ]
            methods = {name for names in protocols for name in names if not name.startswith("_")}
            found[role.__name__] = sorted(name for name in methods if not hasattr(kind, name))
    return found
