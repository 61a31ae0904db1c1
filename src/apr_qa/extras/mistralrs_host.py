"""mistral.rs on the CPU, as a child program: `python -I -m apr_qa.extras.mistralrs_host`.

It gives the token ids of greedy answers only (as the best alternative of each position) and no full distributions.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from apr_qa.extras._wheels import installed
from apr_qa.hosting import Answer, HostError, Request, Scores, main


class MistralHost:
    """Holds one model."""

    name = "mistralrs"

    def __init__(self) -> None:
        self.version = installed("mistralrs", "mistralrs")
        self._runner: Any = None

    def load(self, path: Path) -> None:
        """Load the model folder that `path` is or lies in. Raises HostError of kind `load`."""
        os.environ["MISTRALRS_CPU_KV_F32"] = "1"  # its default cache is float16
        import mistralrs

        folder = path if path.is_dir() else path.parent
        which = mistralrs.Which.Plain(model_id=str(folder), dtype=mistralrs.ModelDType.F32)
        try:
            self._runner = mistralrs.Runner(which=which, max_seqs=1, prefix_cache_n=0)
        except Exception as error:  # (a library can raise anything at a broken file)
            raise HostError("load", f"{type(error).__name__}: {error}") from error

    def answer(self, request: Request) -> Answer:
        """Answer one greedy request of messages. Raises HostError."""
        import mistralrs

        if request.prompt is not None or request.temperature > 0:
            raise HostError("unsupported", "mistralrs is asked greedily and by messages only")
        asked = mistralrs.ChatCompletionRequest(
            model="default",
            messages=[{"role": m.role, "content": m.content} for m in request.messages],
            max_tokens=request.max_tokens,
            temperature=0.0,
            top_k=1,
            logprobs=True,
            top_logprobs=1,
        )
        started = time.perf_counter()
        try:
            said = self._runner.send_chat_completion_request(asked)
        except ValueError as error:
            raise HostError("request", str(error)) from error
        choice = said.choices[0]
        tokens = [int(place.top_logprobs[0].token) for place in choice.logprobs.content or ()]
        finish = "length" if choice.finish_reason == "length" else "stop"
        return Answer(
            text=choice.message.content or "",
            tokens=tuple(tokens[:-1] if finish == "stop" else tokens),
            prompt_tokens=int(said.usage.prompt_tokens),
            finish_reason=finish,
            generate_s=time.perf_counter() - started,
        )

    def scores(self, tokens: Sequence[int], top_k: int) -> list[Scores]:
        """Raise HostError: mistralrs gives no scores of given tokens."""
        raise HostError("unsupported", f"mistralrs scores no given tokens ({len(tokens)}, best {top_k})")

    def save_logits(self, tokens: Sequence[int], out: Path) -> tuple[int, int]:
        """Raise HostError: mistralrs gives no logits."""
        raise HostError("unsupported", f"mistralrs gives no logits of {len(tokens)} tokens for {out.name}")


if __name__ == "__main__":
    main(MistralHost())
