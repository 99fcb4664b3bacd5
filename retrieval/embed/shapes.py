"""A graph without the arithmetic of its own shapes.

Traced with a number of tokens that is left open, a model works out the shape of each tensor that it
reshapes each time it runs: three nodes in ten, which take a tenth of the time of a question. In the
graph for one text alone every shape has one open number at most, and is known but for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.tools.symbolic_shape_infer import (  # type: ignore[import-untyped]
    SymbolicShapeInference,
)

_OPEN = -1
"""In a shape given to ``Reshape``: whatever is left."""


def fix_shapes(file: Path) -> None:
    """Write known shapes into the graph of ``file``, and leave out what worked them out."""
    model = onnx.load(file)
    known = _shapes(model)
    for node in model.graph.node:
        shape = known.get(node.output[0], ())
        if node.op_type != "Reshape" or not shape or shape.count(_OPEN) > 1:
            continue
        node.input[1] = f"{node.output[0]}/shape"
        fixed = numpy_helper.from_array(np.array(shape, np.int64), node.input[1])
        model.graph.initializer.append(fixed)
    _drop_unused(model.graph)
    onnx.save(model, file)


def _shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    """The shape of each tensor whose rank is known, ``_OPEN`` where a number is not."""
    inferred = SymbolicShapeInference.infer_shapes(model, auto_merge=True)
    return {
        one.name: tuple(
            size.dim_value if size.HasField("dim_value") else _OPEN
            for size in one.type.tensor_type.shape.dim
        )
        for one in inferred.graph.value_info
    }


def _drop_unused(graph: onnx.GraphProto) -> None:
    wanted = {one.name for one in graph.output}
    kept = []
    for node in reversed(graph.node):  # they are in the order in which they run
        if wanted.intersection(node.output):
            wanted.update(_read_by(node))
            kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))


def _read_by(node: onnx.NodeProto) -> Iterator[str]:
    """What a node reads, branches and bodies of loops included."""
    yield from node.input
    for inside in (one.g for one in node.attribute if one.type == onnx.AttributeProto.GRAPH):
        for each in inside.node:
            yield from _read_by(each)
        yield from (one.name for one in inside.output)
