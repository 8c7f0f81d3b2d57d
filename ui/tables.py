"""A table as Streamlit draws it, for the pages that it draws itself."""

import re
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _dates(values: list[Any]) -> bool:
    """Whether a column holds days and nothing else."""
    told = [value for value in values if value is not None]
    return bool(told) and all(isinstance(value, str) and _DATE.fullmatch(value) for value in told)


def figures(rows: list[dict[str, Any]], words_first: int, key: str) -> None:
    """Few rows whose first ``words_first`` (1, 2 or 4) columns are words and whose others are figures, to the right.

    Cells are read as Markdown. No grid: its headings stand to the left of figures that stand to the right, and it
    sorts rupees as words."""
    with st.container(key=f"figures-{words_first}-{key}"):
        st.table(pd.DataFrame(rows), hide_index=True, border="horizontal")


def grid(rows: list[dict[str, Any]], words_first: int) -> None:
    """Rows however many, of which only those in sight are drawn: the first ``words_first`` columns are words, the
    others figures, to the right."""
    frame = pd.DataFrame(rows)
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(frame, hide_index=True, column_config=dict.fromkeys([*frame.columns[words_first:]], right))


def table(rows: list[dict[str, Any]], columns: dict[str, str], empty: str) -> None:
    """Rows under their headings; a sentence where there are none. Days are shown as people write them, and sort."""
    if not rows:
        st.caption(empty)
        return
    cells: dict[str, list[Any]] = {}
    days: list[str] = []
    for key, title in columns.items():
        values = [row.get(key) for row in rows]
        if _dates(values):
            days.append(title)
            cells[title] = [None if value is None else date.fromisoformat(value) for value in values]
        else:
            cells[title] = ["–" if value is None else value for value in values]
    shown = st.column_config.DateColumn(format="DD MMM YYYY")
    st.dataframe(pd.DataFrame(cells), hide_index=True, column_config=dict.fromkeys(days, shown))
