"""A table as Streamlit draws it, for the pages that it draws itself."""

from typing import Any

import pandas as pd
import streamlit as st


def table(rows: list[dict[str, Any]], columns: dict[str, str], empty: str) -> None:
    """Rows under their headings; a sentence where there are none."""
    if not rows:
        st.caption(empty)
        return
    frame = pd.DataFrame(
        [{title: "–" if row.get(key) is None else row[key] for key, title in columns.items()} for row in rows]
    )
    st.dataframe(frame, hide_index=True)
