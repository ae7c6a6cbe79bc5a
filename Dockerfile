# Both images are arguments, so that a mirror or a stand-in can take their place; pin them by digest at a release.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-trixie
ARG UV_IMAGE=ghcr.io/astral-sh/uv:0.13.8

FROM ${UV_IMAGE} AS uv

FROM ${PYTHON_IMAGE} AS build
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never \
    VIRTUAL_ENV=/opt/venv
WORKDIR /build
# The packages change seldom and the program often: each has a layer of its own.
COPY requirements.lock ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv --quiet --no-project --python python3 /opt/venv \
    && uv pip sync --quiet --require-hashes requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY server server
COPY schema schema
COPY resolvers resolvers
COPY providers providers
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --quiet --no-deps .

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin mediagraph
# Owned by root: the program cannot change itself, and its file system may be read-only (/tmp excepted).
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MEDIAGRAPH_LOG_FORMAT=json \
    MEDIAGRAPH_DRAIN_S=5
USER 10001:10001
WORKDIR /tmp
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["mediagraph", "serve", "--host", "0.0.0.0", "--port", "8000"]
