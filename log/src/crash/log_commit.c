/* Commit pages: two slots in memory that outlives the process, or in its own. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_book.h"
#include "log_commit.h"

#define COMMIT_MAGIC  UINT64_C(0x3174696d6d6f6367) /* "gcommit1" */
#define HEAD_BYTES    4096
#define PAGE          4096
#define POSITIONS_MAX (UINT32_C(1) << 20)

/* The head of a page. It has the style member by member: no value is read that its type does not
 * have. */
struct hr__log_commit_page {
    uint64_t magic; /* written last */
    uint64_t checksum;
    uint32_t positions_max, mode;
    int32_t level;
    uint32_t pattern_size;
    uint8_t form, names, esper, local, digits, source, colours, zero;
    char pattern[HR_LOG_COMMIT_PATTERN_MAX];
    uint64_t reach;
};
_Static_assert(sizeof(struct hr__log_commit_page) <= HEAD_BYTES, "the head is a page");

struct slot {
    uint64_t checksum; /* of the rest, as far as it is used */
    uint64_t number;   /* of the commit; the newer slot has the larger */
    uint64_t offset, sequence, device, inode;
    uint64_t base_ticks, base_ns, rate, last_ticks;
    uint32_t count, path_size;
    char path[PATH_MAX];
    uint64_t positions[];
};

