"""Health, readiness, metrics and the description of this API."""

from api.call import Call, Endpoint
from api.metrics import gauges
from api.reply import Reply
from api.serving import Server
from desk import availability, readiness

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def endpoints(server: Server) -> tuple[Endpoint, ...]:
    """The endpoints that speak of the process itself."""
    state = server.state

    def health(_: Call) -> Reply:
        """The process answers; nothing else is asked."""
        return Reply(200, {"status": "ok"})

    def ready(_: Call) -> Reply:
        """Whether orders can be placed and filled; 503 says what is waited for."""
        waiting = list(state.waiting_for) if not state.ready else []
        try:
            body = readiness.report(state.database if state.ready else None, waiting)
        except Exception as error:
            if availability.refusal_for(error) is None:
                raise
            body = readiness.report(None, ["database"])
        return Reply(200 if body["ready"] else 503, body, {} if body["ready"] else {"retry-after": "1"})

    def metrics(call: Call) -> Reply:
        """Counters of this process and the ages that matter, for Prometheus."""
        found = readiness.report(call.database, [])
        lines = [
            *server.meter.lines(),
            *gauges(
                (
                    ("kagaz_ready", int(found["ready"])),
                    ("kagaz_frame_age_ms", found["feed"]["age_ms"]),
                    ("kagaz_leader_term", found["leader"]["term"]),
                    ("kagaz_leader_heartbeat_age_ms", found["leader"]["heartbeat_age_ms"]),
                    ("kagaz_streams", server.open_streams()),
                )
            ),
        ]
        return Reply(200, ("\n".join(lines) + "\n").encode(), media=PROMETHEUS)

    def openapi(_: Call) -> Reply:
        """This API, described."""
        return Reply(200, server.document())

    return (
        Endpoint("GET", "/health", health, "The process answers", public=True, starting=True, inline=True),
        Endpoint("GET", "/ready", ready, "Whether orders can be placed", public=True, starting=True),
        Endpoint("GET", "/metrics", metrics, "Counters for Prometheus"),
        Endpoint("GET", "/openapi.json", openapi, "This description", public=True),
    )
