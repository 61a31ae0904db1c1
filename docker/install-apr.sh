#!/bin/sh
# Puts the engine `apr` into /opt/apr: built from its crate, copied from docker/engine/, or left out.
# Reads APR (build, copy or none), APR_VERSION, APR_FEATURES, RUST.
set -eu
mkdir -p /opt/apr/bin
case "$APR" in
  none) ;;
  copy)
    install -m 0755 /context/engine/apr /opt/apr/bin/apr
    ;;
  build)
    apt-get update
    apt-get install -y --no-install-recommends rustup gcc g++ make cmake pkg-config libssl-dev
    rustup toolchain install "$RUST" --profile minimal
    cargo "+$RUST" install apr-cli --locked --version "$APR_VERSION" --root /opt/apr ${APR_FEATURES:+--features "$APR_FEATURES"}
    rm -rf /var/lib/apt/lists/* "$HOME/.cargo/registry"
    ;;
  *)
    echo "APR is '$APR'; it has to be build, copy or none" >&2
    exit 2
    ;;
esac
