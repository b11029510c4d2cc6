"""Caches have bounds."""

from dataclasses import dataclass

from gemel.cache import BoundedCache, weight


def test_bounds() -> None:
    cache: BoundedCache[int, str] = BoundedCache(entries=3, size=160)
    for number in range(5):
        cache.put(number, str(number), 10)
    assert (len(cache), cache.size) == (3, 30)
    assert cache.get(1) is None
    assert cache.get(2) == "2"
    cache.put(5, "5", 10)
    assert (cache.get(3), cache.get(2)) == (None, "2")  # the one that was used stays
    cache.put(6, "6", 11)
    assert cache.get(6) is None  # too large to push others out
    cache.put(5, "five", 10)
    assert (cache.get(5), len(cache), cache.size) == ("five", 3, 30)
    few: BoundedCache[int, str] = BoundedCache(entries=100, size=32)
    for number in range(20):
        few.put(number, "", 2)
    assert (len(few), few.size) == (16, 32)


def test_what_grows_pushes_others_out() -> None:
    cache: BoundedCache[str, str] = BoundedCache(entries=100, size=160)
    for key in "abcd":
        cache.put(key, key, 10)
    cache.grow("d", 110)
    assert (len(cache), cache.size) == (4, 150)
    cache.grow("d", 15)
    assert (cache.get("a"), cache.get("b"), cache.size) == (None, "b", 155)
    cache.grow("a", 1000)  # it is gone
    assert cache.size == 155
    cache.clear()
    assert (len(cache), cache.size, cache.get("b")) == (0, 0, None)


@dataclass(frozen=True)
class Pair:
    """A node."""

    one: object
    other: object


def test_weight_counts_all_that_a_tree_holds() -> None:
    assert weight(None) == 80
    assert weight("x" * 100) == 180
    assert weight(Pair("x" * 100, (b"x" * 100, None))) == 80 + 180 + (80 + 16 + 180 + 80)
