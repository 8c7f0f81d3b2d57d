"""The entry of the web process: found by Streamlit, and answering before the database is there."""

import ast
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent


def test_streamlit_finds_the_app_and_its_entry_is_not_beside_the_pages() -> None:
    # Streamlit reads the file without running it: the call must be written out, and a page beside the
    # entry script could be opened by its address without the sign-in gate.
    tree = ast.parse((PROJECT / "app.py").read_text(encoding="utf-8"))
    (call,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "app"
    ]
    assert isinstance(call, ast.Call)
    assert ast.unparse(call.func) == "st.App"
    (entry,) = call.args
    assert isinstance(entry, ast.Constant)
    assert entry.value == "ui/main.py"
    assert not (PROJECT / "ui" / "pages").exists()
    assert {"routes", "lifespan"} <= {keyword.arg for keyword in call.keywords}
