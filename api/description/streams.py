"""The stream told in words: it is no question with one answer, so that no model fits."""

from typing import Any


def paths(prefix: str) -> dict[str, Any]:
    """GET /stream. What changes a stream is an operation like any other."""
    text = (
        "Events named hello, snapshot, quotes, depth, candle, order, trade, position, wallet, gtt, alert, feed, gap "
        "and bye, each with its id; docs/api.md tells what is in them. The WebSocket /ws brings the same as JSON."
    )
    words = {
        "account": "user/book",
        "symbols": "Instruments separated by commas",
        "topics": "Topics separated by commas",
    }
    refusals = {str(each): {"$ref": f"#/components/responses/{each}"} for each in (400, 401, 403, 404, 414, 500, 503)}
    return {
        f"{prefix}/stream": {
            "get": {
                "summary": "Server-sent events of an account and its market",
                "description": text,
                "operationId": "get_stream",
                "tags": ["stream"],
                "parameters": [
                    {"name": name, "in": "query", "required": False, "description": says, "schema": {"type": "string"}}
                    for name, says in words.items()
                ],
                "responses": {
                    "200": {
                        "description": "Events, until either side has had enough",
                        "content": {
                            "text/event-stream": {
                                "schema": {"type": "string"},
                                "example": 'id: 0f3c-7\nevent: feed\ndata: {"market":"sim","state":"LIVE"}\n\n',
                            }
                        },
                    },
                    **refusals,
                },
            }
        }
    }
