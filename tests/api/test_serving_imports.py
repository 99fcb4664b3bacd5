"""What a serving process loads: never the model's training runtime, nor an agent framework."""

import json
import subprocess
import sys
from pathlib import Path

HEAVY = {"torch", "sentence_transformers", "transformers", "llama_index", "onnx", "scipy", "pandas"}

SERVES = """
import json, sys
from pathlib import Path
import api.http, api.wiring
from api.settings import load_settings
from retrieval.request import ContextRequest
serving = api.wiring.open_serving(load_settings(data=Path(sys.argv[1])))
api.http.create_app(serving)
answer = serving.engine().context(ContextRequest(query="exclude table data", product="pg"))
print(json.dumps({"modules": sorted({name.partition(".")[0] for name in sys.modules}),
                  "passages": len(answer.passages)}))
"""


def test_a_serving_process_loads_no_training_runtime(data: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SERVES, str(data)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["passages"]
    assert "onnxruntime" in told["modules"]
    assert not HEAVY.intersection(told["modules"])


def test_the_command_line_starts_without_a_web_server() -> None:
    code = "import sys, api.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert not (HEAVY | {"fastapi", "uvicorn", "starlette"}).intersection(ran.stdout.split())
