"""A LlamaIndex agent with Flagstone's two tools, on any OpenAI-compatible model.

    python -m examples.llamaindex_agent "sign a commit"
        --product git --version 2.39 --model gpt-5-mini

It is a ReAct agent, so that the model need not know how to call tools. With an integration package
for your model (``llama-index-llms-…``), give its class instead of `ChatModel`. It needs the extra
``eval`` (``pip install flagstone[eval]``).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from llama_index.core.agent.workflow import ReActAgent
from llama_index.core.base.llms.types import CompletionResponse, CompletionResponseGen, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.llms.custom import CustomLLM
from openai import OpenAI
from pydantic import PrivateAttr

from api.client import Client
from retrieval.llama import flagstone_tools


class ChatModel(CustomLLM):
    """A chat model of an OpenAI-compatible service."""

    model: str
    _service: OpenAI = PrivateAttr()

    def __init__(self, model: str, service: OpenAI) -> None:
        super().__init__(model=model)  # type: ignore[call-arg]  # made by pydantic
        self._service = service

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex wants to know of it."""
        return LLMMetadata(model_name=self.model, context_window=32_000)

    @llm_completion_callback()
    def complete(
        self,
        prompt: str,
        formatted: bool = False,  # noqa: ARG002  # the interface of LlamaIndex
        **options: Any,  # noqa: ARG002
    ) -> CompletionResponse:
        """One answer."""
        answer = self._service.chat.completions.create(
            model=self.model, messages=[{"role": "user", "content": prompt}]
        )
        return CompletionResponse(text=answer.choices[0].message.content or "")

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **options: Any
    ) -> CompletionResponseGen:
        """The same in one piece."""
        yield self.complete(prompt, formatted, **options)


async def answer(
    task: str, service: OpenAI, model: str, flagstone: Client, product: str, version: str
) -> str:
    """What the agent answers."""
    agent = ReActAgent(
        tools=flagstone_tools(flagstone, product=product, version=version),
        llm=ChatModel(model, service),
        streaming=False,
    )
    return str(
        await agent.run(
            f"Give one {product} {version} command for this task, validated before you answer:"
            f" {task}"
        )
    )


def main(arguments: list[str] | None = None) -> int:
    """Solve one task."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("task")
    parser.add_argument("--product", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--flagstone", default="http://127.0.0.1:8600")
    parser.add_argument("--key")
    given = parser.parse_args(arguments)
    with Client(given.flagstone, key=given.key) as flagstone:
        print(
            asyncio.run(
                answer(given.task, OpenAI(), given.model, flagstone, given.product, given.version)
            )
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
