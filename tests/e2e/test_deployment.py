"""The deployment commands of ``docs/deployment.md``."""

import pytest

from e2e.stack import Stack, StackError, ended_well

pytestmark = pytest.mark.e2e


def test_down_and_up_keep_the_data(running: Stack) -> None:
    with running.client() as client:
        key = client.post(
            "/rest/v1/artist", json={"name": "Still Here"}, headers={"Prefer": "return=representation"}
        ).json()[0]["id"]
    backups = set(running.run("worker", "ls", "/backups").split())
    assert backups

    running.down()
    assert running.containers() == {}
    running.up()

    assert ended_well(running.containers()["migrator"])
    with running.client() as client:
        assert client.get(f"/rest/v1/artist?id=eq.{key}").json() == [{"id": key, "name": "Still Here"}]
        assert client.delete(f"/rest/v1/artist?id=eq.{key}").status_code == 204
    assert backups <= set(running.run("worker", "ls", "/backups").split())


@pytest.mark.parametrize("key", ["POSTGRES_PASSWORD", "REDIS_PASSWORD", "GEMEL_ADMIN_SECRET"])
def test_without_a_secret_nothing_starts(running: Stack, key: str) -> None:
    before = running.containers()
    text = running.environment.read_text(encoding="utf-8")
    try:
        running.environment.write_text(text.replace(f"{key}={running.values[key]}", f"{key}="), encoding="utf-8")
        with pytest.raises(StackError, match=key):
            running.compose("up", "-d")
    finally:
        running.environment.write_text(text, encoding="utf-8")
    assert {name: item["ID"] for name, item in running.containers().items()} == {
        name: item["ID"] for name, item in before.items()
    }
