"""What is shipped for operators fits the program: manifests, alerts, dashboard, runbook, compose file."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from server.settings import all_variables, load_settings
from tests.graph import running_graph
from tests.server.test_command_line import Program

ROOT = Path(__file__).resolve().parents[1]
KUBERNETES = ROOT / "deploy" / "kubernetes"
PROMETHEUS = ROOT / "deploy" / "prometheus"
KUBERNETES_VERSION = "1.37"
FILES = sorted(path for path in KUBERNETES.glob("*.yaml") if path.name != "kustomization.yaml")
OURS = re.compile(r"mediagraph_[a-z_]+")

needs_prometheus = pytest.mark.skipif(
    "CI" not in os.environ and not shutil.which("promtool"), reason="wants Debian's prometheus"
)


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def queries() -> Iterator[tuple[str, str]]:
    """List the dashboard's queries by the titles of their panels."""
    for panel in json.loads((ROOT / "deploy" / "grafana" / "mediagraph.json").read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "1m")


def rules() -> list[dict[str, Any]]:
    return [rule for group in loaded(PROMETHEUS / "alerts.yaml")["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_manifest_keeps_to_the_schema_of_kubernetes(path: Path) -> None:
    kubernetes_validate.validate(loaded(path), KUBERNETES_VERSION, strict=True)


def test_the_schema_check_sees_a_wrong_manifest() -> None:
    wrong = loaded(KUBERNETES / "deployment.yaml")
    wrong["spec"]["template"]["spec"]["containers"][0]["imagee"] = "x"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES_VERSION, strict=True)


def test_kustomize_is_given_every_manifest() -> None:
    assert sorted(loaded(KUBERNETES / "kustomization.yaml")["resources"]) == [path.name for path in FILES]


def test_every_selector_chooses_the_graphs_pods_and_no_others() -> None:
    pods = loaded(KUBERNETES / "deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    assert loaded(KUBERNETES / "service.yaml")["spec"]["selector"] == pods
    assert loaded(KUBERNETES / "network.yaml")["spec"]["podSelector"]["matchLabels"] == pods
    for name in ("deployment", "disruption"):
        assert loaded(KUBERNETES / f"{name}.yaml")["spec"]["selector"]["matchLabels"] == pods


def test_the_deployments_settings_are_settings_and_hold_no_secret() -> None:
    (container,) = loaded(KUBERNETES / "deployment.yaml")["spec"]["template"]["spec"]["containers"]
    environ = {each["name"]: each["value"] for each in container["env"]}
    assert load_settings(environ).warnings == ()
    secret = {variable.name for variable in all_variables() if variable.kind.is_secret}
    assert secret.isdisjoint(environ)


def test_a_pod_has_time_to_drain_and_to_answer_its_last_request() -> None:
    pod = loaded(KUBERNETES / "deployment.yaml")["spec"]["template"]["spec"]
    environ = {each["name"]: each["value"] for each in pod["containers"][0]["env"]}
    settings = load_settings(environ)
    assert pod["terminationGracePeriodSeconds"] > settings.drain_s + settings.deadline_s + 1


def test_the_compose_file_names_files_and_settings_that_exist() -> None:
    services = loaded(ROOT / "compose.yaml")["services"]
    known = {variable.name for variable in all_variables()}
    assert set(services["graph"]["environment"]) <= known
    for service in services.values():
        for volume in service.get("volumes", []):
            assert (ROOT / volume.partition(":")[0]).exists(), volume


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    pages = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in ROOT.glob("docs/runbook/*.md")}
    assert {rule["annotations"]["runbook"] for rule in rules()} == set(pages)
    for rule in rules():
        assert pages[rule["annotations"]["runbook"]].startswith(f"# {rule['alert']}\n")


async def test_alerts_and_dashboard_name_numbers_that_the_program_writes() -> None:
    async with running_graph() as graph:
        written = (await graph.send("GET", "/metrics")).body.decode()
    families = set(re.findall(r"^# TYPE (\S+) ", written, re.MULTILINE))
    named = {name for _, query in queries() for name in OURS.findall(query)}
    named |= {name for rule in rules() for name in OURS.findall(rule["expr"])}
    assert {re.sub("_bucket$", "", name) for name in named} <= families
    shown = {re.sub("_bucket$", "", name) for _, query in queries() for name in OURS.findall(query)}
    assert {family for family in families if not family.endswith("_created")} == shown


@needs_prometheus
def test_alerts_fire_when_they_should() -> None:
    for arguments in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]):
        result = subprocess.run(
            ["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr


def ask(origin: str) -> None:
    """Ask for what is there and for what cannot be, so that every number has something to count."""
    for query in (
        "{ a: photos(first: 2) { nodes { title } } b: photos(first: 2) { nodes { title } } }",
        "{ no }",
    ):
        body = json.dumps({"query": query}).encode()
        sent = urllib.request.Request(f"{origin}/graphql", body, {"content-type": "application/json"})
        urllib.request.urlopen(sent, timeout=30).close()


@contextmanager
def prometheus(folder: Path) -> Iterator[str]:
    """Run a real Prometheus by the configuration in a folder; give its origin once it is ready."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            assert any("ready to receive web requests" in line for line in process.stderr)
            yield f"http://{address}"
        finally:
            process.terminate()
            process.communicate()


def prometheus_answer(origin: str, query: str) -> list[dict[str, Any]]:
    address = f"{origin}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(address, timeout=30) as response:
        found: list[dict[str, Any]] = json.load(response)["data"]["result"]
    return found


@needs_prometheus
async def test_every_query_of_the_dashboard_finds_numbers_in_a_real_prometheus(tmp_path: Path) -> None:
    with Program("--port", "0", LOG_LEVEL="error") as program:
        origin = program.origin()
        ask(origin)
        config = {
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [
                {"job_name": "mediagraph", "static_configs": [{"targets": [origin.partition("//")[2]]}]}
            ],
        }
        (tmp_path / "prometheus.yaml").write_text(json.dumps(config), encoding="utf-8")
        with prometheus(tmp_path) as address:
            async with asyncio.timeout(120):
                missing = dict(queries())
                while missing:
                    await asyncio.to_thread(ask, origin)
                    missing = {
                        title: query
                        for title, query in queries()
                        if not await asyncio.to_thread(prometheus_answer, address, query)
                    }
        program.process.terminate()
