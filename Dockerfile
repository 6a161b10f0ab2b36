# The service alone, as docker-compose.yml runs it: installed from this folder, owned by root, run by nobody in particular.
FROM python:3.11-slim AS build
WORKDIR /source
RUN python -m venv /opt/xinheng
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY graph_model graph_model
COPY memoranda memoranda
COPY engine engine
COPY loaders loaders
COPY api api
RUN /opt/xinheng/bin/pip install --no-cache-dir --disable-pip-version-check --constraint constraints.txt .

FROM python:3.11-slim
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/xinheng
COPY --from=build /opt/xinheng /opt/xinheng
ENV PATH=/opt/xinheng/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /var/lib/xinheng
EXPOSE 8000
ENTRYPOINT ["xinheng"]
CMD ["serve"]
