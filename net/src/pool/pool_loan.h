/* Places for connections, lent between reactors. */
#ifndef HR_NET_POOL_LOAN_H
#define HR_NET_POOL_LOAN_H

#include "pool.h"

/* Asks a reactor that holds places for this origin for one. -ENOMEM. */
int hr__loan_ask(struct hr_origin *origin);
/* Whether the connection that is being opened is to be on a loan. */
bool hr__loan_use(struct hr_origin *origin);
/* A place goes back to where it is from. */
void hr__loan_return(struct hr_origin *origin);
/* Since when the first loan waits here; UINT64_MAX: none does. */
uint64_t hr__loan_first_ns(const struct hr_origin *origin);
/* There is a place for the first one. */
void hr__loan_grant(struct hr_origin *origin);
/* This reactor has no places of the origin any more: those that wait here ask another one. */
void hr__loans_move(struct hr_origin *origin);
/* The shard closes: nobody waits here any more. */
void hr__loans_refuse(struct hr_pool_shard *shard);

#endif
