#!/usr/bin/env python3
"""Writes a C program that says which members of the options structs no table of headrace/config_options.h fills.
usage: python3 tests/install/option_tables.py PREFIX >PROGRAM.c

Members come from the installed headers, tables from the installed library. What is left out has its reason below."""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
import headers  # noqa: E402

PROGRAM, CALLBACK, RESERVED = "it is the program's to say", "a callback, or what it is given", "of later versions"
NOT_S3 = "it means nothing to S3"
# (struct, table, path in the table).
PAIRS = [
    ("hr_engine_options", "hr_engine_schema", ""),
    ("hr_tls_options", "hr_tls_schema", ""),
    ("hr_tls_server_options", "hr_tls_server_schema", ""),
    ("hr_breaker_options", "hr_breaker_schema", ""),
    ("hr_http_client_options", "hr_http_client_schema", ""),
    *((f"hr_{struct}", "hr_http_client_schema", path) for struct, path in (
        ("http_field", "fields"), ("http_auth", "auth"), ("http_timeouts", "timeouts"), ("http_pool_options", "pool"),
        ("resolver_options", "resolver"), ("resolve_entry", "resolver.entries"), ("tls_options", "tls"),
        ("http_proxy_options", "proxy"), ("http_response_options", "response"), ("http_redirect_options", "redirects"),
        ("http_retry_options", "retry"), ("http_hedge_options", "hedge"), ("http_ejection_options", "ejection"), ("http_rate_options", "rate"),
        ("breaker_options", "breaker"))),
    ("hr_http_server_options", "hr_http_server_schema", ""),
    ("hr_s3_client_options", "hr_s3_client_schema", ""),
    *((f"hr_{struct}", "hr_s3_client_schema", path) for struct, path in (
        ("http_timeouts", "timeouts"), ("http_pool_options", "pool"), ("resolver_options", "resolver"), ("tls_options", "tls"),
        ("http_proxy_options", "proxy"), ("http_response_options", "response"), ("http_retry_options", "retry"), ("http_hedge_options", "hedge"),
        ("http_ejection_options", "ejection"), ("http_rate_options", "rate"))),
    ("hr_log_options", "hr_log_schema", ""),
    ("hr_log_sink", "hr_log_schema", "sinks"),
    ("hr_esper_logging", "hr_esper_schema", "logging"),
    ("hr_esper_storage", "hr_esper_schema", "storage"),
]
# Members that no table fills: (struct, member), or (struct, member, table) where it is so in that table alone.
LEFT_OUT = {
    ("hr_engine_options", "mode"): PROGRAM, ("hr_engine_options", "on_notice"): CALLBACK, ("hr_engine_options", "user"): CALLBACK,
    ("hr_breaker_options", "name"): "it is the origin's", ("hr_breaker_options", "on_transition"): CALLBACK,
    ("hr_breaker_options", "user"): CALLBACK,
    **{("hr_http_client_options", name): CALLBACK for name in ("on_notice", "notice_user", "on_event", "event_user")},
    ("hr_s3_client_options", "credentials"): CALLBACK,
    ("hr_tls_server_options", "certificate_pem"): PROGRAM, ("hr_tls_server_options", "key_pem"): PROGRAM,
    ("hr_http_server_options", "on_request"): CALLBACK, ("hr_http_server_options", "user"): CALLBACK,
    **{("hr_s3_client_options", f"http.{name}"): NOT_S3 for name in (
        "base_url", "fields", "field_count", "auth", "deadline_field", "redirects", "no_breaker", "breaker")},
    **{("hr_s3_client_options", f"http.{name}"): CALLBACK for name in ("on_notice", "notice_user", "on_event", "event_user")},
    **{("hr_esper_storage", f"s3.http.{name}"): NOT_S3 for name in (
        "base_url", "fields", "field_count", "auth", "deadline_field", "redirects", "no_breaker", "breaker")},
    **{("hr_esper_storage", f"s3.http.{name}"): CALLBACK for name in ("on_notice", "notice_user", "on_event", "event_user")},
    ("hr_esper_storage", "s3.credentials"): CALLBACK,
    ("hr_http_response_options", "decoded_bytes_max", "hr_s3_client_schema"): NOT_S3,
    ("hr_http_retry_options", "budget_percent", "hr_s3_client_schema"): NOT_S3,
    ("hr_log_sink", "write"): CALLBACK, ("hr_log_sink", "user"): CALLBACK,
    ("hr_log_options", "engine"): PROGRAM,
    ("hr_esper_logging", "service.log"): "hr_esper_log_options sets it",
    **{("hr_esper_logging", f"log.{name}"): "hr_log_service has it in another way" for name in (
        "name", "level", "sinks", "sink_count", "control_path", "unstarted")},
    ("hr_esper_logging", "log.engine"): PROGRAM,
}

