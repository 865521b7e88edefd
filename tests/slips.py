"""The operators of tests/operators.py in words, and what they put in the place of what."""

import ast

OPERATORS = {
    "comparison turned": "a < b -> a >= b, == -> !=, in -> not in, is -> is not",
    "boundary moved": "a < b -> a <= b, and back",
    "arithmetic changed": "+ for -, * for /, ** becomes *, & for |, and back",
    "operands exchanged": "a - b -> b - a, also of /, //, %, **, @",
    "operand dropped": "a + b -> a and b, also of -, *, /",
    "logic changed": "and for or, and back",
    "condition dropped": "a and b -> a and b each alone, also of or",
    "negation dropped": "not a -> a",
    "sign dropped": "-a -> a",
    "truth turned": "True for False, and back",
    "constant moved": "n -> n + 1, x -> 2 x + 0.5; parameters' defaults and fields too",
    "name changed": "another text for a key, or for what is compared with",
    "branch forced": "the condition of an if, or of a choice, is True, and is False",
    "filter dropped": "[a for a in x if c] -> [a for a in x]",
    "call dropped": "x.detach() -> x, also of clamp, abs, sorted, square, ... (DROPPED)",
    "function changed": "sum for mean, min for max, any for all, log for log1p, ... (NAMES)",
    "arguments exchanged": "f(a, b) -> f(b, a)",
    "axis changed": "axis=-1 -> axis=0, another axis -> -1; also dim, and where it has no name",
    "keyword dropped": "f(a, k=b) -> f(a): the default in its place",
    "statement dropped": "a call for its effect, an addition in place, an error that is raised",
    "first left out": "for a in x -> for a in x without its first",
    "bound dropped": "x[a:b] -> x[a:] and x[:b]",
    "tuple exchanged": "a, b -> b, a where it is returned, given or taken apart",
    "jump exchanged": "continue for break, and back",
    "parameters exchanged": "def f(a, b) -> def f(b, a): a caller's order no longer holds",
}
TURNED = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
MOVED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
}  # fmt: skip
SWAPS = ARITHMETIC | TURNED | {ast.And: ast.Or, ast.Or: ast.And}
NAMES = {
    "sum": "mean", "mean": "sum", "argmin": "argmax", "argmax": "argmin", "amin": "amax",
    "min": "max", "max": "min", "any": "all", "all": "any", "log": "log1p", "log1p": "log",
    "exp": "expm1", "expm1": "exp", "square": "abs", "sqrt": "square", "abs": "square",
    "tanh": "sigmoid", "log_softmax": "softmax", "cumsum": "cumprod", "logsigmoid": "sigmoid",
    "sigmoid": "logsigmoid", "softplus": "sigmoid", "startswith": "endswith", "floor": "ceil",
    "ceil": "floor", "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like",
    "minimum": "maximum", "maximum": "minimum", "median": "mean", "append": "extend",
}  # fmt: skip
DROPPED = {
    "detach", "clamp", "clip", "abs", "sorted", "sort", "square", "sqrt", "exp", "log", "clone",
    "float", "double", "round", "strip", "flip", "cumsum", "copy", "T", "relu", "reversed",
    "tanh", "sigmoid", "unit", "normalize", "list", "set", "deepcopy", "int", "min", "max",
}  # fmt: skip
CHECKS = ("strict", "encoding")  # keywords without which the same is done, here and in order
REDUCTIONS = {
    "sum", "mean", "var", "std", "amin", "amax", "min", "max", "prod", "cumsum", "argmin",
    "argmax", "softmax", "log_softmax", "logsumexp", "any", "all", "sort", "median", "norm",
}  # fmt: skip
