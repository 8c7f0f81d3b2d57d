"""HTTP over the desk: parsing, answers, authentication, the stream. No rule, no SQL."""
