# What a job of a workflow runs in when act plays GitHub: bash, jq and the client of the engine, as GitHub's machines have.
FROM python:3.13-slim-trixie
# A runner follows its distribution.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends docker-cli jq \
 && rm -rf /var/lib/apt/lists/*
