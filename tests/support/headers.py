"""What public headers declare, read from what the C preprocessor makes of them."""
import collections
import os
import re
import subprocess

# A struct's members are its text between the braces; an enum's constants are names in order.
Interface = collections.namedtuple("Interface", "structs enums constants typedefs functions variables macros")


def attributes_removed(text):
    """`__attribute__((…))` is left out, however deep its parentheses go."""
    while (at := text.find("__attribute__")) >= 0:
        end = depth = 0
        for end in range(text.index("(", at), len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth == 0:
                break
        text = text[:at] + text[end + 1:]
    return text


def preprocessed(headers, flags):
    """The text of `headers` alone, without that of what they include from elsewhere; one blank between words."""
    source = "".join(f'#include "{header}"\n' for header in headers)
    run = subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-E", *flags, "-x", "c", "-"], input=source, check=True,
                         capture_output=True, text=True)
    own, kept = {os.path.realpath(header) for header in headers}, []
    ours = False
    for line in run.stdout.splitlines():
        marker = re.match(r'# \d+ "([^"]+)"', line)
        if marker:
            ours = os.path.realpath(marker.group(1)) in own
        elif ours:
            kept.append(line)
    return re.sub(r"\s+", " ", attributes_removed(" ".join(kept)))


def statements(text):
    """(head, body) of each declaration outside of all braces; the body is None where there are none."""
    depth, head, body = 0, "", None
    for character in text:
        if character == "}":
            depth -= 1
        if depth > 0:
            body += character
        elif character == "{":
            body = ""
        elif character == ";" or (character == "}" and ")" in head):
            yield head.strip(), body
            head, body = "", None
        elif character != "}":
            head += character
        if character == "{":
            depth += 1


def without_bodies(members):
    """Members without what stands in braces of their own."""
    while "{" in members:
        members = re.sub(r"\{[^{}]*\}", "", members)
    return members


def macros(headers, flags):
    """Macros of `headers` that take no arguments and stand for a value."""
    source = "".join(f'#include "{header}"\n' for header in headers)
    run = subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-E", "-dM", *flags, "-x", "c", "-"], input=source,
                         check=True, capture_output=True, text=True)
    defined = re.findall(r"^#define (HR_\w+) (.+)$", run.stdout, re.M)
    return [name for name, value in defined if not name.endswith("_") and "__attribute__" not in value]


def interface(headers, flags=()):
    """What `headers` declare in C: names in their order, structs and enums with what is in them."""
    found = Interface({}, {}, [], [], [], [], macros(headers, flags))
    for head, body in statements(preprocessed(headers, flags)):
        match = re.fullmatch(r"(?:extern )?(struct|union|enum)(?: (\w+))?", head)
        if match and body is not None and match.group(1) == "enum":
            constants = [entry.split("=")[0].strip() for entry in body.split(",") if entry.strip()]
            found.constants.extend(constants)
            if match.group(2):
                found.enums[match.group(2)] = constants
        elif match:
            if body is not None:
                found.structs[match.group(2)] = body
        elif head.startswith("typedef"):
            found.typedefs.append(re.search(r"(\w+)\s*(?:\([^()]*\))?$", head).group(1))
        elif "(" in head:
            found.functions.append(re.search(r"(\w+)\s*\(", head).group(1))
        elif head:
            found.variables.append(re.search(r"(\w+)(?:\[\])?$", head).group(1))
    return found
