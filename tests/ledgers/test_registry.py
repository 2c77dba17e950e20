from ledgers.registry import Registry


def test_things_stand_in_the_order_in_which_they_were_added_and_once():
    held: Registry[str] = Registry()
    held.add("b", "a")
    held.add("a", "c")
    assert [*held] == ["b", "a", "c"]
    assert len(held) == 3


def test_sorted_ones_keep_their_order_among_equals():
    held: Registry[str] = Registry(order=len)
    held.add("bbb", "a", "cc")
    held.add("b")
    assert [*held] == ["a", "b", "cc", "bbb"]
