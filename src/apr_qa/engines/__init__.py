"""The engines room: one file an engine, each holding one `Engine` record (contract: `apr_qa.vocab.engines`).

To add one, write `engines/NAME.py` with a record: how it is found and identified, which cells it supports, and for
each way of being asked (one shot, batch, conversation, server) a function that makes the command and one that reads
what came back. Nothing else needs an edit: the folder is the registry. An engine spawns nothing and never bends a
question; what it cannot ask word for word, `refuses` says. A program of our own speaks the protocol of
`apr_qa.hosting`, and `_hosted.embedded(...)` is all that its engine needs. Helpers shared by engines live in modules
whose names start with `_`.
"""
