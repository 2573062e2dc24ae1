/* Files, one over the other: a file counts behind those that it includes, and over them. */
#include "config_documents.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <headrace/error.h>

#include "yaml_reader.h"

#define INCLUDE_DEPTH_MAX 16   /* in one another */
#define FILES_MAX         1000 /* of a load */

/* A file that comes next. */
struct pending {
    struct pending *next;
    const char *path;
    const struct hr_config_node *node; /* that includes it; NULL: it is one of the options */
    bool overlay;                      /* of the profile; it need not be there */
};

/* A file whose includes come before it. The lowest is none: its includes are those of the options.
 */
struct document {
    const char *path;
    struct hr__config_file file; /* its text belongs to the source */
    struct hr_config_node *root; /* NULL: nothing to be merged */
    struct pending *first, *last;
};

struct stack {
    struct hr__config_load *load;
    struct document documents[INCLUDE_DEPTH_MAX + 2];
    uint32_t depth, file_count;
    bool overlaid;
};

static struct document *top_of(struct stack *stack) {
    assert(stack->depth > 0);
    return &stack->documents[stack->depth - 1];
}

/* About a file that cannot be taken: at the place that includes it, or as a whole. */
static void refuse(struct stack *stack, const struct pending *pending, const char *why) {
    struct hr__config_load *load = stack->load;
    struct hr_slice none = hr_slice_bytes(NULL, 0);
    const struct document *top = top_of(stack);
    load->unread = true;
    if (pending->node) {
        hr__config_refuse(load, pending->node->place, pending->node,
                          hr_slice_bytes(top->file.data, top->file.size), "%s: %s", pending->path,
                          why);
        return;
    }
    uint32_t source = hr__config_source_add(load, HR_CONFIG_FROM_FILE, hr_slice_of(pending->path));
    hr__config_refuse(load, hr__config_all_of(source), NULL, none, "%s", why);
}

/* ---- What comes next. */

static void append(struct stack *stack, const struct pending *given) {
    struct document *top = top_of(stack);
    struct pending *pending = hr__config_allocate(&stack->load->scratch, sizeof *pending);
    if (!pending) {
        stack->load->no_memory = true;
        return;
    }
    *pending = *given;
    pending->next = NULL;
    if (top->last)
        top->last->next = pending;
    else
        top->first = pending;
    top->last = pending;
}

/* Both texts together, in the scratch memory. */
static const char *join(struct stack *stack, struct hr_slice front, struct hr_slice back) {
    char *joined = hr__config_allocate(&stack->load->scratch, front.size + back.size + 1);
    if (!joined) {
        stack->load->no_memory = true;
        return "";
    }
    snprintf(joined, front.size + back.size + 1, "%.*s%.*s", (int)front.size, front.data,
             (int)back.size, back.data);
    return joined;
}

/* With the slash; empty where there is none. */
static struct hr_slice folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return hr_slice_bytes(path, slash ? (size_t)(slash + 1 - path) : 0);
}

static void append_folder(struct stack *stack, const struct pending *folder) {
    struct hr__config_names names = {.items = NULL};
    struct hr_error error;
    hr__config_prints_add(stack->load->seen, folder->path);
    if (hr__config_folder_list(stack->load, folder->path, &names, &error))
        refuse(stack, folder, error.message);
    else
        for (uint32_t i = 0; i < names.count && !stack->load->no_memory; i++)
            append(stack, &(struct pending){.path = join(stack, hr_slice_of(folder->path),
                                                         hr_slice_of(names.items[i])),
                                            .node = folder->node});
    free(names.items);
}

/* "a/service.prod.yaml" of "a/service.yaml". */
static const char *overlay_of(struct stack *stack, const char *path) {
    size_t folder = folder_of(path).size;
    const char *dot = strrchr(path + folder, '.');
    const char *end = dot ? dot : path + strlen(path);
    struct hr_slice front = hr_slice_bytes(path, (size_t)(end - path));
    const char *named = join(stack, front, hr_slice_of("."));
    named = join(stack, hr_slice_of(named), hr_slice_of(stack->load->options->profile));
    return join(stack, hr_slice_of(named), hr_slice_of(end));
}

static void append_path(struct stack *stack, const char *path, const struct hr_config_node *node) {
    const struct pending pending = {.path = path, .node = node};
    size_t size = strlen(path);
    if (size > 0 && path[size - 1] == '/')
        append_folder(stack, &pending);
    else
        append(stack, &pending);
}

static void append_options(struct stack *stack) {
    const struct hr_config_options *options = stack->load->options;
    for (size_t i = 0; i < options->file_count && !stack->load->no_memory; i++) {
        struct hr_slice path = hr_slice_of(options->files[i]);
        append_path(stack, path.data, NULL);
        if (options->profile && path.size > 0 && path.data[path.size - 1] != '/')
            append(stack, &(struct pending){.path = overlay_of(stack, path.data), .overlay = true});
    }
}

/* ---- Includes. */

static void append_include(struct stack *stack, const struct hr_config_node *node) {
    const struct document *top = top_of(stack);
    struct hr_slice folder = folder_of(top->path);
    if (node->type != HR_CONFIG_STRING || node->text.size == 0) {
        hr__config_refuse(stack->load, node->place, node,
                          hr_slice_bytes(top->file.data, top->file.size),
                          "include is a path, or a list of paths");
        return;
    }
    if (node->text.data[0] == '/') folder.size = 0;
    append_path(stack, join(stack, folder, node->text), node);
}

