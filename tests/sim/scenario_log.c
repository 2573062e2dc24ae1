/* A log whose disk is bad: writes that are short, hang for seconds, fail for want of space or for
 * nothing, and end in any order. What was accepted is in the file once, whole and in order, when
 * the log is closed; and at any moment before, what is in no file is still in a ring. */
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "file_calls.h"
#include "log_core.h"
#include "scenario.h"

#define WRITERS_MAX  4
#define SINKS_MAX    3
#define RECORDS_MAX  4000 /* of a writer */
#define TEXT_MAX     3000
#define BATCH_MAX    60
#define SECOND_NS    UINT64_C(1000000000)
#define TIME_BYTES   24 /* of "2026-11-22T10:00:00.123Z" */
#define SPACE_CHANCE 6000
#define LAG_NS       (SECOND_NS / 2) /* so long after a record a sink that can take it has it */

struct written {
    uint64_t end; /* its position in the ring */
    uint64_t logged_ns;
    bool accepted;
    uint8_t level;
    uint16_t size; /* of its text */
    uint8_t seen[SINKS_MAX];
};

/* A thread that logs when it is told to, and only then: all of it is one course of events. */
struct writer {
    struct log_world *log;
    pthread_t thread;
    sem_t go, gone;
    unsigned number, batch, count;
    uint64_t random;
    const struct hr__log_producer *producer;
    struct written *records;
};

struct log_world {
    struct scenario *scenario;
    struct hr_log_core core;
    struct hr_log_view view;
    struct writer writers[WRITERS_MAX];
    unsigned writer_count;
    char paths[SINKS_MAX][40];
    struct hr_log_sink sinks[SINKS_MAX];
    unsigned sink_count;
    struct lag {
        uint64_t since_ns; /* 0: it had all */
        uint64_t read[WRITERS_MAX];
    } lags[SINKS_MAX];
};

/* ---- Those who log. */

static uint64_t draw(struct writer *writer, uint64_t limit) {
    writer->random = writer->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (writer->random >> 33) % limit;
}

static void log_one(struct writer *writer) {
    static const uint8_t levels[] = {10, 20, 20, 20, 30, 40};
    char text[TEXT_MAX];
    struct log_world *log = writer->log;
    struct written *record = &writer->records[writer->count];
    record->size = (uint16_t)draw(writer, draw(writer, 3) ? 100 : TEXT_MAX);
    record->level = levels[draw(writer, sizeof levels)];
    memset(text, 'a' + (int)(writer->count % 26), record->size);
    const struct hr_log_field fields[] = {
        {hr_slice_of("writer"), hr_log_of_u64(writer->number)},
        {hr_slice_of("seq"), hr_log_of_u64(writer->count)},
        {hr_slice_of("text"), hr_log_of_slice(hr_slice_bytes(text, record->size))},
    };
    uint64_t refused = log->core.rings.refused;
    uint64_t dropped = writer->producer ? writer->producer->drops.total : 0;
    const struct hr__log_free call = {record->level, hr_slice_of("simulated"), fields, 3};
    hr__log_write_free(&log->view, &call);
    if (log->core.rings.refused == refused && hr_log_producer_->serial == log->view.serial)
        writer->producer = (const struct hr__log_producer *)(const void *)hr_log_producer_;
    record->accepted = writer->producer && log->core.rings.refused == refused &&
                       writer->producer->drops.total == dropped;
    record->end = writer->producer ? writer->producer->shown.position : 0;
    record->logged_ns = sim_now_ns();
    writer->count++;
}

static void *write_records(void *user) {
    struct writer *writer = user;
    for (;;) {
        while (sem_wait(&writer->go) != 0) {}
        if (!writer->batch) return NULL;
        for (; writer->batch && writer->count < RECORDS_MAX; writer->batch--) log_one(writer);
        sem_post(&writer->gone);
    }
}

static void tell(struct writer *writer, unsigned batch) {
    writer->batch = batch;
    sem_post(&writer->go);
    if (!batch) return;
    while (sem_wait(&writer->gone) != 0) {}
    sim_trace("writer %u: %u records so far", writer->number, writer->count);
}

/* ---- What is in the files. */

static uint64_t number_behind(const char *line, const char *end, const char *key) {
    const char *at = memmem(line, (size_t)(end - line), key, strlen(key));
    if (!at) return UINT64_MAX;
    at += strlen(key);
    while (at < end && (*at == '"' || *at == ':' || *at == '=')) at++;
    return strtoull(at, NULL, 10);
}

