"""`python -m apr_qa` is `apr-qa`."""

from apr_qa.cli.main import main

if __name__ == "__main__":
    main()