static struct hr_config_node *include_of(const struct stack *stack,
                                         const struct hr_config_node *root) {
    return hr__config_get(&stack->load->tree, root, hr_slice_of("include"));
}

static void append_includes(struct stack *stack, const struct hr_config_node *root) {
    const struct hr_config_node *include = include_of(stack, root);
    if (!include) return;
    if (include->type != HR_CONFIG_LIST && include->type != HR_CONFIG_NULL)
        append_include(stack, include);
    for (const struct hr_config_node *item = include->first; item && !stack->load->no_memory;
         item = item->next)
        append_include(stack, item);
}

/* ---- A file. */

static struct hr_config_node *read_document(struct hr__config_load *load, uint32_t source,
                                            struct hr_slice text) {
    const struct hr__yaml_options options = {
        .tree = &load->tree,
        .problems = load->problems,
        .name = load->sources[source].name,
        .text = text,
        .source = source,
        .depth_max = load->limits.depth_max,
        .alias_nodes_max = load->limits.alias_nodes_max,
        .warn_old = load->options->warn_old_yaml,
    };
    struct hr_config_node *root;
    int err = hr__yaml_read(&options, &root);
    if (err == -ENOMEM) load->no_memory = true;
    if (err && !root) load->unread = true;
    if (load->no_memory || !root || root->type == HR_CONFIG_NULL) return NULL; /* an empty file */
    if (root->type == HR_CONFIG_MAP) return root;
    hr__config_refuse(load, root->place, root, text, "a configuration is a map of keys and values");
    return NULL;
}

static bool is_open(const struct stack *stack, const struct hr__config_file *file) {
    for (uint32_t i = 1; i < stack->depth; i++)
        if (stack->documents[i].file.inode == file->inode &&
            stack->documents[i].file.device == file->device)
            return true;
    return false;
}

/* NULL: it may be read. */
static const char *reason_against(const struct stack *stack) {
    if (stack->depth == INCLUDE_DEPTH_MAX + 2) return "more than 16 includes in one another";
    return stack->file_count == FILES_MAX ? "more than 1000 files are read" : NULL;
}

static bool open_file(struct stack *stack, const struct pending *pending,
                      struct hr__config_file *file) {
    const size_t bytes_max = stack->load->limits.file_bytes_max;
    const struct hr__config_reading reading = {bytes_max, "limits.file_bytes_max", 0};
    struct hr_error error;
    hr__config_prints_add(stack->load->seen, pending->path);
    int err = hr__config_file_read(pending->path, &reading, file, &error);
    if (err == -ENOENT && pending->overlay) return false;
    if (err == -ENOMEM) {
        stack->load->no_memory = true;
        return false;
    }
    if (err == -EISDIR)
        refuse(stack, pending,
               "it is a folder, and not a file: with / at its end the *.yaml and *.yml in it are "
               "read");
    else if (err)
        refuse(stack, pending, error.message);
    if (err || !is_open(stack, file)) return !err;
    refuse(stack, pending, "it includes itself, this way or by way of others");
    hr__config_file_free(file);
    return false;
}

/* Reads it, and finds out what it includes. */
static void push(struct stack *stack, const struct pending *pending) {
    struct hr__config_load *load = stack->load;
    struct hr__config_file file;
    const char *why = reason_against(stack);
    if (why) {
        refuse(stack, pending, why);
        return;
    }
    if (!open_file(stack, pending, &file)) return;
    uint32_t source = hr__config_source_add(load, HR_CONFIG_FROM_FILE, hr_slice_of(pending->path));
    if (load->no_memory) {
        hr__config_file_free(&file);
        return;
    }
    load->sources[source].data = file.data; /* until the load ends */
    load->sources[source].size = file.size;
    load->sources[source].mode = file.mode;
    load->sources[source].owner = file.owner;
    struct document *document = &stack->documents[stack->depth++];
    *document = (struct document){.path = pending->path, .file = file};
    stack->file_count++;
    stack->overlaid |= pending->overlay;
    struct hr_slice text = hr_slice_bytes(file.data, file.size);
    document->root = read_document(load, source, text);
    if (!document->root) return;
    if (load->options->substitute) hr__config_substitute(load, document->root, text);
    append_includes(stack, document->root);
}

static void pop(struct stack *stack) {
    const struct document *document = top_of(stack);
    if (document->root && !stack->load->no_memory) {
        struct hr_config_node *include = include_of(stack, document->root);
        if (include) hr__config_detach(include);
        hr__config_merge(stack->load, document->root);
    }
    stack->depth--;
}

void hr__config_take_files(struct hr__config_load *load) {
    struct stack stack = {.load = load, .depth = 1};
    append_options(&stack);
    while (stack.depth > 0) {
        struct document *top = top_of(&stack);
        const struct pending *next = load->no_memory ? NULL : top->first;
        if (!next) {
            pop(&stack);
            continue;
        }
        top->first = next->next;
        push(&stack, next);
    }
    if (load->options->profile && !stack.overlaid)
        hr__config_warn(load, hr__config_all_of(UINT32_MAX), NULL, hr_slice_bytes(NULL, 0),
                        "no file of the profile \"%s\" is there", load->options->profile);
}
