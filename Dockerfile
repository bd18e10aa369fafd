# Novantra's server, its worker and its commands. docs/self-hosting/containers.md carries it out.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.txt ./
RUN python -m venv /opt/novantra \
 && /opt/novantra/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml requirements.in README.md LICENSE wsgi.py ./
COPY app ./app
COPY wizard ./wizard
RUN /opt/novantra/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Novantra mail" \
      org.opencontainers.image.description="Novantra's mail subsystem: wizard, mailer settings, outbox and account flows" \
      org.opencontainers.image.version="1.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
# pg_dump, pg_restore and psql, for novantra backup and restore with PostgreSQL.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends postgresql-client \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 novantra \
 && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/novantra novantra \
 && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/novantra
COPY --from=build /opt/novantra /opt/novantra
ENV PATH=/opt/novantra/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NOVANTRA_DATA_DIR=/var/lib/novantra \
    NOVANTRA_BIND=0.0.0.0:8000
WORKDIR /var/lib/novantra
VOLUME ["/var/lib/novantra"]
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
ENTRYPOINT ["novantra"]
CMD ["serve"]
