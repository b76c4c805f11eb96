"""When each station is due next."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.agenda import Agenda


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), min_size=1))
def test_first_is_the_earliest_of_the_newest_instants(puts: list[tuple[int, int]]) -> None:
    """However often minds change, earlier or later: what counts is what each said last."""
    agenda, newest = Agenda(), dict[int, int]()
    for number, due_ms in puts:
        agenda.put(number, due_ms)
        newest[number] = due_ms
        assert agenda.first() == min((due_ms, number) for number, due_ms in newest.items())


def test_saying_the_same_again_keeps_the_place() -> None:
    """A number that is put twice with one instant is due once, and can move on."""
    agenda = Agenda()
    agenda.put(0, 10)
    agenda.put(0, 10)
    agenda.put(0, 20)
    assert agenda.first() == (20, 0)
