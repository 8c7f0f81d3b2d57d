"""The shapes of all answers, as pydantic models: the description is made of them, and tests hold answers against it."""
