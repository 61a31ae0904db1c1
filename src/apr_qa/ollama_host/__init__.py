"""A real Ollama as a child program, `python -I -m apr_qa.ollama_host`: its server behind the hosting protocol."""
