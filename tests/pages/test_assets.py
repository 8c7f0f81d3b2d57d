"""The chart library of the analytics: served as the package ships it, packed once, kept by browsers for ever."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui import assets

PLOTLY = f"/assets/plotly/{assets.plotly_version()}/plotly.min.js"


@pytest.fixture
def client():
    with TestClient(Starlette(routes=[assets.mount()])) as found:
        yield found


def test_the_library_comes_packed_and_may_be_kept_for_ever(client):
    answer = client.get(PLOTLY, headers={"Accept-Encoding": "gzip, br"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) < 2_000_000
    assert answer.content == assets.plotly_library().read_bytes()
    assert gzip.decompress(assets.plotly_packed()) == answer.content
    assert assets.plotly_packed() is assets.plotly_packed()


def test_who_takes_no_gzip_gets_it_plain(client):
    answer = client.get(PLOTLY, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert answer.content == assets.plotly_library().read_bytes()


def test_another_version_is_not_there(client):
    answer = client.get("/assets/plotly/0.0.1/plotly.min.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
