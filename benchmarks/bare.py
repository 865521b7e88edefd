"""What a machine has that has Python, Torch and NumPy alone.

Models and engine name three further packages that decide nothing where no params.yaml is read:
types of fields (annotated_types, pydantic), and SciPy's OpenBLAS for products on a CPU. Where one
is missing, a stand-in takes its names. To be called before anything of pipeline/ is imported.
"""

import sys
from importlib.util import find_spec
from types import ModuleType

NAMES = {
    "annotated_types": ("Ge", "Gt", "Interval", "Le"),
    "pydantic": ("AllowInfNan", "TypeAdapter"),
}


def stand_ins() -> list[str]:
    """Puts a stand-in where a package is missing. Returns the names of the missing ones."""
    missing = [name for name in NAMES if name not in sys.modules and not find_spec(name)]
    for name in missing:
        module = ModuleType(name)
        for attribute in NAMES[name]:
            setattr(module, attribute, lambda *_, **__: None)
        sys.modules[name] = module
    if not find_spec("scipy"):
        from pipeline.engine.graph import openblas

        openblas.suited = lambda: False  # type: ignore[assignment]
        missing.append("scipy")
    return missing
