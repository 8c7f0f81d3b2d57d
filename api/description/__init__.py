"""The API described in OpenAPI 3.1: requests from the words of the table, answers from pydantic models."""

from api.description.document import describe

__all__ = ["describe"]
