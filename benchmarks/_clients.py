"""Clients that ask one thing again and again, each on a connection that it keeps."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor


def ask_again(
    port: int, path: str, headers: Mapping[str, str], clients: int, seconds: float
) -> tuple[list[float], float]:
    """Seconds to each answer of all clients, and those from the first question to the last answer.

    Raises RuntimeError for an answer that is not 200.
    """
    start = time.perf_counter()

    def ask(_: int) -> list[float]:
        told = []
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() - start < seconds:
            asked = time.perf_counter()
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} was answered with {answer.status}")
            told.append(time.perf_counter() - asked)
        connection.close()
        return told

    with ThreadPoolExecutor(clients) as pool:
        each = list(pool.map(ask, range(clients)))
    return [one for told in each for one in told], time.perf_counter() - start
