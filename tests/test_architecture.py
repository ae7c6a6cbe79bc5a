"""Rules about the adapters that hold for every provider, whatever its name."""

from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
ADAPTERS = sorted(path.parent.name for path in (ROOT / "providers").glob("*/client.py"))
EMULATION = ("emulator", "emulated_", "printed")

graph = grimp.build_graph("providers", include_external_packages=True)


def _modules(adapter: str) -> set[str]:
    return {f"providers.{adapter}", *graph.find_descendants(f"providers.{adapter}")}


def _production(adapter: str) -> set[str]:
    return {module for module in _modules(adapter) if not module.rpartition(".")[2].startswith(EMULATION)}


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_imports_no_other_adapter(adapter: str) -> None:
    others = {module for other in ADAPTERS if other != adapter for module in _modules(other)}
    imported = {
        found for module in _modules(adapter) for found in graph.find_modules_directly_imported_by(module)
    }
    assert imported & others == set()


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_reaches_the_network_through_the_shared_client_alone(adapter: str) -> None:
    imported = {
        found for module in _production(adapter) for found in graph.find_modules_directly_imported_by(module)
    }
    assert imported.isdisjoint({"aiohttp", "socket"})


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_does_not_use_its_emulator(adapter: str) -> None:
    imported = {
        found for module in _production(adapter) for found in graph.find_modules_directly_imported_by(module)
    }
    assert [module for module in imported if module.rpartition(".")[2].startswith(EMULATION)] == []


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_an_adapter_has_the_files_that_every_adapter_has(adapter: str) -> None:
    files = {path.name for path in (ROOT / "providers" / adapter).glob("*.py")}
    assert {"__init__.py", "client.py", "records.py", "images.py", "emulator.py"} <= files
