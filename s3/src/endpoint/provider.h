/* Stores that differ from S3 where this client would notice: one table. Pure.
 * Source: backend/s3/provider of rclone (Aug 2026), cut down to what has an effect here. */
#ifndef HR_S3_PROVIDER_H
#define HR_S3_PROVIDER_H

#include "endpoint.h"

/* Differences, each off at AWS but the first, which is its default anyhow. */
struct hr__quirks {
    bool virtual_host; /* buckets stand in the host, where `addressing` says nothing */
    bool plain_keys;   /* listings are not asked for with encoding-type=url */
    bool opaque_etag;  /* the ETag of an upload in parts is not the MD5 of their MD5s */
    /* For the checksums of bodies that are sent. */
    bool no_checksums; /* they go along only where S3 wants one, or the request does */
    bool no_trailer;   /* none behind a body (aws-chunked) */
};

/* The quirks of `given`: a provider's name, words of quirks, or both, with commas between them
 * ("ceph", "other,plain-keys"); NULL: of the provider whose host the endpoint has. -EINVAL: a word
 * is neither, and the error has those that are. */
int hr__provider_quirks(const char *given, const struct hr__endpoint *endpoint,
                        struct hr_error *error, struct hr__quirks *quirks);

#endif
