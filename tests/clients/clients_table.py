"""The table of clients in a page of the docs, from what run.sh wrote.
usage: python3 clients_table.py check|table PAGE RESULTS
`table` writes the rows of the clients that ran; `check` prints a fail line where the page says something else of them."""
import sys

BEGIN, END = "<!-- clients: made by tests/clients/run.sh --table -->\n", "<!-- clients end -->\n"
HEAD = "| client | version | works | gaps |\n|---|---|---|---|\n"


def read_results(path):
    """client: {"version", "ok": [...], "gap": [(operation, reason)], "fail": [...]}"""
    clients = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            kind, client, *rest = line.rstrip("\n").split(": ", 3)
            if kind not in ("version", "ok", "gap", "fail") or not rest:
                continue
            row = clients.setdefault(client, {"version": "?", "ok": [], "gap": [], "fail": []})
            if kind == "version":
                row["version"] = rest[0]
            else:
                row[kind].append(tuple(rest) if kind == "gap" else rest[0])
    return {client: row for client, row in clients.items() if row["ok"]}


def row_of(client, row):
    reasons = {}
    for operation, why in row["gap"]:
        reasons.setdefault(why, []).append(operation)
    gaps = "; ".join(f"{', '.join(operations)}: {why}" for why, operations in reasons.items())
    return f"| {client} | {row['version']} | {', '.join(row['ok'])} | {gaps} |\n"


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def read_page(path):
    """What stands before the table, its rows by client, and what stands behind it."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    rows = {cells(line)[0]: line for line in table.splitlines(keepends=True)[2:]}
    return before, rows, after


def check(page, results):
    """The version may be another."""
    _, rows, _ = read_page(page)
    for client, row in results.items():
        wanted = cells(row_of(client, row))
        found = cells(rows.get(client, "| | | | |"))
        if not row["fail"] and (found[0], found[2:]) != (wanted[0], wanted[2:]):
            print(f"fail: {client}: table: {page} has another row: write it by tests/clients/run.sh --table {page}")


def write(page, results):
    before, rows, after = read_page(page)
    rows.update({client: row_of(client, row) for client, row in results.items()})
    with open(page, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + HEAD + "".join(rows[client] for client in sorted(rows)) + END + after)


def main():
    action, page, results = sys.argv[1:]
    (check if action == "check" else write)(page, read_results(results))


main()