static uint64_t slot_bytes(uint32_t positions_max) {
    return (sizeof(struct slot) + 8 * (uint64_t)positions_max + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

static uint64_t file_bytes(uint32_t positions_max) {
    return HEAD_BYTES + 2 * slot_bytes(positions_max) +
           HR_LOG_JOURNALS * sizeof(struct hr__log_journal);
}

static struct slot *slot_at(const struct hr__log_commit *commit, unsigned index) {
    return (struct slot *)((char *)commit->page + HEAD_BYTES +
                           index * slot_bytes(commit->positions_max));
}

static uint64_t head_sum(const struct hr__log_commit_page *page) {
    uint64_t sum = hr__log_checksum(&page->positions_max,
                                    offsetof(struct hr__log_commit_page, pattern) -
                                        offsetof(struct hr__log_commit_page, positions_max),
                                    COMMIT_MAGIC);
    return hr__log_checksum(page->pattern, page->pattern_size, sum);
}

static uint64_t slot_sum(const struct slot *slot) {
    uint64_t sum = hr__log_checksum(&slot->number, offsetof(struct slot, path) - 8, COMMIT_MAGIC);
    sum = hr__log_checksum(slot->path, slot->path_size, sum);
    return hr__log_checksum(slot->positions, 8 * (uint64_t)slot->count, sum);
}

static bool slot_is_whole(const struct hr__log_commit *commit, const struct slot *slot) {
    return slot->number && slot == slot_at(commit, slot->number & 1) &&
           slot->count <= commit->positions_max && slot->path_size > 0 &&
           slot->path_size < PATH_MAX && slot_sum(slot) == slot->checksum;
}

static struct slot *newest(const struct hr__log_commit *commit) {
    struct slot *first = slot_at(commit, 0), *second = slot_at(commit, 1);
    bool one = slot_is_whole(commit, first), two = slot_is_whole(commit, second);
    if (one && two) return first->number > second->number ? first : second;
    return one ? first : two ? second : NULL;
}

static void fill_head(struct hr__log_commit_page *page, const struct hr__log_commit_sink *sink) {
    const struct hr__log_style *style = &sink->style;
    struct hr_slice pattern = sink->filter.pattern;
    assert(pattern.size <= HR_LOG_COMMIT_PATTERN_MAX && page->positions_max <= POSITIONS_MAX);
    page->mode = sink->mode;
    page->level = sink->filter.level;
    page->form = (uint8_t)style->form;
    page->names = (uint8_t)style->names;
    page->esper = style->time.esper;
    page->local = style->time.local;
    page->digits = (uint8_t)style->time.digits;
    page->source = style->source;
    page->colours = style->colours;
    page->pattern_size = (uint32_t)pattern.size;
    if (pattern.size) memcpy(page->pattern, pattern.data, pattern.size);
    page->checksum = head_sum(page);
}

int hr__log_commit_open(struct hr__log_commit *commit, const struct hr__log_commit_sink *sink,
                        uint32_t positions_max, int fd) {
    if (sink->filter.pattern.size > HR_LOG_COMMIT_PATTERN_MAX) return -E2BIG;
    if (positions_max > POSITIONS_MAX) positions_max = POSITIONS_MAX;
    uint64_t bytes =
        fd < 0 ? HEAD_BYTES + 2 * slot_bytes(positions_max) : file_bytes(positions_max);
    if (fd >= 0) { /* memory that is not there would end the process at some later commit */
        int err = -posix_fallocate(fd, 0, (off_t)bytes);
        if (err) return err;
    }
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return -errno;
    *commit = (struct hr__log_commit){
        .page = memory, .bytes = bytes, .positions_max = positions_max, .shared = fd >= 0};
    commit->positions = calloc(positions_max, sizeof *commit->positions);
    if (!commit->positions) {
        hr__log_commit_close(commit);
        return -ENOMEM;
    }
    commit->page->positions_max = positions_max;
    fill_head(commit->page, sink);
    __atomic_store_n(&commit->page->magic, COMMIT_MAGIC, __ATOMIC_RELEASE);
    return 0;
}

static bool head_is_whole(const struct hr__log_commit_page *page, uint64_t bytes) {
    return page->magic == COMMIT_MAGIC && page->positions_max <= POSITIONS_MAX &&
           page->pattern_size <= HR_LOG_COMMIT_PATTERN_MAX && page->checksum == head_sum(page) &&
           bytes == file_bytes(page->positions_max) && page->form <= HR__LOG_LOGFMT &&
           page->names <= HR__LOG_NAMES_OTEL &&
           (page->digits == 3 || page->digits == 6 || page->digits == 9);
}

static bool is_zero(const char *memory, uint64_t bytes) {
    return bytes == 0 || (memory[0] == 0 && memcmp(memory, memory + 1, bytes - 1) == 0);
}

int hr__log_commit_load(struct hr__log_commit *commit, int fd) {
    struct stat facts;
    if (fstat(fd, &facts) != 0) return -errno;
    uint64_t bytes = (uint64_t)facts.st_size;
    if (bytes == 0) return -ENODATA;
    if (bytes < HEAD_BYTES || bytes > file_bytes(POSITIONS_MAX)) return -EBADMSG;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) return -errno;
    *commit = (struct hr__log_commit){.page = memory, .bytes = bytes, .shared = true};
    int err = 0;
    if (commit->page->magic == 0)
        err = -ENODATA;
    else if (!head_is_whole(memory, bytes))
        err = -EBADMSG;
    commit->positions_max = err ? 0 : commit->page->positions_max;
    struct slot *slot = err ? NULL : newest(commit);
    if (!err && !slot) {
        const char *slots = (const char *)memory + HEAD_BYTES;
        uint64_t each = slot_bytes(commit->positions_max);
        err = is_zero(slots + each, each) ? -ENODATA : -EBADMSG;
    }
    if (!err) commit->positions = calloc(commit->positions_max, sizeof *commit->positions);
    if (!err && !commit->positions) err = -ENOMEM;
    if (err) {
        hr__log_commit_close(commit);
        return err;
    }
    assert(slot->count <= commit->positions_max);
    memcpy(commit->positions, slot->positions, 8 * (size_t)slot->count);
    commit->count = slot->count;
    commit->number = slot->number;
    return 0;
}

void hr__log_commit_close(struct hr__log_commit *commit) {
    if (commit->page) munmap(commit->page, commit->bytes);
    free(commit->positions);
    commit->positions = NULL;
    commit->page = NULL;
}

void hr__log_commit_put(struct hr__log_commit *commit, const struct hr__log_commit_state *state) {
    uint64_t number = commit->number + 1;
    struct slot *slot = slot_at(commit, number & 1);
    assert(state->path.size > 0 && state->path.size < PATH_MAX);
    uint32_t count = state->count < commit->positions_max ? state->count : commit->positions_max;
    /* A process that is killed in here leaves a slot whose checksum is that of its earlier content.
     */
    slot->offset = state->offset;
    slot->sequence = state->sequence;
    slot->device = state->device;
    slot->inode = state->inode;
    slot->base_ticks = state->base_ticks;
    slot->base_ns = state->base_ns;
    slot->rate = state->rate;
    slot->last_ticks = state->last_ticks;
    slot->count = count;
    slot->path_size = (uint32_t)state->path.size;
    memcpy(slot->path, state->path.data, state->path.size);
    if (count) memcpy(slot->positions, state->positions, 8 * (size_t)count);
    slot->number = number;
    uint64_t sum = slot_sum(slot);
    __atomic_store_n(&slot->checksum, sum, __ATOMIC_RELEASE);
    if (count && state->positions != commit->positions)
        memcpy(commit->positions, state->positions, 8 * (size_t)count);
    commit->count = count;
    commit->number = number;
}

bool hr__log_commit_get(const struct hr__log_commit *commit, struct hr__log_commit_state *state) {
    const struct slot *slot = newest(commit);
    if (!slot) return false;
    *state = (struct hr__log_commit_state){
        .number = slot->number,
        .offset = slot->offset,
        .sequence = slot->sequence,
        .device = slot->device,
        .inode = slot->inode,
        .base_ticks = slot->base_ticks,
        .base_ns = slot->base_ns,
        .rate = slot->rate,
        .last_ticks = slot->last_ticks,
        .count = slot->count,
        .path = hr_slice_bytes(slot->path, slot->path_size),
        .positions = slot->positions,
    };
    return true;
}

void hr__log_commit_sink_get(const struct hr__log_commit *commit,
                             struct hr__log_commit_sink *sink) {
    const struct hr__log_commit_page *page = commit->page;
    *sink = (struct hr__log_commit_sink){
        .style = {.form = (enum hr__log_form)page->form,
                  .names = (enum hr__log_names)page->names,
                  .time = {.esper = page->esper != 0,
                           .local = page->local != 0,
                           .digits = page->digits},
                  .source = page->source != 0,
                  .colours = page->colours != 0},
        .filter = {.level = page->level,
                   .pattern = hr_slice_bytes(page->pattern_size ? page->pattern : NULL,
                                             page->pattern_size)},
        .mode = page->mode & 0777,
    };
}

struct hr__log_journal *hr__log_commit_journal(const struct hr__log_commit *commit,
                                               unsigned index) {
    if (!commit->shared) return NULL;
    char *first = (char *)commit->page + HEAD_BYTES + 2 * slot_bytes(commit->positions_max);
    return (struct hr__log_journal *)(void *)first + index;
}

void hr__log_commit_reach(struct hr__log_commit *commit, uint64_t reach) {
    assert(commit->page);
    __atomic_store_n(&commit->page->reach, reach, __ATOMIC_RELEASE);
}

uint64_t hr__log_commit_reached(const struct hr__log_commit *commit) {
    return __atomic_load_n(&commit->page->reach, __ATOMIC_ACQUIRE);
}
