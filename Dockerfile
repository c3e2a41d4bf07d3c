# syntax=docker/dockerfile:1
# docker build -t stackwatch .
# docker run -d --name stackwatch -v stackwatch:/opt/stackwatch/data stackwatch
# docker exec stackwatch stackwatch alerts list
#
# The console listens on loopback inside the container. To publish it, set `listen` in
# [console] to "0.0.0.0:8080" and publish on the host's loopback: -p 127.0.0.1:8080:8080.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
# Only what the build reads: another file that changes does not build everything again.
COPY Cargo.toml Cargo.lock ./
COPY crates crates
COPY tests tests
COPY config config
COPY watchlists watchlists
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin stackwatch \
    && install -D -m 0755 target/release/stackwatch /out/stackwatch

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 stackwatch \
    && useradd --system --uid 10001 --gid stackwatch --home-dir /opt/stackwatch \
       --shell /usr/sbin/nologin stackwatch \
    && install -d -o stackwatch -g stackwatch -m 0700 /opt/stackwatch/data
COPY --from=build /out/stackwatch /usr/local/bin/stackwatch
# `./config` is where the binary looks first, `../data` and `../watchlists` are what it says: so
# every command works in here without an option.
COPY config /opt/stackwatch/config
COPY watchlists /opt/stackwatch/watchlists
WORKDIR /opt/stackwatch
USER stackwatch
VOLUME ["/opt/stackwatch/data"]
EXPOSE 8080
# SIGTERM ends a run cleanly inside ten seconds.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=10s --start-period=120s --retries=3 \
    CMD ["/usr/local/bin/stackwatch", "health"]
ENTRYPOINT ["/usr/local/bin/stackwatch"]
CMD ["run"]