/* The text is its writer's and whole. */
static void check_text(const struct written *record, uint64_t seq, const char *line,
                       const char *end) {
    char expected = (char)('a' + seq % 26);
    const char *at = memmem(line, (size_t)(end - line), "text", 4);
    if (!at) oracle_finding("a line without its text: %.*s", (int)(end - line), line);
    at += 4;
    while (at < end && (*at == '"' || *at == ':' || *at == '=')) at++;
    for (unsigned i = 0; i < record->size; i++)
        if (at + i >= end || at[i] != expected)
            oracle_finding("a torn line: %.*s", (int)(end - line), line);
    if (at + record->size < end && at[record->size] == expected)
        oracle_finding("a text goes on: %.*s", (int)(end - line), line);
}

struct reading {
    struct log_world *log;
    unsigned sink;
    uint64_t dropped, lines;
    uint64_t next[WRITERS_MAX]; /* what may come next of each */
    char time[TIME_BYTES];
};

static void read_line(struct reading *reading, const char *line, const char *end) {
    static const char times[] = "2026-01-01T";
    const char *time = memmem(line, (size_t)(end - line), times, sizeof times - 1);
    if (!time || time + TIME_BYTES > end)
        oracle_finding("a line without its time: %.*s", (int)(end - line), line);
    if (reading->time[0] && memcmp(time, reading->time, TIME_BYTES) < 0)
        oracle_finding("a line of %.24s behind one of %.24s", time, reading->time);
    memcpy(reading->time, time, TIME_BYTES);
    reading->lines++;
    uint64_t dropped = number_behind(line, end, "dropped=");
    if (dropped == UINT64_MAX) dropped = number_behind(line, end, "\"dropped\"");
    if (dropped != UINT64_MAX) {
        reading->dropped += dropped;
        return;
    }
    uint64_t writer = number_behind(line, end, "writer"), seq = number_behind(line, end, "seq");
    if (writer >= reading->log->writer_count || seq >= reading->log->writers[writer].count)
        oracle_finding("a line of nobody: %.*s", (int)(end - line), line);
    struct written *record = &reading->log->writers[writer].records[seq];
    if (!record->accepted) oracle_finding("%" PRIu64 ".%" PRIu64 " was dropped", writer, seq);
    if (seq < reading->next[writer])
        oracle_finding("%" PRIu64 ".%" PRIu64 " comes late or twice", writer, seq);
    reading->next[writer] = seq + 1;
    check_text(record, seq, line, end);
    record->seen[reading->sink] = 1;
}

/* Lines from the file's beginning; its end may be on its way. */
static struct reading read_file(struct log_world *log, unsigned sink, bool at_the_end) {
    struct reading reading = {.log = log, .sink = sink};
    uint64_t size;
    const char *at = sim_path_bytes(log->paths[sink], &size), *end = at + size;
    if (!at) oracle_finding("the file is not there");
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end && at_the_end) oracle_finding("the last line has no end");
        if (!line_end) break;
        read_line(&reading, at, line_end);
        at = line_end + 1;
    }
    return reading;
}

static void forget_seen(struct log_world *log) {
    for (unsigned i = 0; i < log->writer_count; i++)
        for (unsigned k = 0; k < log->writers[i].count; k++)
            memset(log->writers[i].records[k].seen, 0, SINKS_MAX);
}

static bool wanted(const struct log_world *log, unsigned sink, const struct written *record) {
    return record->level >= log->sinks[sink].level;
}

/* What a file has of the part of the rings that has been freed: all of it, however torn the rest.
 */
static void check_now(struct log_world *log, unsigned sink) {
    uint64_t size;
    const char *bytes = sim_path_bytes(log->paths[sink], &size);
    for (unsigned i = 0; i < log->writer_count; i++) {
        const struct writer *writer = &log->writers[i];
        if (!writer->producer) continue;
        uint64_t tail = hr__log_ring_tail(&writer->producer->ring);
        const char *from = bytes;
        for (unsigned k = 0; k < writer->count; k++) {
            const struct written *record = &writer->records[k];
            if (!record->accepted || !wanted(log, sink, record) || record->end > tail) continue;
            char key[64];
            int key_size = log->sinks[sink].format == HR_LOG_FORMAT_JSON
                               ? snprintf(key, sizeof key, "\"writer\":%u,\"seq\":%u,", i, k)
                               : snprintf(key, sizeof key, "writer=%u seq=%u ", i, k);
            from = memmem(from, size - (size_t)(from - bytes), key, (size_t)key_size);
            if (!from)
                oracle_finding("%u.%u is neither in its ring nor in the file of sink %u", i, k,
                               sink);
        }
    }
}

/* Whether a writer has a record, an old one by now, that was not read for the sink. */
static bool lags(const struct writer *writer, const struct hr__log_sink *sink, uint64_t now_ns) {
    for (unsigned k = writer->count; writer->producer && k-- > 0;) {
        const struct written *record = &writer->records[k];
        if (!record->accepted || record->logged_ns + LAG_NS > now_ns) continue;
        return record->end > hr__log_sink_read(sink, writer->producer);
    }
    return false;
}

