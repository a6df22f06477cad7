"""What changed between two texts."""

from hypothesis import given
from hypothesis import strategies as st

from aegis_etl.report.differences import CONTEXT, LONGEST_CHANGE, Passage, compare_texts

WORDS = st.lists(
    st.sampled_from(
        ["the", "parcel", "left", "our", "house", "on", "Friday", ",", ".", "\n", "7", "é", "漢字"]
    )
)
TEXTS = WORDS.map(" ".join) | st.text(max_size=60)


def text_of(passages: list[Passage] | None, *kinds: str) -> str:
    """The passages of these kinds, joined."""
    return "".join(p.text for p in passages or [] if not kinds or p.kind in kinds)


def changed(passages: list[Passage] | None) -> list[str]:
    """The passages that are marked."""
    return [p.text for p in passages or [] if p.kind == "changed"]


@given(TEXTS, TEXTS)
def test_short_texts_are_shown_whole(before: str, after: str) -> None:
    """Of texts that fit, every character is shown, and what is not marked is in both."""
    compared = compare_texts(before, after)
    assert text_of(compared.before) == before
    assert text_of(compared.after) == after
    assert text_of(compared.before, "same") == text_of(compared.after, "same")
    assert compared.is_changed == (before != after)


@given(TEXTS)
def test_equal_texts_have_no_mark(text: str) -> None:
    """Nothing is marked between a text and itself."""
    compared = compare_texts(text, text)
    assert not compared.is_changed
    assert not changed(compared.before)
    assert not changed(compared.after)


def test_whole_words_are_marked() -> None:
    """A mark covers words, not the letters in which two words happen to differ."""
    compared = compare_texts(
        "The parcel leaves on Friday at noon.", "The parcel leaves on Fridays at noon."
    )
    assert changed(compared.before) == ["Friday"]
    assert changed(compared.after) == ["Fridays"]


def test_words_put_in_front_leave_the_rest_alone() -> None:
    """An opening that was added is all that is marked."""
    compared = compare_texts("Yes, within the EU.", "In short: Yes, within the EU.")
    assert not changed(compared.before)
    assert changed(compared.after) == ["In short: "]


def test_a_word_alike_between_changes_is_no_island() -> None:
    """Different sentences that share a word here and there are marked as a whole."""
    compared = compare_texts(
        "Then the second ticket is lost.", "Go to the desk, the counter is open all night."
    )
    assert len(changed(compared.before)) == 1
    assert len(changed(compared.after)) == 1


def test_no_text_is_not_an_empty_text() -> None:
    """A missing text stays missing, beside one that is all new."""
    compared = compare_texts(None, "An answer.")
    assert compared.before is None
    assert changed(compared.after) == ["An answer."]
    assert compare_texts(None, "").is_changed
    assert not compare_texts(None, None).is_changed


def test_far_text_is_left_out() -> None:
    """Of a long text the change is shown with its surroundings, the rest is a gap."""
    long = " ".join(f"word{n}" for n in range(20_000))
    compared = compare_texts(f"{long} old {long}", f"{long} new {long}")
    assert changed(compared.before) == ["old"]
    assert changed(compared.after) == ["new"]
    assert [p.kind for p in compared.after or []] == [
        "left out",
        "same",
        "changed",
        "same",
        "left out",
    ]
    assert len(text_of(compared.after)) <= 2 * CONTEXT + len("new")


def test_endless_changes_are_cut() -> None:
    """Two long texts with nothing in common are shown up to a limit, and end in a gap."""
    before = " ".join(f"a{n}" for n in range(50_000))
    after = " ".join(f"b{n}" for n in range(50_000))
    compared = compare_texts(before, after)
    for passages in (compared.before, compared.after, compare_texts(None, after).after):
        assert passages
        assert len(text_of(passages)) <= LONGEST_CHANGE
        assert passages[-1].kind == "left out"
