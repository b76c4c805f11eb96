"""How few people are told of: a lone person in a station is nobody's business.

Enters: how many people, and from how many on they are told one by one. Leaves: a number that hides who is alone.
Never: changes a sum over many stations, or what operators see.
"""


def told_people(people: float, few: int) -> float:
    """As it is from `few` on; below, 0 or `few`, whichever is nearer."""
    if people >= few:
        return people
    return few if 2 * people >= few else 0
