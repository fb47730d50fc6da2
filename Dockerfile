# One image for the service, its workers and the command line.
# docker build -t nuzuh . && docker run --rm nuzuh forecast --crisis nw-syria --as-of 2019-05-04
# Your own crisis folder: docker run --rm -v "$PWD/my-crisis:/crisis:ro" nuzuh forecast --crisis /crisis …
# The whole service: docker compose up (compose.yaml, docs/operations.md).
ARG PYTHON_IMAGE=python:3.12.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/nuzuh
COPY requirements/service.txt requirements/
RUN /opt/nuzuh/bin/python -m pip install \
    --no-deps --only-binary :all: --require-hashes --requirement requirements/service.txt
COPY . .
RUN /opt/nuzuh/bin/python -m pip install --no-deps --no-index --no-build-isolation . \
    && /opt/nuzuh/bin/python -m pip check

FROM ${PYTHON_IMAGE}
# Pango and fonts of every script draw the PDF; Debian keeps no older versions to pin.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
    fonts-noto-core libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/*
ENV OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 PYTHONUNBUFFERED=1
# All that is written: the store of SQLite, where no other is named. /tmp is scratch.
ENV XDG_DATA_HOME=/data
RUN useradd --uid 10001 --create-home nuzuh && install --directory --owner nuzuh /data
COPY --from=build /opt/nuzuh /opt/nuzuh
USER 10001
WORKDIR /home/nuzuh
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD \
    ["/opt/nuzuh/bin/python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["/opt/nuzuh/bin/nuzuh"]
CMD ["--help"]
