"""The documents say what is so: each setting, each command, each link."""

import re
import subprocess
from pathlib import Path

import pytest

from settings import PROJECT, Settings
from tests.style import house

README = (PROJECT / "README.md").read_text("utf-8")
MAKEFILE = (PROJECT / "Makefile").read_text("utf-8")
TARGETS = sorted(re.findall(r"^([a-z-]+):[^=\n]*##", MAKEFILE, re.M))
DOCUMENTS = sorted(path for path in house.files() if path.suffix == ".md")


def shown_default(name: str) -> str:
    """A setting's default as the table shows it."""
    field = Settings.model_fields[name]
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "default" in extra:
        return str(extra["default"])
    return f"`{field.default}`" if field.default not in (None, ()) else ""


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_is_documented(name: str) -> None:
    row = f"| `{name.upper()}` | {shown_default(name)} | {Settings.model_fields[name].description} |"
    assert row in (PROJECT / "docs" / "settings.md").read_text("utf-8").splitlines(), f"docs/settings.md lacks:\n{row}"


def test_no_setting_is_documented_that_does_not_exist() -> None:
    named = re.findall(r"^\| `(\w+)` \|", (PROJECT / "docs" / "settings.md").read_text("utf-8"), re.M)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_of_secrets_names_only_settings() -> None:
    text = (PROJECT / ".streamlit" / "secrets.example.toml").read_text("utf-8")
    top = text.split("\n# [", 1)[0]
    named = set(re.findall(r"^(?:# )?([A-Z_]+) = ", top, re.M))
    assert named
    assert named <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("target", TARGETS)
def test_each_make_target_is_in_the_readme(target: str) -> None:
    assert f"make {target}" in README


@pytest.mark.parametrize("document", DOCUMENTS, ids=house.name)
def test_each_command_of_a_document_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    unknown = {name for name in re.findall(r"\bmake ([a-z][a-z-]*)\b(?=[`\s]|$)", code_of(text)) if name not in TARGETS}
    assert not unknown, f"make has no {unknown}"
    for module in set(re.findall(r"python -m ([a-z_.]+[a-z_])", code_of(text))) - {"pytest", "venv", "pip"}:
        place = PROJECT / module.replace(".", "/")
        assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), f"python -m {module}"


def code_of(text: str) -> str:
    """What a document sets in code: its fenced blocks and its inline pieces."""
    fences = re.findall(r"^```\w*\n([\s\S]*?)^```", text, re.M)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```[\s\S]*?^```", "", text, flags=re.M))
    return "\n".join([*fences, *inline])


@pytest.mark.parametrize("document", DOCUMENTS, ids=house.name)
def test_each_link_of_a_document_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text("utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (document.parent / target).exists(), f"{house.name(document)} links to {target}"


def test_each_document_that_a_file_names_exists() -> None:
    known = {house.name(path) for path in DOCUMENTS} | {path.name for path in DOCUMENTS}
    broken = {
        f"{name}: {found}"
        for name, text in house.texts()
        for found in re.findall(r"(?<![\w/*.-])[\w./-]*\w\.md\b", text)
        if found.removeprefix("./") not in known and not (PROJECT / name).parent.joinpath(found).exists()
    }
    assert not broken, broken


def test_each_test_that_a_document_names_exists() -> None:
    named = {name for path in DOCUMENTS for name in re.findall(r"`(test_\w+)`", path.read_text("utf-8"))}
    written = {
        name
        for path in house.files()
        if path.suffix == ".py" and path.name.startswith("test_")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.M)
    }
    assert len(named) > 60
    assert not named - written


def test_ci_runs_the_command_of_the_readme() -> None:
    script = (PROJECT / ".ci" / "run").read_text("utf-8")
    extract = re.search(r"^command=\$\((.+)\)$", script, re.M)
    assert extract
    done = subprocess.run(["bash", "-c", extract[1]], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "make test"


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_pins_by_hash_and_names_no_host(lock: str) -> None:
    text = (PROJECT / lock).read_text("utf-8")
    assert "://" not in text
    assert "--only-binary :all:" in text.splitlines()
    for block in re.split(r"\n(?=\S)", text):
        if block[0].isalnum():
            assert re.match(r"[\w.\[\],-]+==\S+", block), block
            assert "--hash=sha256:" in block, block


def test_the_lock_of_a_vendors_client_pins_by_hash_too() -> None:
    text = (PROJECT / "requirements-upstox.txt").read_text("utf-8")
    assert "://" not in text
    blocks = [block for block in re.split(r"\n(?=\S)", text) if block[0].isalnum()]
    assert {block.split("==")[0] for block in blocks} >= {"upstox-python-sdk", "websocket-client"}
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("source", ["requirements.in", "requirements-dev.in"])
def test_a_lock_holds_what_it_is_made_from(source: str) -> None:
    lock = (PROJECT / source).with_suffix(".txt").read_text("utf-8")
    for line in (PROJECT / source).read_text("utf-8").splitlines():
        if line and line[0].isalpha():
            bare = re.sub(r"\[.*?\]", "", line)
            assert f"\n{bare} " in lock, f"{source} asks for {line}; run make lock"
