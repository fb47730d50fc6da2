"""Keys: random, kept as hashes, ended by time or by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from features.errors import InputError
from service.access.audit import AuditWriter, Deed, read_audit, record_deeds
from service.access.keys import create_key, find_key, list_keys, masked, revoke_key
from service.access.limits import Rates
from service.errors import NotFound, TooMany, Unauthorised
from service.store.store import Store
from tests.databases import KINDS, new_schema, postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(params=KINDS)
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path_factory.mktemp('keys') / 'keys.db'}"
    if request.param == "postgresql":
        url = new_schema(request.getfixturevalue("server"))
    opened = Store(url)
    yield opened
    opened.close()


def test_a_key_is_found_by_its_text_alone(store: Store) -> None:
    made, shown = create_key(store, "Planning team", ["read", "plan"], "partner")
    assert find_key(store, shown) == made
    assert (made.may("read"), made.may("plan"), made.may("publish")) == (True, True, False)
    secret = shown.split("_")[2]
    assert len(bytes.fromhex(secret)) * 8 == 256
    with store.reading() as connection:
        kept = str(connection.execute(sa.text("select * from api_keys")).all())
    assert secret not in kept
    assert secret not in str(list_keys(store))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda shown: shown[:-1] + ("0" if shown[-1] != "0" else "1"),
        lambda shown: shown[:-1],
        lambda shown: shown + "0",
        lambda shown: shown.upper(),
        lambda shown: shown.replace("nzh_", "nzh__"),
        lambda shown: "nzh_" + "0" * 12 + shown[16:],
        lambda shown: "",
        lambda shown: "nzh_' or '1'='1_x",
        lambda shown: "nzh_\0_x",
        lambda shown: "nzh_كفر_x",
        lambda shown: "\udcff",
        lambda shown: "nzh_" * 1000,
    ],
)
def test_any_other_text_is_refused_alike(store: Store, spoil: object) -> None:
    _, shown = create_key(store, "a", ["read"], "public")
    with pytest.raises(Unauthorised) as caught:
        find_key(store, spoil(shown))  # type: ignore[operator]
    assert str(caught.value) == "the key is not valid; ask for a new one"


def test_a_key_ends_at_its_time(store: Store) -> None:
    end = datetime.now(UTC) + timedelta(hours=1)
    _, shown = create_key(store, "a", ["read"], "public", end)
    assert find_key(store, shown, end - timedelta(seconds=1))
    with pytest.raises(Unauthorised):
        find_key(store, shown, end)


def test_a_revoked_key_is_none_for_good(store: Store) -> None:
    made, shown = create_key(store, "a", ["read"], "public")
    first = revoke_key(store, made.id)
    assert first.revoked is not None
    assert revoke_key(store, made.id) == first
    with pytest.raises(Unauthorised):
        find_key(store, shown)
    with pytest.raises(NotFound):
        revoke_key(store, "nobody")


def test_everything_wrong_with_a_key_is_told_at_once(store: Store) -> None:
    with pytest.raises(InputError) as caught:
        create_key(store, " ", ["reed"], "pubic", datetime(2020, 1, 1, tzinfo=UTC))
    assert [finding.file for finding in caught.value.findings] == [
        "scope", "audience", "name", "expires",
    ]  # fmt: skip
    with pytest.raises(InputError, match="give one or more"):
        create_key(store, "a", [], "public")


def test_the_log_grows_and_nothing_else(store: Store) -> None:
    record_deeds(store, Deed("a", "read", "x"), Deed("b", "ask", "y", detail={"n": 1}))
    lines = read_audit(store, 10)
    assert [(line["author"], line["detail"]) for line in lines] == [("b", {"n": 1}), ("a", {})]
    assert [line["author"] for line in read_audit(store, 10, before=lines[0]["entry"])] == ["a"]
    for change in ("update audit set author = 'x'", "delete from audit"):
        with (
            pytest.raises(sa.exc.DBAPIError, match="audit is never overwritten"),
            store.writing("access") as connection,
        ):
            connection.execute(sa.text(change))
    assert len(read_audit(store, 10)) == 2


def test_all_that_was_noted_is_in_the_log_once_it_is_closed(store: Store) -> None:
    writer = AuditWriter(store)
    for number in range(2_500):
        writer.note(Deed("a", "read", str(number)))
    writer.close()
    subjects = [int(line["subject"]) for line in read_audit(store, 10_000)]
    assert subjects == list(range(2_500))[::-1]


def test_rates_count_each_key_and_address_alone() -> None:
    rates = Rates("3/minute", "2/minute")
    for _ in range(3):
        rates.count_request("a")
    with pytest.raises(TooMany) as caught:
        rates.count_request("a")
    assert 1 <= caught.value.retry_after <= 60
    rates.count_request("b")
    for _ in range(2):
        rates.count_failure("a")
    with pytest.raises(TooMany):
        rates.count_failure("a")


@pytest.mark.parametrize("text", ["", "many", "3/fortnight"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="as in 600/minute"):
        Rates(text, "1/minute")


def test_no_text_keeps_the_secret_of_a_key(store: Store) -> None:
    key, shown = create_key(store, "Team", ["read"], "public")
    told = masked(f'/v1/keys/{shown}?a={shown}&b="{shown}\\n')
    assert shown.split("_")[2] not in told
    assert told.count(key.id) == 3
    assert masked("/v1/keys/21c10d5b6891 nzh_") == "/v1/keys/21c10d5b6891 nzh_"
