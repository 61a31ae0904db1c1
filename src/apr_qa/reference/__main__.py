"""Start the engine: `python -I -m apr_qa.reference run|chat|serve|logits --model PATH`."""

from apr_qa.hosting import main
from apr_qa.reference.host import ReferenceHost

if __name__ == "__main__":
    main(ReferenceHost())
