"""Products in float32 by SciPy's OpenBLAS, under a Torch operator in C++, with AVX-512.

`torch.bmm` calls MKL, which does not take AVX-512 on AMD and is slow for factors of one or two
columns. OpenBLAS has kernels for small matrices that read the factors where they lie. They are
fast under two conditions, and the operator below sees to both:

    m n k <= SMALL    otherwise B is cut into blocks of rows, then A into blocks of rows
    B is row-major    otherwise it is transposed first, at 1 us for 64 x 64

Ten products of 128 x 64 by 64 x 64 take 91 us (MKL 115), ten of 128 x 64 by 64 x 2 take 6 us (MKL
86), on a core whose peak is 115 GFLOP/s: benchmarks/results/products-amd-epyc-zen-4.md. On Intel
MKL is as fast or faster where B is larger than 64 x 128, and OpenBLAS wins a sixth of a round of
networks of 64 units.

What multiplies is decided by shapes and by the processor, never by a stopwatch: the same machine
gives the same bytes. Without a C++ compiler `torch.bmm` multiplies, and one line says so.
"""

import ctypes
import hashlib
import os
import subprocess
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.engine.graph.gemm import SOURCE

SMALL = 600_000  # multiplications; OpenBLAS takes its small kernels up to 10^6
NARROW = 32_768  # elements of a block of B
WIDEST = {  # elements of B, above which oneDNN or MKL is as fast, by the processor's maker
    "AuthenticAMD": 65_536,
    "GenuineIntel": 8_192,
}
ROWS = 16  # the fewest rows of a block: with fewer, B is read too often
KNOWN = (b"SkylakeX", b"Cooperlake", b"SapphireRapids")  # OpenBLAS's kernels with AVX-512
SHIM = "aoti_torch_dstar_gemm"  # the prefix is how Inductor recognises a function in C

torch.library.define("dstar::gemm", "(Tensor a, Tensor b, Tensor? added=None) -> Tensor")


@cache
def loaded() -> bool:
    """Whether the operator is here: built with a compiler and loaded on the first call."""
    try:
        library = ctypes.CDLL(str(_built()), mode=ctypes.RTLD_GLOBAL)  # Inductor's code calls it
        library.dstar_use(ctypes.c_void_p(_sgemm()))
    except Exception as error:  # no compiler, another SciPy, a folder that cannot be written
        line = (str(error).strip().splitlines() or [type(error).__name__])[0][:100]
        warnings.warn(f"products by torch.bmm, and slower for it: {line}", stacklevel=2)
        return False
    return True


def suited() -> bool:
    """Whether OpenBLAS multiplies in this process: with one thread, where it was measured.

    Small kernels have no threads: a process with several leaves its products to Torch.
    """
    return torch.get_num_threads() == 1 and _measured() and loaded()


@cache
def maker() -> str:
    """Who made the processor, as it names itself; empty where that cannot be known."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):  # another system
        return ""
    return next((x.split(":")[1].strip() for x in lines if x.startswith("vendor_id")), "")


def on_amd() -> bool:
    """Whether the processor is one of AMD's, on which oneDNN was measured."""
    return maker() == "AuthenticAMD"


@cache
def _measured() -> bool:
    """AMD or Intel with AVX-512, as OpenBLAS sees it."""
    try:
        return maker() in WIDEST and _library().scipy_openblas_get_corename() in KNOWN
    except (OSError, AttributeError, ValueError):  # another SciPy
        return False


def suits(k: int, n: int) -> bool:
    """Whether OpenBLAS is the fastest here for a right factor of shape (k, n)."""
    return n * k <= WIDEST.get(maker(), 0) and suited()


def _library() -> Any:
    """SciPy's OpenBLAS."""
    import scipy.linalg  # noqa: F401, loads it

    files = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    (file,) = (f for f in files if "scipy.libs" in f and "openblas" in f)
    library = ctypes.CDLL(file)
    library.scipy_openblas_get_corename.restype = ctypes.c_char_p
    return library


def _sgemm() -> int:
    """The address of SGEMM, as SciPy exports it."""
    from scipy.linalg.cython_blas import __pyx_capi__ as exported

    name, pointer = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    address: int = pointer(exported["sgemm"], name(exported["sgemm"]))
    return address


def _built() -> Path:
    """The library file, built with Inductor's compiler unless its cache holds it."""
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.runtime.cache_dir_utils import cache_dir

    what = f"{torch.__version__} {SMALL} {NARROW} {ROWS} {SOURCE}"
    key = hashlib.sha256(what.encode()).hexdigest()[:16]
    file = Path(cache_dir(), "dstar", f"gemm-{key}.so")
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made, top = file.with_suffix(f".{os.getpid()}"), Path(torch.__file__).parent
        sizes = (f"-D{name}={globals()[name]}" for name in ("SMALL", "NARROW", "ROWS"))
        options = ["-std=c++20", "-O2", "-shared", "-fPIC", *sizes]
        options += [f"-I{top}/include", f"-L{top}/lib", "-ltorch_cpu", "-o", str(made)]
        code = made.with_suffix(f".{os.getpid()}.cpp")
        code.write_text(SOURCE)
        subprocess.run([get_cpp_compiler(), str(code), *options], check=True, capture_output=True)
        code.unlink()
        made.replace(file)  # at once: other processes may build it too
    return file


def _shaped(a: Tensor, b: Tensor, added: Tensor | None = None) -> Tensor:
    return a.new_empty(a.shape[0], a.shape[1], b.shape[2])


torch.library.register_fake("dstar::gemm", _shaped)


@cache
def lower() -> None:
    """Lets compiled code call the function in C directly, and write where the result is read."""
    from torch._inductor import ir, lowering

    operation = torch.ops.dstar.gemm.default

    def lowered(a: Any, b: Any, added: Any = None) -> Any:
        if added is not None and added.get_size()[1] == 1:  # joins what follows the product
            return lowering.lowerings[torch.ops.aten.add.Tensor](lowered(a, b), added)
        given = [ir.ExternKernel.realize_input(t) for t in (a, b, added) if t is not None]
        size = [a.get_size()[0], a.get_size()[1], b.get_size()[2]]
        layout = ir.FlexibleLayout(device=a.get_device(), dtype=a.get_dtype(), size=size)
        name = SHIM if added is None else f"{SHIM}_added"
        made = ir.ExternKernelOut(
            layout, given, python_kernel_name="dstar_gemm", cpp_kernel_name=name
        )
        return ir.TensorBox.create(made)

    lowering.register_lowering(operation, type_promotion_kind=None)(lowered)


def options() -> dict[str, Any]:
    """What Inductor must be told of the functions in C.

    Their file's name stands in the key of Inductor's cache: other source, other compiled graphs.
    """
    kind, handle = "AOTITorchError", "AtenTensorHandle"
    declared = [
        f"{kind} {SHIM}({handle}, {handle}, {handle})",
        f"{kind} {SHIM}_added({handle}, {handle}, {handle}, {handle})",
    ]
    return {"aot_inductor.custom_ops_to_c_shims": {_built().stem: declared}}
