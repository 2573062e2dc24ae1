/* Where redirects have led a call. */
#ifndef HR_NET_HTTP_ROUTE_H
#define HR_NET_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <headrace/http_client.h>

#include "redirect.h"

struct hr_call_route {
    /* Of the next attempt. What one redirect has taken away no later one brings back: an origin
     * that a request was led to must not choose what the first one is sent with its
     * credentials. */
    struct hr_redirect_step step;
    struct hr_http_field *fields; /* the request's that go along */
    size_t field_count;
    uint32_t followed;
    bool pending; /* the response that led there is still being received */
    char asked[sizeof((struct hr_redirect_step *)0)->url]; /* what was asked, where it had to be
                                                              resolved */
};

#endif
