/* The report of a fault proxy, for people and as JSON. */
#include "fault_report.h"

#include "json_put.h"

#define SCHEMA "headrace-faults-1"

typedef unsigned long long number;

static void text_rules(FILE *out, const struct fault_report *report) {
    for (size_t i = 0; i < report->script->count; i++) {
        const struct fault_tally *tally = &report->outcome.tallies[i];
        fprintf(out, "rule           %s: chosen %llu, happened %llu\n",
                report->script->rules[i].text, (number)tally->chosen, (number)tally->happened);
    }
}

void fault_report_text(FILE *out, const struct fault_report *report) {
    const struct fault_counts *counts = &report->outcome.counts;
    fprintf(out,
            "connections    %llu (%llu refused by a rule, %llu over the limit, %llu unparsed, "
            "%llu to a server that was not reached)\n",
            (number)counts->connections, (number)counts->faults[FAULT_REFUSE],
            (number)counts->over_limit, (number)counts->unparsed, (number)counts->unreachable);
    if (!report->tcp) fprintf(out, "requests       %llu\n", (number)counts->requests);
    fprintf(out, "passed         %llu\nlost           %llu\n", (number)counts->passed,
            (number)counts->lost);
    for (enum fault_kind kind = FAULT_NONE + 1; kind < FAULT_KINDS; kind++)
        if (counts->faults[kind])
            fprintf(out, "%-14s %llu\n", fault_kind_name(kind), (number)counts->faults[kind]);
    fprintf(out, "bytes          %llu to the server, %llu to clients\n",
            (number)counts->bytes_to_server, (number)counts->bytes_to_client);
    text_rules(out, report);
    fprintf(out, "seed           %llu\n", (number)report->seed);
}

static void put_rules(struct hr_json_writer *json, const struct fault_report *report) {
    json_put_array(json, "rules");
    for (size_t i = 0; i < report->script->count; i++) {
        const struct fault_rule *rule = &report->script->rules[i];
        hr_json_object(json);
        json_put_u64(json, "line", rule->line);
        json_put_text(json, "rule", rule->text);
        json_put_u64(json, "chosen", report->outcome.tallies[i].chosen);
        json_put_u64(json, "happened", report->outcome.tallies[i].happened);
        hr_json_end(json);
    }
    hr_json_end(json);
}

void fault_report_json(struct hr_json_writer *json, const struct fault_report *report) {
    const struct fault_counts *counts = &report->outcome.counts;
    hr_json_object(json);
    json_put_text(json, "schema", SCHEMA);
    json_put_u64(json, "seed", report->seed);
    json_put_bool(json, "tcp", report->tcp);
    json_put_u64(json, "connections", counts->connections);
    json_put_u64(json, "over_limit", counts->over_limit);
    json_put_u64(json, "unreachable", counts->unreachable);
    json_put_u64(json, "unparsed", counts->unparsed);
    json_put_u64(json, "requests", counts->requests);
    json_put_u64(json, "passed", counts->passed);
    json_put_u64(json, "lost", counts->lost);
    json_put_object(json, "faults");
    for (enum fault_kind kind = FAULT_NONE + 1; kind < FAULT_KINDS; kind++)
        json_put_u64(json, fault_kind_name(kind), counts->faults[kind]);
    hr_json_end(json);
    json_put_u64(json, "bytes_to_server", counts->bytes_to_server);
    json_put_u64(json, "bytes_to_client", counts->bytes_to_client);
    put_rules(json, report);
    hr_json_end(json);
}
