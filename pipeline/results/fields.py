"""What the files of results are made of: numbers, names and digests, as types that are checked."""

import math
from typing import Annotated, Any

from pydantic import AllowInfNan, BeforeValidator, ConfigDict, Field

STRICT = ConfigDict(extra="forbid", strict=True)


def _finite(x: Any) -> Any:
    return None if isinstance(x, float) and not math.isfinite(x) else x


Real = Annotated[float, AllowInfNan(False)]
Number = Annotated[Real | None, BeforeValidator(_finite)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]  # <file>.<value>
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
