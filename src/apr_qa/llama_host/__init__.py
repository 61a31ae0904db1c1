"""llama.cpp as a child program, `python -I -m apr_qa.llama_host`: the `xllamacpp` wheel behind the hosting protocol."""
