# docker build -t nuzuh . && docker run --rm nuzuh forecast --crisis nw-syria --as-of 2019-05-04
# Your own crisis folder: docker run --rm -v "$PWD/my-crisis:/crisis:ro" nuzuh forecast --crisis /crisis …
ARG PYTHON_IMAGE=python:3.12.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/nuzuh
COPY requirements/core.txt requirements/
RUN /opt/nuzuh/bin/python -m pip install \
    --no-deps --only-binary :all: --require-hashes --requirement requirements/core.txt
COPY . .
RUN /opt/nuzuh/bin/python -m pip install --no-deps --no-index --no-build-isolation . \
    && /opt/nuzuh/bin/python -m pip check

FROM ${PYTHON_IMAGE}
ENV OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --create-home nuzuh
COPY --from=build /opt/nuzuh /opt/nuzuh
USER nuzuh
WORKDIR /home/nuzuh
ENTRYPOINT ["/opt/nuzuh/bin/nuzuh"]
CMD ["--help"]