/* A sink that has nothing to write gets what there is, whatever holds up the others. */
static void check_idle(struct log_world *log, unsigned index) {
    const struct hr__log_sink *sink = &log->core.drain.sinks[index];
    uint64_t now_ns = sim_now_ns();
    struct lag *before = &log->lags[index], now = {0};
    bool stands = before->since_ns > 0, idle = hr__log_sink_idle(sink);
    for (unsigned i = 0; i < log->writer_count; i++) {
        const struct writer *writer = &log->writers[i];
        if (idle && lags(writer, sink, now_ns)) now.since_ns = now_ns;
        if (writer->producer) now.read[i] = hr__log_sink_read(sink, writer->producer);
        stands &= now.read[i] == before->read[i];
    }
    if (now.since_ns && stands) now.since_ns = before->since_ns;
    *before = now;
    if (now.since_ns && now_ns - now.since_ns > LAG_NS)
        oracle_finding("sink %u is held up by another", index);
}

/* ---- The course. */

static void open_log(struct log_world *log) {
    struct world *world = log->scenario->world;
    struct hr_log_core *core = &log->core;
    struct hr_log_options options = {.sinks = log->sinks, .flush_interval_ms = 1};
    options.flush_interval_ms += (uint32_t)world_below(world, 200);
    options.sink_count = log->sink_count = 1 + (unsigned)world_below(world, SINKS_MAX);
    for (unsigned i = 0; i < log->sink_count; i++) {
        snprintf(log->paths[i], sizeof log->paths[i], SIM_FOLDER "%u.log", i);
        log->sinks[i] =
            (struct hr_log_sink){.kind = HR_LOG_SINK_FILE,
                                 .format = (enum hr_log_format)world_below(world, 3),
                                 .path = log->paths[i],
                                 .level = world_chance(world, 20000) ? HR_LOG_WARNING : 0};
    }
    core->rings.ring_bytes = UINT64_C(16384) << world_below(world, 7);
    core->rings.bytes_max = UINT64_C(1) << 30;
    core->rings.slow_ticks = true;
    core->rings.directory = -1;
    core->rings.wake = NULL;
    core->drain.host.rings = &core->rings;
    core->drain.host.alone = true;
    if (world_chance(world, 49152)) /* so that they are full before the rings are */
        core->drain.host.file_buffer_bytes = (size_t)8192 << world_below(world, 4);
    struct hr_error error;
    int err = hr__log_rings_open(&core->rings);
    core->engine = world->engines[0].engine;
    core->drain.host.reactor = hr__engine_reactor(core->engine, 0);
    if (!err) err = hr__log_drain_init(&core->drain, &options, &error);
    if (err) oracle_finding("no log: %s", error.message);
    log->view = (struct hr_log_view){
        .level = 1, .string_limit = TEXT_MAX, .serial = core->rings.serial, .core = core};
    if (hr__log_name_add(hr_slice_of("sim"), &log->view.id) != 0) abort();
}

static void wake(struct hr__log_rings *rings, bool now) {
    (void)now;
    hr__log_drain_wake(&((struct hr_log_core *)(void *)rings)->drain);
}

static void start_writers(struct log_world *log) {
    struct world *world = log->scenario->world;
    log->writer_count = 1 + (unsigned)world_below(world, WRITERS_MAX);
    for (unsigned i = 0; i < log->writer_count; i++) {
        struct writer *writer = &log->writers[i];
        *writer = (struct writer){.log = log, .number = i, .random = world_random(world)};
        writer->records = calloc(RECORDS_MAX, sizeof *writer->records);
        if (!writer->records || sem_init(&writer->go, 0, 0) || sem_init(&writer->gone, 0, 0) ||
            pthread_create(&writer->thread, NULL, write_records, writer))
            abort();
    }
}

static void end_writers(struct log_world *log) {
    for (unsigned i = 0; i < log->writer_count; i++) {
        struct writer *writer = &log->writers[i];
        tell(writer, 0);
        pthread_join(writer->thread, NULL);
        sem_destroy(&writer->go);
        sem_destroy(&writer->gone);
    }
}

static void pass_time(struct log_world *log, unsigned steps) {
    for (unsigned i = 0; i < steps; i++)
        if (!world_step(log->scenario->world)) oracle_finding("the drain sleeps for ever");
}

