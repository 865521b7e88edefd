// The mathematics of the hands-on part: pure functions, without a page. tests/page/test_hands_on.py
// runs them in Node and holds them to Torch and to the oracle.
"use strict";
const HandsOn = {};
(() => {
  // ---------------------------------------------------------------- networks
  // Base64 of little-endian float32 -> numbers.
  HandsOn.floats = (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  };

  const sigmoid = (a) => 1 / (1 + Math.exp(-a));
  HandsOn.sigmoid = sigmoid;

  // A network as it is stored: [{weight, bias, outputs}, {leak}, {tanh}, {sigmoid}, {scale, shift}].
  HandsOn.network = (layers) =>
    layers.map((layer) =>
      layer.weight === undefined
        ? layer
        : { ...layer, weight: HandsOn.floats(layer.weight), bias: HandsOn.floats(layer.bias) });

  // y = f(x) of one example; sums are of float64, so that only storage is rounded.
  HandsOn.forward = (network, x) => {
    let h = x;
    for (const layer of network) {
      if (layer.weight !== undefined) {
        const inputs = h.length;
        const { weight, bias } = layer;
        h = Float64Array.from({ length: layer.outputs }, (_, i) => {
          let sum = bias[i];
          for (let j = 0, k = i * inputs; j < inputs; j++, k++) sum += weight[k] * h[j];
          return sum;
        });
      } else if (layer.leak !== undefined) h = h.map((v) => (v < 0 ? layer.leak * v : v));
      else if (layer.tanh) h = h.map(Math.tanh);
      else if (layer.sigmoid) h = h.map(sigmoid);
      else h = h.map((v) => layer.scale * v + layer.shift);
    }
    return h;
  };

  HandsOn.softmax = (logits) => {
    const most = Math.max(...logits);
    const e = Array.from(logits, (v) => Math.exp(v - most));
    const sum = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / sum);
  };

  // --------------------------------------------------------------- densities
  const normal = (x, m, s) =>
    Math.exp(-0.5 * ((x - m) / s) ** 2) / (s * Math.sqrt(2 * Math.PI));
  const logNormal = (x, m, s) =>
    -0.5 * ((x - m) / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
  // The integral of f over [-reach, reach]: the trapezoid rule, exact to rounding for what is
  // smooth and has died out at both ends.
  const integral = (f, reach = 14, points = 5600) => {
    const h = (2 * reach) / points;
    let sum = 0;
    for (let i = 0; i <= points; i++) sum += f(-reach + i * h) * (i % points ? 1 : 0.5);
    return sum * h;
  };
  const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));
  Object.assign(HandsOn, { normal, logNormal, integral });

  // ------------------------------------------------- a discriminator in pursuit
  // p_data = N(0, 1), p_g = N(m, s). Its logit a(x) = c0 + c1 x + c2 x^2 holds D* exactly:
  //     log p_data / p_g = log s + m^2 / 2s^2 - x m / s^2 + x^2 (1 / s^2 - 1) / 2
  HandsOn.best = (m, s) =>
    [Math.log(s) + (m * m) / (2 * s * s), -m / (s * s), (1 / (s * s) - 1) / 2];
  const logit = (c, x) => c[0] + c[1] * x + c[2] * x * x;
  HandsOn.logit = logit;
  // V(D, G) = E_data[log D] + E_g[log(1 - D)]
  HandsOn.value = (c, m, s) =>
    -integral((x) => normal(x, 0, 1) * softplus(-logit(c, x))
      + normal(x, m, s) * softplus(logit(c, x)), 14, 700);
  // One step of gradient ascent on V, in the metric of the three features (Newton's, damped), so
  // that a step means as much wherever p_g is.
  HandsOn.step = (c, m, s, rate) => {
    const g = [0, 0, 0];
    const A = [[1e-9, 0, 0], [0, 1e-9, 0], [0, 0, 1e-9]];
    const h = 28 / 700;
    for (let i = 0; i <= 700; i++) {
      const x = -14 + i * h;
      const f = [1, x, x * x];
      const p = normal(x, 0, 1), q = normal(x, m, s), D = sigmoid(logit(c, x));
      for (let j = 0; j < 3; j++) {
        g[j] += h * (p * (1 - D) - q * D) * f[j];
        for (let k = 0; k < 3; k++) A[j][k] += h * (p + q) * D * (1 - D) * f[j] * f[k];
      }
    }
    const d = HandsOn.solve(A, g);
    return c.map((v, j) => v + rate * d[j]);
  };
  HandsOn.solve = (A, b) => {
    const M = A.map((row, i) => [...row, b[i]]);
    for (let i = 0; i < 3; i++) {
      const best = M.slice(i).reduce((k, row, j) =>
        (Math.abs(row[i]) > Math.abs(M[k][i]) ? i + j : k), i);
      [M[i], M[best]] = [M[best], M[i]];
      for (let j = i + 1; j < 3; j++) {
        const t = M[j][i] / M[i][i];
        for (let k = i; k < 4; k++) M[j][k] -= t * M[i][k];
      }
    }
    const x = [0, 0, 0];
    for (let i = 2; i >= 0; i--) {
      let sum = M[i][3];
      for (let j = i + 1; j < 3; j++) sum -= M[i][j] * x[j];
      x[i] = sum / M[i][i];
    }
    return x;
  };

  // ------------------------------------------------------- wrong on purpose
  // Each mistake: the two sides of an identity, the left one by the formula as it stands or with
  // the mistake. Numbers are those of the test's oracle, too.
  const m = 0.6, v = Math.log(0.25), s = Math.exp(v / 2);
  const pairs = { p: (x) => normal(x, 0, 1), q: (x) => normal(x, m, s) };
  const errors = Array.from({ length: 64 }, (_, i) => Math.sin(i + 1) / 2); // of 64 pixels
  HandsOn.mistakes = {
    // z = m + exp(v/2) e has variance exp(v).
    spread: (wrong) => [
      integral((e) => normal(e, 0, 1) * (Math.exp(wrong ? v : v / 2) * e) ** 2), Math.exp(v)],
    // KL(N(m, s^2) || N(0, 1)) is the integral of q log q / p.
    kl: (wrong) => [
      wrong ? (m * m + s - Math.log(s) - 1) / 2 : (m * m + s * s - 2 * Math.log(s) - 1) / 2,
      integral((x) => pairs.q(x) * (logNormal(x, m, s) - logNormal(x, 0, 1)))],
    // The best D at x = 0.3 is p_data / (p_data + p_g): the logit where V's integrand is highest.
    labels: (wrong) => {
      const p = pairs.p(0.3), q = pairs.q(0.3);
      let [low, high] = [-30, 30];
      const slope = (a) => (wrong ? q - (p + q) * sigmoid(a) : p - (p + q) * sigmoid(a));
      for (let i = 0; i < 80; i++) {
        const a = (low + high) / 2;
        if (slope(a) > 0) low = a; else high = a;
      }
      return [sigmoid(low), p / (p + q)];
    },
    // The largest value of V is -log 4 + 2 JSD; a sigmoid of a sigmoid lies in (1/2, 0.731).
    twice: (wrong) => {
      const V = integral((x) => {
        const p = pairs.p(x), q = pairs.q(x);
        const a = logNormal(x, 0, 1) - logNormal(x, m, s); // the logit of D*
        const within = wrong ? Math.min(Math.max(a, 0), 1) : a;
        return -p * softplus(-within) - q * softplus(within);
      });
      const middle = (x) => (pairs.p(x) + pairs.q(x)) / 2;
      const half = (f) => integral((x) => (f(x) > 0 ? f(x) * Math.log(f(x) / middle(x)) : 0));
      return [V, -Math.log(4) + half(pairs.p) + half(pairs.q)];
    },
    // The critic f(x) = 0.6 x1 - 0.8 x2 has slope 1 everywhere: its penalty is 0.
    penalty: (wrong) => {
      const n = 16, w = [0.6, -0.8];
      const one = Math.hypot(...w);
      // The gradient of the batch's mean, taken as one vector: each example has w / n of it.
      const all = Math.hypot(...Array.from({ length: 2 * n }, (_, i) => w[i % 2] / n));
      return [((wrong ? all : one) - 1) ** 2, 0];
    },
    // p(x) of z ~ N(0, 1), x ~ N(z, 1/2) at x = 1 is N(x; 0, 3/2): the log of the mean weight.
    weights: (wrong) => {
      const x = 1, q = (z) => normal(z, 0.2, 1);
      const w = (z) => logNormal(z, 0, 1) + logNormal(x, z, Math.SQRT1_2) - logNormal(z, 0.2, 1);
      const mean = wrong
        ? integral((z) => q(z) * w(z))
        : Math.log(integral((z) => q(z) * Math.exp(w(z))));
      return [mean, logNormal(x, 0, Math.sqrt(1.5))];
    },
    // x = 2 z with z ~ N(0, 1): log p(x) = log p(z) - log 2 is a density, so it integrates to 1.
    jacobian: (wrong) => [
      integral((x) => Math.exp(logNormal(x / 2, 0, 1) + (wrong ? 1 : -1) * Math.log(2)), 28), 1],
    // Squared error, summed, is -log N(x; x', I/2) - (d/2) log pi; the mean is that over d.
    pixels: (wrong) => {
      const sum = errors.reduce((a, e) => a + e * e, 0);
      const d = errors.length;
      const exact = errors.reduce((a, e) => a - logNormal(e, 0, Math.SQRT1_2), 0);
      return [(wrong ? sum / d : sum) + (d / 2) * Math.log(Math.PI), exact];
    },
    // The Fréchet distance of a Gaussian from itself is 0.
    root: (wrong) => {
      const S = s * s;
      return [2 * S - 2 * (wrong ? S * S : Math.sqrt(S * S)), 0];
    },
  };
})();
if (typeof module !== "undefined") module.exports = HandsOn;
