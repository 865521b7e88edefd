"""The operator dstar::gemm in C++: products of R pairs of matrices by an SGEMM that it is given.

    C_r = A_r B_r    or    C_r = D_r + A_r B_r,    r = 1 ... R

Factors lie in memory as they like: SGEMM takes any strides of which one is 1, what is laid
otherwise is copied first. Blocks and their sizes: pipeline/engine/graph/openblas.py. In Python, so
that a run's code hash covers it.
"""

SOURCE = r"""
#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/tensor.h>
#include <algorithm>
#include <optional>
#include <vector>

using torch::stable::Tensor;
typedef void (*Sgemm)(char*, char*, int*, int*, int*, float*, float*, int*, float*, int*, float*,
                      float*, int*);
static Sgemm sgemm = nullptr;
extern "C" void dstar_use(void* f) { sgemm = (Sgemm)f; }

namespace {

struct Matrices {  // element (r, i, j) of a batch is at data[r s0 + i s1 + j s2]
  float* data;
  int64_t r, m, n, s0, s1, s2;
};

Matrices seen(AtenTensorHandle t) {
  void* data;
  int64_t *size, *stride;
  aoti_torch_get_data_ptr(t, &data);
  aoti_torch_get_sizes(t, &size);
  aoti_torch_get_strides(t, &stride);
  return {(float*)data, size[0], size[1], size[2], stride[0], stride[1], stride[2]};
}

typedef float Four __attribute__((vector_size(16), aligned(4)));
typedef int Places __attribute__((vector_size(16)));

// A matrix (m, n), element (i, j) at from[i s1 + j s2], as a row-major one.
void copy(const float* from, int64_t s1, int64_t s2, int m, int n, float* to) {
  int i = 0;
  if (s1 == 1)  // 4 x 4 at a time
    for (; i + 4 <= m; i += 4) {
      int j = 0;
      for (; j + 4 <= n; j += 4) {
        const float* p = from + i + j * s2;
        Four a = *(Four*)p, b = *(Four*)(p + s2), c = *(Four*)(p + 2 * s2),
             d = *(Four*)(p + 3 * s2);
        Four ab = __builtin_shuffle(a, b, Places{0, 4, 1, 5});
        Four AB = __builtin_shuffle(a, b, Places{2, 6, 3, 7});
        Four cd = __builtin_shuffle(c, d, Places{0, 4, 1, 5});
        Four CD = __builtin_shuffle(c, d, Places{2, 6, 3, 7});
        float* q = to + (int64_t)i * n + j;
        *(Four*)q = __builtin_shuffle(ab, cd, Places{0, 1, 4, 5});
        *(Four*)(q + n) = __builtin_shuffle(ab, cd, Places{2, 3, 6, 7});
        *(Four*)(q + 2 * n) = __builtin_shuffle(AB, CD, Places{0, 1, 4, 5});
        *(Four*)(q + 3 * n) = __builtin_shuffle(AB, CD, Places{2, 3, 6, 7});
      }
      for (; j < n; j++)
        for (int x = i; x < i + 4; x++) to[(int64_t)x * n + j] = from[x + j * s2];
    }
  for (; i < m; i++)
    for (int j = 0; j < n; j++) to[(int64_t)i * n + j] = from[i * s1 + j * s2];
}

float* copied(const float* from, int64_t s1, int64_t s2, int m, int n, int which) {
  static thread_local std::vector<float> kept[2];
  if (kept[which].size() < (size_t)m * n) kept[which].resize((size_t)m * n);
  copy(from, s1, s2, m, n, kept[which].data());
  return kept[which].data();
}

void fill(Matrices c, Matrices d, int64_t r) {
  for (int64_t i = 0; i < c.m; i++) {
    float* to = c.data + r * c.s0 + i * c.s1;
    const float* from = d.data + r * d.s0 + i * d.s1;
    if (d.s2 == 1) std::copy(from, from + c.n, to);
    else for (int64_t j = 0; j < c.n; j++) to[j] = from[j * d.s2];
  }
}

// C_r = A_r B_r, or C_r = D_r + A_r B_r. The last stride of C is 1.
void multiply(Matrices c, Matrices a, Matrices b, const Matrices* d) {
  int m = a.m, k = a.n, n = b.n;
  if (!c.r || !m || !n) return;
  float one = 1, keep = d ? 1 : 0;
  if (k == 1) a.s2 = 1;
  if (n == 1) b.s2 = 1;
  if (m == 1 && a.s2 != 1) a.s1 = 1;  // one row: as a column
  bool turned = a.s2 != 1 && a.s1 == 1;
  bool a_copied = a.s2 != 1 && a.s1 != 1;
  bool b_copied = b.s2 != 1;
  // Blocks: of k so that B's stays in the cache, then of rows so that m n k is small.
  int parts = std::max<int64_t>(1, ((int64_t)n * k + NARROW - 1) / NARROW);
  int deep = std::max(1, (k + parts - 1) / parts);
  int rows = std::max<int64_t>(ROWS, SMALL / ((int64_t)n * deep) / ROWS * ROWS);
  for (int64_t r = 0; r < c.r; r++) {
    float *A = a.data + r * a.s0, *B = b.data + r * b.s0, *C = c.data + r * c.s0;
    int64_t la = a_copied ? k : turned ? a.s2 : a.s1, lb = b_copied ? n : b.s1;
    if (a_copied) A = copied(A, a.s1, a.s2, m, k, 0);
    if (b_copied) B = copied(B, b.s1, b.s2, k, n, 1);
    if (d) fill(c, *d, r);
    char ta = turned ? 'T' : 'N', tb = 'N';
    int ia = std::max<int64_t>(la, turned ? m : k), ib = std::max<int64_t>(lb, n),
        ic = std::max<int64_t>(c.s1, n);
    for (int j = 0; j < k || !j; j += deep) {
      int inner = std::min(deep, k - j);
      float beta = j ? 1 : keep;
      for (int i = 0; i < m; i += rows) {
        int now = std::min(rows, m - i);
        // Fortran reads columns: C' = B' A'
        sgemm(&tb, &ta, &n, &now, &inner, &one, B + j * lb, &ib,
              A + (turned ? i + j * la : i * la + j), &ia, &beta, C + i * c.s1, &ic);
      }
    }
  }
}

Tensor gemm(const Tensor& a, const Tensor& b, const std::optional<Tensor>& added) {
  Matrices A = seen(a.get()), B = seen(b.get());
  int64_t size[] = {A.r, A.m, B.n}, stride[] = {A.m * B.n, B.n, 1};
  AtenTensorHandle made;
  aoti_torch_empty_strided(3, size, stride, aoti_torch_dtype_float32(),
                           aoti_torch_device_type_cpu(), 0, &made);
  Tensor out(made);
  if (added) {
    Matrices D = seen(added->get());
    if (D.m == 1) D.s1 = 0;
    multiply(seen(made), A, B, &D);
  } else multiply(seen(made), A, B, nullptr);
  return out;
}

}  // namespace

extern "C" AOTITorchError aoti_torch_dstar_gemm(AtenTensorHandle out, AtenTensorHandle a,
                                                AtenTensorHandle b) {
  multiply(seen(out), seen(a), seen(b), nullptr);
  return AOTI_TORCH_SUCCESS;
}

extern "C" AOTITorchError aoti_torch_dstar_gemm_added(AtenTensorHandle out, AtenTensorHandle a,
                                                      AtenTensorHandle b, AtenTensorHandle added) {
  Matrices D = seen(added);
  if (D.m == 1) D.s1 = 0;
  multiply(seen(out), seen(a), seen(b), &D);
  return AOTI_TORCH_SUCCESS;
}

STABLE_TORCH_LIBRARY_IMPL(dstar, CPU, m) { m.impl("gemm", TORCH_BOX(&gemm)); }
"""