static void make_trouble(struct world *world) {
    bool hangs = world_chance(world, 16384); /* some writes take seconds */
    const struct sim_faults faults = {
        .short_write = (uint16_t)world_below(world, 30000),
        .no_space = (uint16_t)(world_chance(world, 32768) ? world_below(world, SPACE_CHANCE) : 0),
        .io_error = (uint16_t)(world_chance(world, 32768) ? world_below(world, SPACE_CHANCE) : 0),
        .interrupted = 2000,
        .try_again = 2000,
        .delay = 20000,
        .reorder = 30000,
        .delay_us_max = 1 + (unsigned)world_below(world, hangs ? 30000000 : 20000),
    };
    sim_faults_set(&faults);
}

static bool is_drained(const struct log_world *log) {
    for (unsigned i = 0; i < log->writer_count; i++) {
        const struct hr__log_producer *producer = log->writers[i].producer;
        if (producer && hr__log_ring_tail(&producer->ring) != hr__log_ring_head(&producer->ring))
            return false;
    }
    return true;
}

/* One more of each writer tells what was dropped; then all goes to the files. */
static void drain_all(struct log_world *log) {
    static const struct sim_faults none;
    uint64_t end_ns = sim_now_ns() + 100 * SECOND_NS;
    sim_faults_set(&none);
    for (int round = 0; round < 2; round++) {
        while (!is_drained(log)) {
            pass_time(log, 1);
            if (sim_now_ns() > end_ns) oracle_finding("the rings are never drained");
        }
        for (unsigned i = 0; i < log->writer_count && round == 0; i++) tell(&log->writers[i], 1);
    }
}

static void check_end(struct log_world *log, uint64_t left, bool calm) {
    uint64_t missing = 0, drops = 0;
    forget_seen(log);
    for (unsigned i = 0; i < log->writer_count; i++)
        if (log->writers[i].producer) drops += log->writers[i].producer->drops.total;
    for (unsigned sink = 0; sink < log->sink_count; sink++) {
        struct reading reading = read_file(log, sink, calm);
        log->scenario->tally->lines += reading.lines;
        for (unsigned i = 0; i < log->writer_count; i++)
            for (unsigned k = 0; k < log->writers[i].count; k++) {
                const struct written *record = &log->writers[i].records[k];
                if (!record->accepted || !wanted(log, sink, record) || record->seen[sink]) continue;
                if (calm) oracle_finding("%u.%u is not in the file of sink %u", i, k, sink);
                missing++;
            }
        if (calm && reading.dropped != drops)
            oracle_finding("%" PRIu64 " were dropped, sink %u tells of %" PRIu64, drops, sink,
                           reading.dropped);
    }
    if (missing > left)
        oracle_finding("%" PRIu64 " lines are missing, the close says %" PRIu64, missing, left);
    log->scenario->tally->dropped += drops;
}

static void close_log(struct log_world *log, bool calm) {
    struct hr__log_drain *drain = &log->core.drain;
    for (unsigned i = 0; i < log->writer_count; i++)
        log->scenario->tally->records += log->writers[i].count;
    hr__log_drain_stop(drain);
    while (!drain->life.closed) pass_time(log, 1);
    check_end(log, hr__log_drain_deinit(drain), calm);
    end_writers(log);
    hr__log_rings_close(&log->core.rings);
    for (unsigned i = 0; i < log->writer_count; i++) free(log->writers[i].records);
    for (unsigned i = 0; i < log->sink_count; i++) sim_path_unlink(log->paths[i]);
}

static void run(struct scenario *scenario) {
    struct world *world = scenario->world;
    struct log_world *log = calloc(1, sizeof *log);
    if (!log) abort();
    log->scenario = scenario;
    open_log(log);
    log->core.rings.wake = wake;
    start_writers(log);
    while (!log->core.drain.life.opened) pass_time(log, 1);
    make_trouble(world);
    unsigned turns = 20 + (unsigned)world_below(world, 100);
    for (unsigned i = 0; i < turns; i++) {
        struct writer *writer = &log->writers[world_below(world, log->writer_count)];
        tell(writer, 1 + (unsigned)world_below(world, BATCH_MAX));
        pass_time(log, (unsigned)world_below(world, 200));
        for (unsigned k = 0; k < log->sink_count; k++) check_idle(log, k);
        if (world_chance(world, 6000))
            check_now(log, (unsigned)world_below(world, log->sink_count));
    }
    bool calm = world_chance(world, 45000);
    if (calm) drain_all(log);
    close_log(log, calm);
    free(log);
}

static bool judge(const struct scenario_tally *tally) {
    printf("%" PRIu64 " records, %" PRIu64 " dropped, %" PRIu64 " lines\n", tally->records,
           tally->dropped, tally->lines);
    return tally->records > 0 && tally->dropped * 2 < tally->records;
}

const struct scenario_kind scenario_log = {
    .name = "log", .run = run, .whole = true, .judge = judge};
