"""A network from image to image: its sizes, and what skips carry."""

import pytest
import torch

from pipeline.networks.unet import UNet

RNG = torch.Generator().manual_seed(0)


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize(("shape", "depth"), [((8, 8), 1), ((8, 8), 3), ((4, 8), 2)])
def test_sizes(shape, depth, skips):
    """Channels double as sides halve; the way up ends in one image in [-1, 1]."""
    features = shape[0] * shape[1]
    network = UNet(shape, 3, depth, skips, images=2)
    x = torch.randn(5, 2 * features, generator=RNG)
    found = []
    for layer in (*network.down, *network.up):
        layer.register_forward_hook(lambda *call: found.append(tuple(call[2].shape[1:])))
    y = network(x)
    assert y.shape == (5, features)
    assert y.abs().max() <= 1
    down = [(3 * 2**i, shape[0] // 2 ** (i + 1), shape[1] // 2 ** (i + 1)) for i in range(depth)]
    assert found == [*down, *down[-2::-1], (1, *shape)]


def test_a_skip_carries_what_the_bottom_does_not(double):
    """With the lowest layer silent a pixel still reaches the output, but only with skips."""
    for skips in (True, False):
        torch.manual_seed(0)
        network = UNet((8, 8), 3, 2, skips)
        with torch.no_grad():
            network.down[-1].weight.zero_()
            network.down[-1].bias.zero_()
        x = torch.randn(2, 64, generator=RNG)
        assert bool((network(x)[0] != network(x)[1]).any()) == skips


def test_an_output_depends_on_its_own_input_alone(double):
    network, x = UNet((8, 8), 3, 2), torch.randn(6, 64, generator=RNG)
    together = network(x)
    for i in range(6):
        torch.testing.assert_close(network(x[i : i + 1])[0], together[i])


def test_several_images_are_channels_in_their_order(double):
    """The second image of the input is seen by the weights of the second channel, no others."""
    network, x = UNet((8, 8), 3, 1, images=2), torch.randn(4, 128, generator=RNG)
    with torch.no_grad():
        network.down[0].weight[:, 1] = 0
    changed = torch.cat([x[:, :64], x[:, 64:] + 1], 1)
    torch.testing.assert_close(network(changed), network(x))
    assert (network(torch.cat([x[:, :64] + 1, x[:, 64:]], 1)) != network(x)).any()


def test_sides_that_cannot_be_halved_are_refused():
    for shape in ((8, 10), (64,), (3, 8, 8)):
        with pytest.raises(ValueError, match="2 halvings need sides that are multiples of 4"):
            UNet(shape, 4, 2)
