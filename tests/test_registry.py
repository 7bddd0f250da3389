"""The registry of named things and its error messages."""

import pytest

from unnoise.errors import UsageError
from unnoise.registry import Registry, suggestion


@pytest.fixture
def animals():
    registry = Registry("animal")
    registry.register("dog")("woof")
    registry.register("cat")("meow")
    return registry


def test_get_gives_what_was_registered_and_register_gives_it_back(animals):
    assert animals.get("dog") == "woof"

    @animals.register("cow")
    def cow():
        return "moo"

    assert cow() == "moo"
    assert animals.get("cow") is cow


def test_names_are_sorted_and_iteration_and_containment_agree_with_them(animals):
    assert animals.names() == list(animals) == ["cat", "dog"]
    assert "cat" in animals
    assert "cow" not in animals


def test_unknown_name_is_a_usage_error_with_the_closest_name_and_all_allowed(animals):
    with pytest.raises(UsageError) as caught:
        animals.get("dogg")
    assert str(caught.value) == "Unknown animal 'dogg'. Did you mean 'dog'? Allowed: cat, dog."
    assert caught.value.exit_code == 2


def test_suggestion_without_a_close_name_lists_only_what_is_allowed():
    assert suggestion("xyzzy", ["b", "a"]) == "Allowed: a, b."


def test_a_name_is_registered_once_only(animals):
    with pytest.raises(ValueError, match="animal 'dog' is registered twice"):
        animals.register("dog")("bark")
    assert animals.get("dog") == "woof"