BEGIN = """
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct hr_config_field *next_fields;
static size_t next_count;

static void enter(const struct hr_config_field *field) {
    next_fields = field->schema ? field->schema->fields : field->fields;
    next_count = field->schema ? field->schema->field_count : field->field_count;
}

static void go_to(const struct hr_config_schema *schema, const char *path) {
    next_fields = schema->fields;
    next_count = schema->field_count;
    while (*path) {
        size_t size = strcspn(path, "."), i = 0;
        while (i < next_count && (strlen(next_fields[i].name) != size || strncmp(next_fields[i].name, path, size))) i++;
        if (i == next_count) { printf("fail: the table has %s\\n", path); next_count = 0; return; }
        enter(&next_fields[i]);
        path += size + (path[size] == '.');
    }
}

static int filled(size_t offset, size_t size) {
    for (size_t i = 0; i < next_count; i++) {
        size_t begin = next_fields[i].offset, end = begin + next_fields[i].size;
        if (next_fields[i].kind != HR_KEY && begin <= offset && offset + size <= end) return 1;
    }
    return 0;
}

static void judge(const char *table, const char *member, size_t offset, size_t size, int left_out) {
    int is = filled(offset, size);
    if (is == !left_out) printf("ok: %s: %s\\n", table, member);
    else printf("fail: %s: %s: %s\\n", table, member, is ? "it is filled, and is listed as left out" : "no field fills it");
}

int main(void) {
"""


def members(body):
    """(name, type) of each member, in their order."""
    for declaration in headers.without_bodies(body).split(";"):
        declaration = declaration.strip()
        function = re.search(r"\(\*(\w+)\)", declaration)
        if function:
            yield function.group(1), ""
        elif declaration:
            first, *others = declaration.split(",")
            words = re.findall(r"\w+", re.sub(r"\[[^]]*\]", "", first))
            kind = re.match(r"(?:const )?struct (\w+) (?!\*)\w", first)
            yield words[-1], kind.group(1) if kind else ""
            for other in others:
                yield re.findall(r"\w+", re.sub(r"\[[^]]*\]", "", other))[-1], kind.group(1) if kind else ""


def judged(structs, struct, table, at=""):
    """(path of member, left out) of a struct; into a member that is one where part of it is left out."""
    used = []
    whole = struct[0]
    for name, kind in members(structs[struct[-1]]):
        path = at + name
        if name == "reserved":
            continue
        left = LEFT_OUT.get((whole, path)) or LEFT_OUT.get((whole, path, table))
        if not left and kind in structs and any(key[0] == whole and key[1].startswith(path + ".") for key in LEFT_OUT):
            used += judged(structs, (whole, kind), table, path + ".")
        else:
            used.append((path, bool(left)))
    return used


def main():
    prefix = sys.argv[1]
    files = sorted(glob.glob(os.path.join(prefix, "include/headrace/*.h")))
    structs = headers.interface(files, [f"-I{prefix}/include"]).structs
    print("#include <headrace/config_esper.h>\n#include <headrace/http_server.h>")
    print(BEGIN)
    seen = set()
    for struct, table, path in PAIRS:
        print(f'    go_to(&{table}, "{path}");')
        for member, left in judged(structs, (struct, struct), table):
            seen |= {key for key in LEFT_OUT if key[:2] == (struct, member)}
            print(f'    judge("{table} {path or "itself"}", "{member}", offsetof(struct {struct}, {member}), '
                  f'sizeof(((struct {struct} *)0)->{member}), {int(left)});')
    for stale in sorted(set(LEFT_OUT) - seen):
        print(f'    puts("fail: option tables: {" ".join(stale)} is listed as left out, and is no member");')
    print("    return 0;\n}")


if __name__ == "__main__":
    main()
