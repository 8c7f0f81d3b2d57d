"""The pages: address, title, icon, and who may open them. The first one is the page after signing in."""

from pathlib import Path

PAGES = Path(__file__).resolve().parent.parent / "pages"
ALL = ("trader", "analyst", "admin")
MENU = (
    ("watch", "Watch", ":material/candlestick_chart:", ALL),
    ("options", "Option chain", ":material/stacked_line_chart:", ALL),
    ("orders", "Orders", ":material/receipt_long:", ALL),
    ("baskets", "Baskets", ":material/shopping_basket:", ("trader", "admin")),
    ("positions", "Positions", ":material/work:", ALL),
    ("wallet", "Funds", ":material/account_balance_wallet:", ALL),
    ("pnl", "P&L", ":material/monitoring:", ALL),
    ("risk", "Risk", ":material/shield:", ALL),
    ("alerts", "Alerts", ":material/notifications:", ALL),
    ("instrument", "Instrument", ":material/query_stats:", ALL),
    ("order", "Order form", ":material/edit_note:", ("trader", "admin")),
    ("programs", "Programs", ":material/smart_toy:", ("trader", "admin")),
    ("feeds", "Feeds", ":material/sensors:", ("trader", "admin")),
    ("account", "Account", ":material/person:", ALL),
    ("admin", "Admin", ":material/shield_person:", ("admin",)),
)


def file_of(name: str) -> Path:
    """The file of a page, as links and switches want it."""
    return PAGES / f"{name}.py"
