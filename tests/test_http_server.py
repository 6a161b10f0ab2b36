"""The running server against a fuzzer that reads its OpenAPI document: no fault, no undocumented answer."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx

from tests.http_city import BARRED, SETTINGS, city
from tests.http_server import running

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)
SECONDS = 20


def test_a_fuzzer_that_reads_the_document_finds_no_fault_and_no_undocumented_answer(tmp_path: Path) -> None:
    with city(wait_limit_s=0.0) as town, running(town.app, replace(SETTINGS, port=0)) as address:
        command = [
            str(Path(sys.executable).parent / "schemathesis"), "run", f"{address}/openapi.json",
            "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "--max-time", str(SECONDS),
            "--seed", "20261122", "--suppress-health-check", "all", "--generation-database", "none",
            "--warnings", "off", "--no-color",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        metrics = httpx.get(f"{address}/metrics").text
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "No issues found" in done.stdout, done.stdout[-2000:]
    answered = {line.split(" ")[0] for line in metrics.splitlines() if line.startswith("xinheng_http_requests_total")}
    assert any('route="/v1/checks",status="422"' in line for line in answered)
    assert any('route="/v1/checks:batch",status="200"' in line for line in answered)
    assert not any('status="500"' in line for line in answered)


def test_the_server_answers_over_a_real_socket_and_streams_are_limited() -> None:
    with city(body_limit_bytes=5_000) as town, running(town.app, replace(SETTINGS, port=0)) as address:
        check = {"subject": BARRED, "matter": "licence"}
        with httpx.Client(base_url=address) as client:
            assert client.post("/v1/checks", json=check).json()["decision"]["verdict"] == "bar"

            def endless() -> Iterator[bytes]:
                for _ in range(100):
                    yield b" " * 1_000

            refused = client.post("/v1/checks", content=endless(), headers={"content-type": "application/json"})
            assert (refused.status_code, refused.json()["code"]) == (413, "request.too-large")
            assert client.post("/v1/checks", json=check).status_code == 200
            assert "uvicorn" not in client.get("/v1/health/live").headers.get("server", "")
