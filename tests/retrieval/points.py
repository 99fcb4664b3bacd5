"""Small points for the tests of stores, and what is asked of them."""

import numpy as np

from retrieval.store import Point, Scope, SparseVector

D = 8
PG13, PG15, GIT = ("postgresql", "13"), ("postgresql", "15"), ("git", "2.39")


def vector(*values: float) -> np.ndarray:
    return np.array([*values, *[0.0] * (D - len(values))], np.float32)


def sparse(**terms: float) -> SparseVector:
    """``t7=1.5`` is the weight 1.5 of dimension 7."""
    weights = sorted((int(name[1:]), value) for name, value in terms.items())
    return SparseVector(
        np.array([index for index, _ in weights], np.uint32),
        np.array([value for _, value in weights], np.float32),
    )


def point(number: int, *releases: str, product: str = "postgresql", dense: np.ndarray | None = None,
          terms: SparseVector | None = None) -> Point:  # fmt: skip
    return Point(
        id=f"{number:032x}",
        product=product,
        releases=releases or ("13",),
        kind="option",
        page="app-pgdump",
        dense=vector(1) if dense is None else dense,
        sparse=sparse(t1=1.0) if terms is None else terms,
    )


def scope(*pairs: tuple[str, str]) -> Scope:
    return Scope(pairs=pairs)
