"""Start the engine: `python -I -m apr_qa.llama_host run|chat|serve|logits --model FILE.gguf`."""

from apr_qa.hosting import main
from apr_qa.llama_host.host import LlamaHost

if __name__ == "__main__":
    main(LlamaHost())
