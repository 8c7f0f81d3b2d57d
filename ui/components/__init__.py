"""Browser components. Each is a module of its own under ``js/``, imported by address, never inlined.

What Streamlit mounts is only the loader below: it imports the module, hands it the element and the
data, and tells Python when our addresses cannot be reached, so that the page falls back to reruns.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import orjson
import streamlit as st

from ui import assets

_LOADER = """
const LIVE = new WeakMap();
const PREFIX = (location.pathname.match(/^(.*?\\/~\\/\\+)(\\/|$)/) || ["", ""])[1];

export default function (given) {
  const args = { ...given, data: JSON.parse(given.data) };
  const place = args.parentElement;
  let slot = LIVE.get(place);
  if (slot) {
    slot.args = args;
    slot.widget?.update(args);
  } else {
    slot = { args, widget: null, gone: false };
    LIVE.set(place, slot);
    import(location.origin + PREFIX + "%s").then(
      (module) => { if (!slot.gone) slot.widget = module.mount(slot.args); },
      () => args.setStateValue("link", "unreachable"),
    );
  }
  return () => {
    slot.gone = true;
    slot.widget?.destroy?.();
    LIVE.delete(place);
  };
}
"""


# The style sheets of a component; one that shows depth, or a ledger's table, takes theirs too.
_SHEETS = {
    "bridge": (),
    "chart": ("chart",),
    "baskets": ("orders", "baskets"),
    "depth": ("depth",),
    "fills": (),
    "gtt": ("ticket", "gtt"),
    "latency": ("latency",),
    "ledger": ("ledger",),
    "options": ("figures", "options"),
    "orders": ("orders",),
    "pnl": ("wallet", "figures", "pnl"),
    "positions": ("orders", "positions"),
    "quote": ("quote", "chain"),
    "risk": ("wallet", "risk"),
    "strip": ("strip",),
    "ticket": ("ticket",),
    "toasts": ("toasts",),
    "wallet": ("wallet",),
    "watch": ("depth", "watch", "chain"),
}


@cache
def _style(name: str) -> str:
    files = [assets.FOLDER / f"{sheet}.css" for sheet in ("tokens", *_SHEETS[name])]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    # The form of a GTT wears the ticket's clothes under a name of its own, so that each is found for itself.
    return text.replace(".ticket", ".gtt") if name == "gtt" else text


@cache
def _component(name: str) -> Callable[..., Any]:
    return st.components.v2.component(
        f"kagaz_{name}",
        html='<div class="kagaz">\n</div>',
        css=_style(name),
        js=_LOADER % assets.address(f"{name}.js"),
    )


def _ignore() -> None:
    """Streamlit wants a callback for each value that it shall hand back."""


def show(name: str, key: str, data: dict[str, Any], *triggers: str, height: int | str = "content") -> Any:
    """Mounts the component ``name``; the result carries ``link`` and each of ``triggers``.

    ``link`` is None, or "unreachable" once the browser could not reach our addresses; ``data`` must be
    plain JSON. Rerunning with the same data does not touch the browser.
    """
    callbacks = {f"on_{trigger}_change": _ignore for trigger in ("link", *triggers)}
    # As text: Streamlit would look into each value for a table.
    return _component(name)(key=key, data=orjson.dumps(data).decode(), height=height, **callbacks)
