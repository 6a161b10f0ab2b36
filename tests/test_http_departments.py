"""`GET /v1/departments/{id}/duties`: paged by cursor, favours withheld shown as withheld, one shape."""

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest

from tests.http_city import BARRED, FAVOURED, LIMITED, TODAY, UNSETTLED, WATCHED, WEIGHED, City, city

DUTIES = "/v1/departments/bureau/duties"


@pytest.fixture(scope="module")
def town() -> Iterator[City]:
    with city() as opened:
        yield opened


def refused(answer: httpx.Response) -> tuple[int, str, str | None]:
    problem = answer.json()
    return answer.status_code, problem["code"], problem["detail_code"]


def pages(town: City, query: str) -> list[dict[str, Any]]:
    found = [town.get(f"{DUTIES}?{query}").json()]
    while not found[-1]["complete"]:
        found.append(town.get(f"{DUTIES}?{query}&cursor={found[-1]['next']}").json())
    return found


def test_it_is_all_that_the_bureau_must_apply_today(town: City) -> None:
    answer = town.get(DUTIES)
    page = answer.json()
    assert (answer.status_code, page["on"], page["version"], page["complete"]) == (200, TODAY.isoformat(), 2, True)
    told = {(duty["subject"], duty["measure"], duty["status"]) for duty in page["duties"] if len(duty["subject"]) == 18}
    assert told == {
        (BARRED, "m-bar", "duty"),
        (LIMITED, "m-limit", "duty"),
        (WEIGHED, "m-weigh", "duty"),
        (UNSETTLED, "m-bar", "unresolved"),
        (WATCHED, "m-watch", "duty"),
        (FAVOURED, "m-favour", "duty"),
    }
    (person,) = (duty for duty in page["duties"] if len(duty["subject"]) != 18)
    assert (person["name"], person["role"]) == ("张**", "legal_representative")
    assert "张三丰" not in answer.text


def test_pages_hold_the_same_items_and_the_documented_shape(town: City) -> None:
    document = town.get("/openapi.json").json()
    shape = {"$ref": "#/components/schemas/Duties", "components": document["components"]}
    for limit in (1, 2, 5):
        found = pages(town, f"limit={limit}&on=2026-11-22")
        for page in found:
            jsonschema_rs.Draft202012Validator(shape).validate(page)
            assert len(page["duties"]) <= limit
        assert len(found) > 1
        assert [duty for page in found for duty in page["duties"]] == town.get(DUTIES).json()["duties"]


def test_on_another_day_other_items(town: City) -> None:
    assert town.get(f"{DUTIES}?on=2026-01-09").json()["duties"] == []
    assert len(town.get(f"{DUTIES}?on=2026-01-10").json()["duties"]) == 7


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/departments/nobody/duties", (422, "department.unknown", None)),
        (f"{DUTIES}?on=2026-02-30", (422, "day.malformed", None)),
        (f"{DUTIES}?limit=0", (422, "request.malformed", None)),
        (f"{DUTIES}?cursor=x", (422, "request.malformed", "cursor.malformed")),
    ],
)
def test_what_cannot_be_asked_is_refused(town: City, path: str, code: tuple[int, str, str | None]) -> None:
    assert refused(town.get(path)) == code


def test_a_cursor_of_another_department_or_day_is_refused(town: City) -> None:
    cursor = town.get(f"{DUTIES}?limit=1").json()["next"]
    for path in (f"/v1/departments/district/duties?cursor={cursor}", f"{DUTIES}?on=2026-11-21&cursor={cursor}"):
        assert refused(town.get(path)) == (422, "request.malformed", "cursor.malformed")
