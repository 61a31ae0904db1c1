# The CPU image. Builds with Docker's old and new builder, on the official Python image and on any Debian trixie with
# python3-venv. Options: --build-arg APR=build|copy|none (copy takes docker/engine/apr).
FROM python:3.13-slim-trixie AS apr
ARG APR=build
ARG APR_VERSION=0.72.3
ARG APR_FEATURES=""
ARG RUST=1.95.0
COPY docker/ /context/
RUN sh /context/install-apr.sh

FROM python:3.13-slim-trixie AS venv
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python3 -m venv /opt/venv
COPY requirements/run.txt /build/requirements/run.txt
RUN /opt/venv/bin/pip install --require-hashes -r /build/requirements/run.txt
COPY pyproject.toml README.md LICENSE /build/
COPY src/ /build/src/
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation /build

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="apr-qa" \
      org.opencontainers.image.description="Certifies that a language model really works" \
      org.opencontainers.image.licenses="MIT"
# 1001 owns the workspace on GitHub's own machines; run/action.yml names the runner's user on all others.
RUN useradd --uid 1001 --user-group --create-home --home-dir /home/apr-qa --shell /usr/sbin/nologin apr-qa \
 && install -d -m 1777 /cache
COPY --from=apr /opt/apr/ /opt/apr/
COPY --from=venv /opt/venv/ /opt/venv/
# Python takes nothing from the working folder: there a pull request's files may lie.
ENV PATH=/opt/venv/bin:/opt/apr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    APR_QA_MODEL_CACHE=/cache XDG_CACHE_HOME=/tmp/apr-qa-cache
USER 1001:1001
ENTRYPOINT ["/opt/venv/bin/apr-qa"]
CMD ["--help"]
