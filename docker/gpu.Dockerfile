# The GPU image: docker build -f docker/gpu.Dockerfile . The same as the CPU image on a CUDA base, with `apr` built for
# CUDA. Start it with --gpus all.
FROM nvidia/cuda:12.8.1-devel-ubuntu24.04 AS apr
ARG APR=build
ARG APR_VERSION=0.72.3
ARG APR_FEATURES=cuda
ARG RUST=1.95.0
COPY docker/ /context/
RUN sh /context/install-apr.sh

FROM nvidia/cuda:12.8.1-runtime-ubuntu24.04 AS base
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv ca-certificates \
 && rm -rf /var/lib/apt/lists/*

FROM base AS venv
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python3 -m venv /opt/venv
COPY requirements/run.txt /build/requirements/run.txt
RUN /opt/venv/bin/pip install --require-hashes -r /build/requirements/run.txt
COPY pyproject.toml README.md LICENSE /build/
COPY src/ /build/src/
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation /build

FROM base
RUN useradd --uid 1001 --user-group --create-home --home-dir /home/apr-qa --shell /usr/sbin/nologin apr-qa \
 && install -d -m 1777 /cache
COPY --from=apr /opt/apr/ /opt/apr/
COPY --from=venv /opt/venv/ /opt/venv/
ENV PATH=/opt/venv/bin:/opt/apr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    APR_QA_MODEL_CACHE=/cache XDG_CACHE_HOME=/tmp/apr-qa-cache
USER 1001:1001
ENTRYPOINT ["/opt/venv/bin/apr-qa"]
CMD ["--help"]
