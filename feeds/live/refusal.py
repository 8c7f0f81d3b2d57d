"""What a vendor that is asked a question, and no stream, may answer instead of what was asked for."""


class VendorRefusal(Exception):
    """The vendor refused, or could not be asked. ``status`` is its HTTP status, 0 where there was no answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
