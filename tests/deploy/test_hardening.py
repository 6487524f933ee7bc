"""Hardening of compose.yaml: versions, pinned images, and the addresses and the secret of the TURN server."""

from __future__ import annotations

import ipaddress
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import pin_images
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NOT_PINNED = {"tensorflow/serving:2.19.1"}
"""Images whose digest is not known yet; docs/deploy.md names them."""


def version_of(service: str) -> tuple[int, ...]:
    found = re.match(r"[^:]+:([\d.]+)", SERVICES[service]["image"])
    assert found
    return tuple(map(int, found[1].split(".")))


def turn_options(name: str) -> list[str]:
    return [option.partition("=")[2] for option in SERVICES["turn"]["command"] if option.startswith(f"--{name}=")]


def relays_to(address: str) -> bool:
    """Return whether coturn would relay to an address: allowed addresses override denied ranges."""
    wanted = ipaddress.ip_address(address)
    if address in turn_options("allowed-peer-ip"):
        return True
    for denied in turn_options("denied-peer-ip"):
        first, _, last = denied.partition("-")
        ends = ipaddress.ip_address(first), ipaddress.ip_address(last or first)
        if wanted.version == ends[0].version and ends[0] <= wanted <= ends[1]:  # type: ignore[operator]
            return False
    return True


def test_versions_have_fixes_of_known_vulnerabilities() -> None:
    assert version_of("turn") >= (4, 9, 0), "CVE-2026-27624 is fixed in coturn 4.9.0"
    assert version_of("database") >= (17, 10)


def test_images_are_pinned_by_digest() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    images += re.findall(r"(?m)^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    loose = {image for image in images if not re.search(r":[\w.-]+@sha256:[0-9a-f]{64}$", image)}
    assert loose == NOT_PINNED
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert all(f"`{image}`" in guide for image in loose)


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "0.0.0.0", "169.254.169.254"),
        *("100.64.0.1", "100.127.255.255", "192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
        *("::1", "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "fc00::1", "fd12::1", "fe80::1"),
        *("2001:db8::1", "ff02::1", "2606:4700::1111"),
    ],
)
def test_the_turn_server_relays_to_no_network_behind_it(address: str) -> None:
    assert not relays_to(address)


def test_the_turn_server_relays_to_the_internet_and_to_the_app_alone() -> None:
    app = SERVICES["app"]["networks"]["default"]["ipv4_address"]
    assert turn_options("allowed-peer-ip") == [app]
    assert relays_to("8.8.8.8")
    [network] = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert ipaddress.ip_address(app) in ipaddress.ip_network(network["subnet"])


def test_no_denied_range_begins_with_the_ipv6_zero_address() -> None:
    """coturn reads a range that starts at ``::`` as all addresses, IPv4 included."""
    assert not [denied for denied in turn_options("denied-peer-ip") if denied.partition("-")[0] == "::"]


def test_relayed_tcp_is_off() -> None:
    assert "--no-tcp-relay" in SERVICES["turn"]["command"]


def test_only_the_turn_server_gets_its_secret_from_compose() -> None:
    """The app, which creates the credentials, has a copy in Streamlit's secrets."""
    users = {name for name, service in SERVICES.items() if "TURN_SECRET" in json.dumps(service)}
    assert users == set(), "command lines and environments can be read by others on the machine"
    assert [name for name, config in COMPOSE["configs"].items() if "TURN_SECRET" in config["content"]] == ["turn"]
    assert [name for name, service in SERVICES.items() if "turn" in json.dumps(service.get("configs"))] == ["turn"]
    files = {name: service["env_file"] for name, service in SERVICES.items() if "env_file" in service}
    assert files == {"app": [{"path": "app.env", "required": False}]}
    example = (DEPLOY / "app.example.env").read_text(encoding="utf-8")
    assert set(re.findall(r"(?m)^(\w+)=", example)) & {"TURN_SECRET", "POSTGRES_PASSWORD"} == set()


class Registry(BaseHTTPRequestHandler):
    """A minimal registry of images that issues tokens and returns the digest of a tag."""

    digest = "sha256:" + "a" * 64

    def do_HEAD(self) -> None:
        if self.headers.get("Authorization") != "Bearer let-me-in":
            self.send_response(401)
            address = f"http://{self.headers['Host']}/token"
            self.send_header("WWW-Authenticate", f'Bearer realm="{address}",service="here",scope="repository:x:pull"')
        elif self.path == "/v2/faces/app/manifests/1.2":
            self.send_response(200)
            self.send_header("Docker-Content-Digest", self.digest)
        else:
            self.send_response(404)
        self.end_headers()

    def do_GET(self) -> None:
        assert self.path.startswith("/token?service=here")
        body = json.dumps({"token": "let-me-in"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""


@pytest.fixture
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_images_get_the_digest_that_their_registry_names(registry: str) -> None:
    old = f"{registry}/faces/app:1.2@sha256:{'b' * 64}"
    before = f"FROM {registry}/faces/app:1.2 AS packages\nRUN true\n    image: {old}\n"
    pin = f"{registry}/faces/app:1.2@{Registry.digest}"
    assert pin_images.pinned(before) == f"FROM {pin} AS packages\nRUN true\n    image: {pin}\n"


def test_nothing_is_written_if_a_registry_has_no_answer(
    registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "Dockerfile", tmp_path / "compose.yaml"
    good.write_text(f"FROM {registry}/faces/app:1.2\n", encoding="utf-8")
    bad.write_text(f"    image: {registry}/faces/none:1.2\n", encoding="utf-8")
    monkeypatch.setattr(pin_images, "FILES", (good, bad))
    assert pin_images.main() == 1
    assert "No image was pinned" in capsys.readouterr().err
    assert good.read_text(encoding="utf-8") == f"FROM {registry}/faces/app:1.2\n"


@pytest.mark.parametrize(
    ("name", "registry", "repository"),
    [
        ("postgres", pin_images.DOCKER_HUB, "library/postgres"),
        ("coturn/coturn", pin_images.DOCKER_HUB, "coturn/coturn"),
        ("ghcr.io/owner/image", "ghcr.io", "owner/image"),
    ],
)
def test_images_are_found_where_docker_looks(name: str, registry: str, repository: str) -> None:
    assert pin_images.image_of(name, "1")[:2] == (registry, repository)
