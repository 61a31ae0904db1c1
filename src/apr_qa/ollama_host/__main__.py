"""Start the engine: `python -I -m apr_qa.ollama_host serve --model FILE.gguf`."""

from apr_qa.hosting import main
from apr_qa.ollama_host.host import OllamaHost

if __name__ == "__main__":
    main(OllamaHost())
