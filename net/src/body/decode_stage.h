/* One content coding of a chain: what decode.c asks of zlib, libzstd and libbrotlidec. */
#ifndef HR_NET_DECODE_STAGE_H
#define HR_NET_DECODE_STAGE_H

#include "decode.h"

/* The longest header of a zstd frame (RFC 8878 3.1.1.1), its magic number included. */
#define HR_DECODE_HEADER_MAX 18

struct hr_decode_stage;

struct hr_decode_codec {
    const char *name, *alias; /* alias NULL: none */
    size_t cost;              /* memory, at most */
    int (*open)(struct hr_decode_stage *stage);
    /* Goes on until the input is used up or the output is full, and keeps `complete`. */
    int (*run)(struct hr_decode_stage *stage, struct hr_decode_slice *slice);
    void (*close)(struct hr_decode_stage *stage); /* what open has left half done too */
};

extern const struct hr_decode_codec hr__decode_gzip, hr__decode_deflate, hr__decode_zstd,
    hr__decode_brotli;

struct hr_decode_stage {
    const struct hr_decode_codec *codec;
    void *state;
    size_t memory;                              /* of it, from hr__decode_stage_allocate */
    unsigned char header[HR_DECODE_HEADER_MAX]; /* zstd: of the frame, until it is whole */
    unsigned header_size;                       /* zstd: how much of it has come */
    bool complete;                              /* the input may end here */
    bool begun; /* a first byte has come; zstd: the frame's header is through */
    bool ended; /* a member, frame or stream has; what follows begins another */
};

/* decode_stage.c: malloc below the codec's cost, NULL beyond it; and free. `stage`, a struct
 * hr_decode_stage, is the opaque pointer that the codec's library passes on. */
void *hr__decode_stage_allocate(void *stage, size_t size);
void hr__decode_stage_release(void *stage, void *memory);

#endif
