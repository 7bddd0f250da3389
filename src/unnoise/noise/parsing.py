"""The spelling of noises: ``parse("poisson(peak=30)+gaussian(0.02)")`` gives the model.

Grammar, spaces allowed between all signs::

    noise    = sum { "|" sum }
    sum      = single { "+" single }
    single   = name [ "(" [ argument { "," argument } ] ")" ]
    argument = [ parameter "=" ] value            parameters without a name come first, in order
    value    = number [ "/" number ] | "true" | "false"
"""

from __future__ import annotations

import re
from dataclasses import MISSING

from unnoise.errors import UsageError
from unnoise.noise.base import Composition, NoiseModel, registry, spell
from unnoise.noise.choice import Choice
from unnoise.registry import suggestion

_SINGLE = re.compile(r"(?P<name>[A-Za-z][\w-]*)\s*(?:\((?P<arguments>[^()]*)\))?")
_ARGUMENT = re.compile(r"(?:(?P<parameter>[A-Za-z]\w*)\s*=)?\s*(?P<value>[^=]*)")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|nan)"
_FRACTION = re.compile(rf"(?P<numerator>{_NUMBER})(?:\s*/\s*(?P<denominator>{_NUMBER}))?")


def parse(text: str) -> NoiseModel:
    """Give the noise model that ``text`` spells; ``parse(str(noise)) == noise`` for every noise.

    Args:
        text: A kind with its parameters, such as ``gaussian(0.5)``, ``gaussian(sigma=25/255, clip=false)`` or
            ``none``; several are joined by ``+`` and applied left first, alternatives by ``|``.

    Returns:
        The noise model; a `Choice` when there is a ``|``, a `Composition` when there is a ``+``.

    Raises:
        UsageError: an unknown kind or parameter, a value out of range, or a text that is not in this form.

    Example:
        >>> from unnoise.noise import parse
        >>> parse("gaussian(sigma=0.5)")
        Gaussian(clip=True, sigma=0.5)
        >>> str(parse(" poisson( peak = 30.0 ) + gaussian( 1/50 ) "))
        'poisson(peak=30)+gaussian(0.02)'
    """
    if not isinstance(text, str):
        raise UsageError(
            f"A noise is spelled as text; received {text!r}. Write for example {Composition.example!r} in quotes."
        )
    options = [_sum(part, text) for part in text.split("|")]
    return options[0] if len(options) == 1 else Choice(tuple(options))


def _sum(part: str, text: str) -> NoiseModel:
    """Return the noise that ``part``, one of the alternatives of ``text``, spells."""
    singles = [_single(single.strip(), text) for single in _split(part, text)]
    return singles[0] if len(singles) == 1 else Composition(tuple(singles))


def _split(part: str, text: str) -> list[str]:
    """Cut ``part`` of ``text`` at the plus signs outside parentheses; the one in ``1e+16`` is inside."""
    parts, depth = [""], 0
    for sign in part:
        depth += (sign == "(") - (sign == ")")
        if depth not in (0, 1):
            break
        if sign == "+" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    if depth:
        raise _unreadable(text, "its parentheses are unbalanced or nested")
    return parts


def _single(part: str, text: str) -> NoiseModel:
    """Return the noise that ``part``, one of the terms of ``text``, spells."""
    match = _SINGLE.fullmatch(part)
    if match is None:
        raise _unreadable(text, f"{part!r} is not a name with parameters" if part else "a name is missing")
    kind = registry.get(match["name"])
    values: dict[str, float | bool] = {}
    arguments = (match["arguments"] or "").strip()
    if not arguments:
        return _built(kind, values)

    names = [parameter.name for parameter in kind.parameters()]
    positional = [name for name in names if name != "clip"]
    named = False
    for position, argument in enumerate(arguments.split(",")):
        found = _ARGUMENT.fullmatch(argument.strip())
        if found is None or not found["value"]:
            raise _unreadable(text, f"{argument.strip()!r} is not a parameter with a value")
        name = found["parameter"]
        named = named or name is not None
        if name is None:
            if named:
                raise _unreadable(text, "a value without a name follows one with a name")
            if position >= len(positional):
                raise _unreadable(text, f"{_signature(kind)} takes {len(positional)} value(s) without a name")
            name = positional[position]
        name = kind.aliases.get(name, name)
        if name not in names:
            allowed = suggestion(name, [*names, *kind.aliases])
            raise UsageError(f"{kind.kind} has no parameter {name!r}. {allowed} Its form is {_signature(kind)}.")
        if name in values:
            raise _unreadable(text, f"{name} is given twice")
        values[name] = _value(found["value"].strip(), text)
    return _built(kind, values)


def _built(kind: type[NoiseModel], values: dict[str, float | bool]) -> NoiseModel:
    """Return the noise with ``values``; the class checks the ranges."""
    missing = [p.name for p in kind.parameters() if p.default is MISSING and p.name not in values]
    if missing:
        raise UsageError(
            f"{kind.kind} needs a value for {' and '.join(missing)}; received none. Write for example {kind.example}."
        )
    return kind(**values)  # type: ignore[arg-type]  # parameters of a subclass, checked above


def _value(word: str, text: str) -> float | bool:
    """Return the number, fraction or truth value that ``word`` spells."""
    if word.lower() in ("true", "false"):
        return word.lower() == "true"
    match = _FRACTION.fullmatch(word.lower())
    if match is None:
        raise _unreadable(text, f"{word!r} is not a number, a fraction such as 25/255, true or false")
    denominator = float(match["denominator"] or 1)
    if denominator == 0:
        raise _unreadable(text, f"{word!r} divides by zero")
    return float(match["numerator"]) / denominator


def _signature(kind: type[NoiseModel]) -> str:
    """Return the form of a kind: ``salt-and-pepper(amount, salt=0.5, clip=true)``."""
    words = [p.name if p.default is MISSING else f"{p.name}={spell(p.default)}" for p in kind.parameters()]
    return f"{kind.kind}({', '.join(words)})"


def _unreadable(text: str, reason: str) -> UsageError:
    return UsageError(f"Cannot read the noise {text!r}: {reason}. Write for example {Composition.example!r}.")
