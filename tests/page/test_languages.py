"""Every sentence of the page stands in English and in Korean."""

import ast
import math
import re
from itertools import chain
from pathlib import Path

import pytest

from pipeline import models
from pipeline.page import equations, languages, wording
from pipeline.page.languages import Catalogue, both
from pipeline.page.words import spoken
from pipeline.study import yaml
from pipeline.verdicts import (
    binomial,
    bound,
    convergence,
    decision,
    documents,
    equivalence,
    order,
    theorem,
)

PAGE = Path("pipeline/page")
HANGUL = re.compile("[가-힣]")
NAMED = {"title", "unit", "reference_is", "note"}  # what metrics and figures say, by its name


@pytest.fixture(scope="module")
def known():
    return Catalogue()


def lacking(known, texts):
    return sorted({text for text in texts if known.korean(text) is None})


def filled(node):
    """The text of a constant or an f-string, with numbers for what it is filled with."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(filled(part) or "7" for part in node.values)
    return None


def said_in(folder):
    """The texts that the files of a room give as a title, a unit, a reference or a note."""
    for file in sorted(Path(folder).glob("[!_]*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for text in map(filled, given_in(node)):
                if text and re.search("[A-Za-z]{2}", text):
                    yield text


def given_in(node):
    """What stands for a title, a unit, a reference or a note: by name, by place or by key."""
    if isinstance(node, ast.Call):
        yield from (given.value for given in node.keywords if given.arg in NAMED)
        if getattr(node.func, "id", "") == "Measured":
            yield from (*node.args[:2], *node.args[4:5])
    if isinstance(node, ast.Dict):
        keyed = zip(node.keys, node.values, strict=True)
        yield from (v for k, v in keyed if isinstance(k, ast.Constant) and k.value in NAMED)


def test_what_the_templates_say(known):
    """The texts of t("...") and of drawings; named attributes have theirs beside them."""
    texts = [
        text
        for file in PAGE.glob("*.html")
        for text in re.findall(r'\bt\("([^"]*)"', file.read_text(encoding="utf-8"))
    ]
    assert len(texts) > 100
    assert not lacking(known, texts)
    for file in PAGE.glob("*.html"):
        html = file.read_text(encoding="utf-8")
        for told in re.findall(r'<[^>]*\baria-label="[^"]*"[^>]*>', html):
            assert "data-ko-aria-label=" in told


def test_who_plays(known):
    games = [equations.game(name) for name in models.names()]
    told = {game.title for game in games} | {line.who for game in games for line in game.lines}
    assert "discriminator" in told
    assert not lacking(known, told)


@pytest.mark.parametrize("study", [".", "mnist"])
def test_questions_and_claims(known, study):
    ledger = yaml.read(f"{study}/claims.yaml", ["claims"])
    texts = [e["question"] for e in yaml.read(f"{study}/params.yaml", [])["experiments"].values()]
    for claim in ledger["claims"]:
        texts += [claim[key].strip() for key in ("claim", "statistic", "reason") if key in claim]
    for stated in ledger.get("corrections", {}).values():
        texts += [stated["said"].strip(), stated["instead"].strip()]
    for asked in ledger.get("open", []):
        texts += [asked["claim"].strip(), asked["needs"].strip()]
    assert not lacking(known, texts)


def test_what_metrics_and_figures_say(known):
    texts = [*said_in("pipeline/metrics"), *map(spoken, said_in("pipeline/figures"))]
    assert len(texts) > 150
    assert not lacking(known, texts)
    told = [re.sub("nats|log", "", known.korean(text)) for text in texts]
    assert not [text for text in told if re.search("[a-z]{3}", text)]


def test_rows_of_the_documents_have_both_languages_and_their_place():
    found = documents.read("documents.yaml")
    for said in chain(found.documents.values(), found.open.values(), found.sources.values()):
        assert HANGUL.search(said.ko or ""), said.en
    for name, said in found.documents.items():
        assert said.at
        assert said.at.partition(":")[0] in found.sources, name


def test_what_is_written_in_both_languages_is():
    about, told = wording.about(), []
    for name in ("chapters", "answers", "about", "glossary", "runs"):
        told += list(pairs(yaml.read(wording.FOLDER / f"{name}.yaml", [])))
    assert len(told) > 250
    # A proper name, of a method mostly, is the same in both.
    assert not [en for en, ko in told if not HANGUL.search(ko) and (en != ko or len(en) > 20)]
    assert about.cards
    for en, ko in told:
        assert sorted(wording.HOLE.findall(en)) == sorted(wording.HOLE.findall(ko)), en


def pairs(block):
    """The (English, Korean) pairs of a file."""
    if isinstance(block, dict) and {"en", "ko"} <= block.keys():
        yield block["en"], block["ko"]
    elif isinstance(block, dict | list):
        for part in block.values() if isinstance(block, dict) else block:
            yield from pairs(part)


def test_korean_has_the_holes_of_the_english(known):
    for english, korean in known.exact.items():
        assert set(re.findall(r"\{[a-z]+\}", english)) == set(re.findall(r"\{[a-z]+\}", korean))
        holes = english.count("{}")
        assert {int(k) for k in re.findall(r"\{(\d+)\}", korean)} <= set(range(holes)), english


def test_a_form_serves_every_number_and_a_text_is_read_by_sentences(known):
    rule = "Holds if the 98 % interval of the mean over seeds lies below 0.04, fails if it lies "
    found = known.korean(f"gan against wgan: {rule}above, else undecided.")
    assert "98 %" in found
    assert "0.04보다 아래" in found
    assert found.startswith("gan 대 wgan:")


def test_what_nobody_translated_stands_in_english_in_both(known):
    own = '<span class="only" lang="en">A user&#39;s own sentence.</span>'
    assert both("A user's own sentence.") == own
    assert known.korean("A user's own sentence.") is None
    assert known.korean("−1.386") == "−1.386"


def test_words_are_not_markup():
    assert "<b>" not in both("not <b>finite</b>")
    assert "<b>" not in languages.named('"><b>')
    assert "&lt;i&gt;" in both("round {n}", n="<i>")


def verdicts():
    """Rules of every kind and scale, and what they say to numbers of every kind."""
    low, high, wide = [0.1, 0.12, 0.11], [0.8, 0.85, 0.82], [0.01, 0.5, 0.99]
    for scale in ("linear", "log", "logit"):
        for rule in (
            bound.Rule("below", 0.4, scale),
            equivalence.Rule(0.4, 1.2 if scale != "linear" else 0.1, scale),
        ):
            yield from (rule.words(0.01), rule.words(0.01, compared=True))
            yield from (rule.decide(x, 0.01).because for x in (low, high, wide, [0.2], [0.3] * 3))
            yield from (rule.compare(low, x, 0.01).because for x in (low, high, wide))
        order_rule = order.Rule("below", scale)
        yield order_rule.words(0.01, 3)
        for columns in ([low, high, high], [high, low, low], [low, high, low], [wide, wide, wide]):
            yield order_rule.decide(columns, 0.05).because
    share = binomial.Rule(1.0, "above", 0.5)
    yield share.words(0.01)
    for values in ([1.0] * 20, [0.0] * 20, [1.0, 0.0], [1.0] * 19 + [math.inf], [None, 1.0]):
        yield share.decide(values, 0.01).because
    yield bound.Rule("below", 0.4, "median").decide(wide, 0.01).because
    yield theorem.WORDS
    flat, steps = [[1.0] * 24, [1.01] * 24], [*range(24)]
    for rows, better in ((flat, None), ([steps, steps], "higher"), (flat[:1], None)):
        yield convergence.converged(steps, rows, 0.1, better).because
    yield convergence.converged([0, 1, 2], [[1.0] * 3] * 2, 0.1).because
    for once, change in ((23, 0.0123), (23, -4.5)):
        doubled = convergence.Doubled(1000 * once, change, 3)
        yield convergence.converged([23000], flat, 0.1, "lower", doubled).because
    worse = [[0.0] * 12 + [0.0] * 6 + [1.0] * 6] * 2
    doubled = convergence.Doubled(23, 0.0, 3)
    yield convergence.converged([*range(24)], worse, 0.1, "lower", doubled).because
    yield from (decision.UNTRAINED, decision.NOT_SAID)


def test_what_rules_say(known):
    told = list(verdicts())
    assert len(told) > 60
    assert not lacking(known, told)
    # No English is left in a hole: a form that says less than the sentence would leave some.
    assert not [text for text in told if re.search("[a-z]{3}", known.korean(text))]
