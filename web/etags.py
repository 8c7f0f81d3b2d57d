"""Whether who asks holds the answer already, by the marks that it names."""


def is_held(sent: str, mark: str) -> bool:
    """Whether an ``If-None-Match`` names this mark, weak or strong, or any."""
    known = {each.strip().removeprefix("W/").strip('"') for each in sent.split(",")}
    return not known.isdisjoint((mark, "*"))
