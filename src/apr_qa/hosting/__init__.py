"""What every embedded engine shares: the command line, the JSON Lines protocol and the HTTP server around one `Host`.

An engine is a child program of three lines: ``main(MyHost())``. It is asked in three ways (`run`, `chat`, `serve`)
and for log-probabilities (`logits`). This package knows nothing of apr_qa, numpy or any engine.
"""

from apr_qa.hosting.main import main
from apr_qa.hosting.protocol import Answer, Host, HostError, Message, Request, Scores

__all__ = ["Answer", "Host", "HostError", "Message", "Request", "Scores", "main"]
