"""The usual slips in YAML: which of them a text that does not parse has, where, and what to write.

The parser reports where it could not go on, which is often a line or more after the slip. Here the
lines around that location are compared with the slips that people make. No message quotes the text,
which may hold a password.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from .composer import SyntaxProblem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

BLANKS = {
    "\xa0": "no-break space",
    "\u2007": "figure space",
    "\u200b": "zero-width space",
    "\u202f": "narrow no-break space",
    "\u3000": "ideographic space",
    "\ufeff": "byte order mark",
    **{chr(code): "space of another width" for code in (0x1680, *range(0x2000, 0x2007))},
    **{chr(code): "space of another width" for code in (0x2008, 0x2009, 0x200A, 0x205F)},
}
"""Characters that look like a blank or like nothing, and that YAML treats as a part of a word."""
COLONS = "\uff1a\ufe55\ua789\u2236"
"""Characters that look like a colon."""
QUOTES = "\u2018\u2019\u201a\u201c\u201d\u201e\xab\xbb"
"""The quotes that a word processor writes."""

_KEY = r"(?:\"[\w .-]+\"|'[\w .-]+'|[A-Za-z_][\w.-]*)"
_ITEM = r"\s*(?:-[ \t]+)*"
_BULLET = r"\s*(?:[*+\u2010-\u2015\u2022\u2023\xb7\u2212]|--)\s+\S"
_NO_BLANK_AFTER_DASH = r"\s*(?:- +)*(-)[^\s-]"
_NO_BLANK_AFTER_COLON = rf"{_ITEM}{_KEY}(:)(?!\d+(?:/|\s*$))[^\s:/]"
_EQUALS = rf"{_ITEM}{_KEY}\s*(=)\s*\S"
_NO_COLON = rf"{_ITEM}{_KEY}()(?:\s+[^\s#:]\S*)?\s*(?:#.*)?$"
_BLOCK_TEXT = r"(?::|-)\s+[|>][-+0-9]*\s*(?:#.*)?$"
_REFERENCE = r"(?:env|file)\s*:"
_MOST_LINES = 2000
"""How many lines around a mistake are compared with it."""


def syntax_problem(text: str, error: Exception, parser: Callable[[str], Any]) -> SyntaxProblem:
    """What is wrong with a text that the parser of YAML refuses.

    Args:
        text: the whole text.
        error: the exception of the parser.
        parser: the class of the parser, of which each instance reads one text.
    """
    return _Mistake(text, error, parser).problem()


class _Mistake:
    """A text, and where the parser could not go on.

    Args:
        text: the whole text.
        error: the exception of the parser.
        parser: the class of the parser.
    """

    def __init__(self, text: str, error: Any, parser: Callable[[str], Any]) -> None:
        self.text = text
        self.parser = parser
        self.lines = text.split("\n")
        self.starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        self.reason: str = getattr(error, "problem", None) or "it cannot be read"
        self.context: str = getattr(error, "context", None) or ""
        self.at = self._offset(getattr(error, "problem_mark", None), 0)
        self.began = self._offset(getattr(error, "context_mark", None), self.at)
        self.line = self.line_of(self.at)

    def _offset(self, mark: Any, otherwise: int) -> int:
        return min(mark.index, len(self.text)) if mark else otherwise

    def line_of(self, offset: int) -> int:
        """The index of the line that a character is on."""
        return bisect_right(self.starts, min(offset, self.starts[-1] - 1)) - 1

    def problem(self) -> SyntaxProblem:
        """The slip that was found, or the words of the parser."""
        for mistake, diagnose in _BY_REASON.items():
            if mistake in self.reason or mistake in self.context:
                found = diagnose(self)
                if found:
                    return found
        return self._in_words_of_the_parser()

    def _in_words_of_the_parser(self) -> SyntaxProblem:
        reason, context = self.reason, self.context
        if self.parser.__name__ != "CParser":
            # The words of the parser in Python may quote the text, and a password in it.
            reason = re.sub(r"'[^']*'", "...", reason)
        while_reading = f" {context}" if context else ""
        return SyntaxProblem(self.at, self.at, f"this is not YAML: {reason}{while_reading}")

    def indent(self, line: int) -> int:
        """How many blanks a line begins with."""
        content = self.lines[line]
        return len(content) - len(content.lstrip(" "))

    def is_empty(self, line: int) -> bool:
        """Whether a line has nothing but blanks and a comment."""
        content = self.lines[line].strip()
        return not content or content.startswith("#")

    def before(self, line: int) -> Iterator[int]:
        """The lines above one, from the nearest, that are not empty."""
        for above in range(line - 1, max(-1, line - _MOST_LINES), -1):
            if not self.is_empty(above):
                yield above

    def after(self, line: int) -> Iterator[int]:
        """The lines below one, from the nearest, that are not empty."""
        for below in range(line + 1, min(len(self.lines), line + _MOST_LINES)):
            if not self.is_empty(below):
                yield below

    def found(self, line: int, column: int, message: str, advice: str) -> SyntaxProblem:
        """A problem at a column of a line, both counted from 0."""
        at = min(self.starts[line] + column, len(self.text))
        return SyntaxProblem(at, at, message, advice)

    def slip_of_line(self, line: int) -> SyntaxProblem | None:
        """The slip that a line has by itself, or none."""
        content = self.lines[line].rstrip("\r")
        if re.match(r"(?:<{7}|={7}|>{7})(?:\s|$)", content):
            advice = "resolve the conflict, and remove the lines that git added"
            return self.found(line, 0, "this line marks a merge conflict", advice)
        template = re.search(r"\{\{|\{%", content)
        if template:
            advice = "render the template first: regspec reads plain YAML"
            return self.found(line, template.start(), "this is a template, not YAML", advice)
        comment = re.search(r"(?:^|\s)#", content)
        visible = content[: comment.start()] if comment else content
        for column, character in enumerate(visible):
            if character in BLANKS:
                name = f"{BLANKS[character]} U+{ord(character):04X}"
                advice = "write a blank (U+0020) in its place, or remove it"
                return self.found(line, column, f"{name} is not a blank of YAML", advice)
            if character in COLONS:
                message = f"U+{ord(character):04X} looks like a `:`, and is another character"
                return self.found(line, column, message, "write `:` and a blank in its place")
        for pattern, message, advice in _SLIPS:
            match = re.match(pattern, content)
            if match:
                column = match.start(1) if match.re.groups else self.indent(line)
                return self.found(line, column, message, advice)
        return None

    def slip_near(self, *lines: int) -> SyntaxProblem | None:
        """The slip of the first of some lines that has one, or none."""
        return next((slip for line in lines if (slip := self.slip_of_line(line))), None)

    def no_key(self) -> SyntaxProblem | None:
        """A line that should have a key, and has none."""
        line = self.line_of(self.began)
        if re.match(r"=+\s*$", self.lines[line]):
            marks = (n for n in self.before(line) if self.lines[n].startswith("<<<<<<<"))
            line = next(marks, line)
        slip = self.slip_of_line(line)
        if slip:
            return slip
        indent, above = self.indent(line), next(self.before(line), None)
        text_from = next((n for n in self.before(line) if self._opens_text(n)), None)
        if text_from is not None and all(
            self.indent(n) >= indent for n in range(text_from, line) if not self.is_empty(n)
        ):
            advice = f"indent every line of the text by {self.indent(text_from) + 2} blanks"
            message = "the lines of this text must be indented more than its key"
            return self.found(line, indent, message, advice)
        if above is not None and self.indent(above) == indent and self._is_item(above):
            message = "this line of a list has no `- `"
            return self.found(line, indent, message, "write `- ` before the item")
        match = re.match(_NO_COLON, self.lines[line].rstrip("\r"))
        if match:
            return self.found(
                line, match.start(1), "missing `:` after the key", "write `KEY: VALUE`"
            )
        message = "this line has no key and no `- `"
        return self.found(line, indent, message, "write `KEY: VALUE`, or `- ITEM`")

    def _opens_text(self, line: int) -> bool:
        return bool(re.search(_BLOCK_TEXT, self.lines[line]))

    def key_in_text(self) -> SyntaxProblem | None:
        """A `:` in what the parser reads as text."""
        line = self.line
        content = self.lines[line].rstrip("\r")
        column = self.at - self.starts[line]
        key = re.match(rf"{_ITEM}{_KEY}\s*:\s", content)
        if key and key.end() <= column:
            value = content[key.end() :].lstrip()
            if re.match(_REFERENCE, value):
                advice = "write the braces: `{env: NAME}` or `{file: PATH}`"
                message = "a mapping on one line needs braces"
            elif re.search(r"[\w\]]: \d+(?:/\S*)?\s*$", content):
                message, advice = "there is a blank before the port", "remove the blank after `:`"
            elif content.rstrip().endswith(":") and column == len(content.rstrip()) - 1:
                message, advice = "unexpected `:` at the end of the line", "remove it"
            else:
                message = "unexpected second `:` on the line"
                advice = (
                    "begin the second key on the next line, or put text with `: ` in it in quotes"
                )
            return SyntaxProblem(self.at, self.at, message, advice)
        above = next(self.before(line), None)
        slip = self.slip_near(*([] if above is None else [above]), line)
        if slip or above is None:
            return slip or self._unexpected_colon()
        if not re.match(rf"{_ITEM}{_KEY}\s*:(?:\s|$)", self.lines[above]):
            if re.match(r"\s*-\s", self.lines[above]) and self.indent(line) > self.indent(above):
                advice = "give the item a key: `- KEY: VALUE`, as in `- target: certs.d`"
                message = "the item above is text, and cannot have keys below it"
                return self.found(line, self.indent(line), message, advice)
            return self._unexpected_colon()
        return self.wrong_indent(line) or self._unexpected_colon()

    def _unexpected_colon(self) -> SyntaxProblem:
        advice = "check the indentation and the quotes"
        return SyntaxProblem(self.at, self.at, "unexpected `:`", advice)

    def column(self, line: int) -> int:
        """The column of the first key or text of a line, counted from 0, behind every `- `."""
        match = re.match(_ITEM, self.lines[line])
        return match.end() if match else 0

    def _is_item(self, line: int) -> bool:
        return self.lines[line].lstrip().startswith("- ")

    def wrong_indent(self, line: int) -> SyntaxProblem | None:
        """The line of a block that is indented otherwise than the others, or none."""
        indent, as_key = self.indent(line), not self._is_item(line)
        levels: dict[int, list[int]] = {}
        for above in self.before(line):
            other = self.column(above) if as_key and self._is_item(above) else self.indent(above)
            if other > min(levels, default=other):
                continue  # inside of a block that has ended
            levels.setdefault(other, []).append(above)
            if other == 0 or (other < indent and not self._is_item(line)):
                break
        if indent in levels and not self._is_item(line):
            return None
        opens = self.lines[line].rstrip().endswith(":")
        near = [level for level in levels if level != indent]
        expected = min(
            near, key=lambda level: (abs(level - indent), level if opens else -level), default=None
        )
        siblings = levels.get(-1 if expected is None else expected, [])
        if expected is None or expected == indent:
            return None
        alike = 1
        for below in self.after(line):
            if self.indent(below) < indent:
                break
            alike += self.indent(below) == indent and self._is_item(below) == self._is_item(line)
        if alike > len(siblings):
            line, indent, expected = siblings[-1], expected, indent
        message = f"this line is indented by {_blanks(indent)}, and its neighbours by {expected}"
        advice = f"indent it by {_blanks(expected)}" if expected else "remove the blanks before it"
        return self.found(line, indent, message, advice)

    def block(self) -> SyntaxProblem | None:
        """What does not belong to the block that it stands in."""
        if any(character in BLANKS for character in self.lines[self.line]):
            return self.slip_of_line(self.line)
        kind, start, end = self._token_before()
        character = self.text[self.at : self.at + 1]
        content = self.lines[self.line]
        if kind == "quoted" and "\n" in self.text[start:end]:
            return _open_quote(start)
        if kind == "quoted" and self.line_of(end) == self.line and character not in "}],":
            message = "there is text after the closing quote"
            advice = "put the whole text in quotes; in single quotes write `''` for a `'`"
            return SyntaxProblem(self.at, self.at, message, advice)
        if character and character in "}]" and content[: self.at - self.starts[self.line]].strip():
            opening = "{" if character == "}" else "["
            message = f"this `{character}` has no `{opening}`"
            return SyntaxProblem(self.at, self.at, message, f"remove it, or add the `{opening}`")
        at_key = self.at == self.starts[self.line] + self.indent(self.line)
        if character == ",":
            message = "unexpected `,`"
            advice = "remove it: a key on a line of its own is not followed by a `,`"
            return SyntaxProblem(self.at, self.at, message, advice)
        return (self.slip_of_line(self.line) or self.wrong_indent(self.line)) if at_key else None

    def not_an_item(self) -> SyntaxProblem | None:
        """A key at the level of the `-` above it."""
        indent = self.indent(self.line)
        items = (above for above in self.before(self.line) if self._is_item(above))
        expected = next((self.column(above) for above in items), indent + 2)
        message = "this key is not in line with the keys of the item above it"
        advice = f"indent it by {_blanks(expected)}, or remove the `-` of the item"
        return self.slip_of_line(self.line) or self.found(self.line, indent, message, advice)

    def list_on_line(self) -> SyntaxProblem:
        """A `-` on the line of the key of its list."""
        advice = "begin the list on the next line, or write it in brackets: `[ITEM, ITEM]`"
        return SyntaxProblem(self.at, self.at, "a `-` cannot follow a key on its line", advice)

    def after_document(self) -> SyntaxProblem:
        """Text behind the end of the document."""
        message = "there is text after the end of the document"
        advice = (
            "remove a line with `...`, or check the indentation and the signs of the lines above"
        )
        return SyntaxProblem(self.at, self.at, message, advice)

    def _token_before(self) -> tuple[str, int, int]:
        """The kind, start and end of the last token in front of the mistake."""
        last = ("", 0, 0)
        scanner = self.parser(self.text)
        try:
            while (token := scanner.get_token()) is not None and token.start_mark.index < self.at:
                kind = type(token).__name__
                start, end = token.start_mark.index, token.end_mark.index
                if kind == "ScalarToken":
                    quoted = self.text[start : start + 1] in ("'", '"')
                    last = ("quoted" if quoted else "plain", start, end)
                elif end > start:
                    last = (kind, start, end)
        except Exception:  # noqa: BLE001, S110 - the text is broken, and what was read is enough
            pass
        finally:
            scanner.dispose()
        return last

    def flow(self) -> SyntaxProblem | None:
        """A `{` or `[` that is not closed, or holds what it cannot hold."""
        opening = self.text[self.began : self.began + 1]
        if opening not in ("{", "["):
            return None
        closing = "}" if opening == "{" else "]"
        line = self.line_of(self.began)
        if opening == "{" and "{{" in self.lines[line]:
            return self.slip_of_line(line)
        character = self.text[self.at : self.at + 1]
        if character == "{" and self.text[self.at - 1 : self.at] == "$":
            message = "a variable of the shell is not expanded"
            advice = "write `{env: NAME}`, without `$` and without a second pair of braces"
            return SyntaxProblem(self.at, self.at, message, advice)
        kind, start, end = self._token_before()
        if kind == "quoted" and "\n" in self.text[start:end]:
            return _open_quote(start)
        if self.line == line and character and character not in "}]":
            message = f"missing `,` in this `{opening}`"
            advice = "write a `,` between two entries; put text with a `:`, `{` or `[` in quotes"
            return SyntaxProblem(self.at, self.at, message, advice)
        began = self.began
        advice = f"add the missing `{closing}`"
        return SyntaxProblem(began, began, f"this `{opening}` is not closed", advice)

    def alias(self) -> SyntaxProblem | None:
        """A `*` or `&` that is not followed by a name."""
        at = self.began
        line = self.line_of(at)
        sign = self.text[at : at + 1]
        if re.match(_BULLET, self.lines[line]):
            return self.slip_of_line(line)
        if sign not in ("*", "&"):
            return None
        quoted = '`"*"`' if sign == "*" else '`"&..."`'
        message = f"`{sign}` must be in quotes"
        if sign == "*" and re.match(r"\*[.\w-]", self.text[at : at + 2]):
            quoted = "the text in quotes"
        return SyntaxProblem(at, at, message, f"write {quoted}")

    def character(self) -> SyntaxProblem | None:
        """A character that begins no value."""
        character = self.text[self.at : self.at + 1]
        if character == "\t":
            return self.tab()
        if character == "%" and self.text[self.at - 1 : self.at] == "{":
            return self.slip_of_line(self.line)
        shown = "a backtick" if character == "`" else f"`{character}`"
        advice = f"text that begins with {shown} must be in quotes"
        return SyntaxProblem(self.at, self.at, f"{shown} cannot begin a value", advice)

    def tab(self) -> SyntaxProblem:
        """A tab in place of blanks."""
        return SyntaxProblem(self.at, self.at, "a tab cannot indent YAML", "use blanks")

    def end_in_quotes(self) -> SyntaxProblem | None:
        """A quote that is open at the end of the text, or of the document."""
        return _open_quote(self.began) if "quoted" in self.context else None

    def half_character(self) -> SyntaxProblem:
        """An escape that does not stand for a character."""
        advice = r"write the character itself, or its code as `\U0001F600`, eight digits"
        message = "this escape is half a character, or none"
        return SyntaxProblem(self.at, self.at, message, advice)

    def escape(self) -> SyntaxProblem:
        """A backslash in double quotes that is not an escape."""
        message = "a backslash in double quotes begins an escape, and this is not one"
        return SyntaxProblem(self.at, self.at, message, r"use single quotes, or write `\\`")

    def after_block_sign(self) -> SyntaxProblem:
        """Text behind `|` or `>`."""
        sign = self.text[self.began : self.began + 1]
        message = (
            f"there is text on the line of the `{sign}`" if sign in "|>" else "unexpected text"
        )
        advice = "begin the text on the next line; put text that begins with `|` or `>` in quotes"
        return SyntaxProblem(self.at, self.at, message, advice)


def _open_quote(start: int) -> SyntaxProblem:
    return SyntaxProblem(start, start, "this quote is not closed", "add the closing quote")


def _blanks(count: int) -> str:
    return f"{count} blank" if count == 1 else f"{count} blanks"


_SLIPS = (
    (_BULLET, "an item of a list begins with `-` and a blank", "write `- ` before the item"),
    (r"\s*//|\s*/\*", "a comment of YAML begins with `#`", "write `#` in its place"),
    (_NO_BLANK_AFTER_DASH, "missing blank after `-`", "write `- ` before the item"),
    (_NO_BLANK_AFTER_COLON, "missing blank after `:`", "write `KEY: VALUE`, with a blank"),
    (_EQUALS, "unexpected `=` after a key", "write `KEY: VALUE`"),
    (rf"{_ITEM}{_KEY}()\s+[^\s#:]\S*\s*$", "missing `:` after the key", "write `KEY: VALUE`"),
)
"""A pattern of a line, what is wrong with it, and what to write."""

_BY_REASON = {
    "could not find expected ':'": _Mistake.no_key,
    "mapping values are not allowed": _Mistake.key_in_text,
    "expected ',' or": _Mistake.flow,
    "sequence entries are not allowed": _Mistake.list_on_line,
    "<document start>": _Mistake.after_document,
    "while scanning an alias": _Mistake.alias,
    "while scanning an anchor": _Mistake.alias,
    "cannot start any token": _Mistake.character,
    "found a tab character": _Mistake.tab,
    "found unexpected end of stream": _Mistake.end_in_quotes,
    "found unexpected document": _Mistake.end_in_quotes,
    "Unicode character escape": _Mistake.half_character,
    "unknown escape character": _Mistake.escape,
    "expected comment or line break": _Mistake.after_block_sign,
    "expected a comment or a line break": _Mistake.after_block_sign,
    "expected '-' indicator": _Mistake.not_an_item,
    "while parsing a block": _Mistake.block,
}
"""What diagnoses a mistake, by words of the parser (libyaml's, or PyYAML's in Python)."""
