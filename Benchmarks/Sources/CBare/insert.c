#include <postgresql/libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "bare.h"

enum { most_connections = 16 };

struct work {
    PGconn *connection;
    int count;
    const char *headers;
    const char *body;
    int failed;
};

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void *insert(void *argument) {
    struct work *work = argument;
    const char *values[] = {"switchboard:s1", "switchboards.s1.calls.queued.updated", work->headers, work->body};
    for (int i = 0; i < work->count && !work->failed; i++) {
        PGresult *result = PQexecPrepared(work->connection, "insert", 4, values, NULL, NULL, 0);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) work->failed = 1;
        PQclear(result);
    }
    return NULL;
}

static int open_connection(struct work *work, const char *conninfo) {
    work->connection = PQconnectdb(conninfo);
    if (PQstatus(work->connection) != CONNECTION_OK) return -1;
    PGresult *result = PQprepare(work->connection, "insert",
        "INSERT INTO gateway.outbox (resource, routing_key, headers, body) VALUES ($1, $2, $3, $4)", 4, NULL);
    int failed = PQresultStatus(result) != PGRES_COMMAND_OK;
    PQclear(result);
    return failed ? -1 : 0;
}

double bare_insert(const char *conninfo, int connections, int count, const char *headers, const char *body) {
    if (connections > most_connections) return -1;
    struct work works[most_connections] = {0};
    pthread_t threads[most_connections];
    int failed = 0;
    for (int i = 0; i < connections; i++) {
        works[i] = (struct work){.count = count, .headers = headers, .body = body};
        failed |= open_connection(&works[i], conninfo);
    }
    double start = now();
    if (!failed) {
        for (int i = 0; i < connections; i++) pthread_create(&threads[i], NULL, insert, &works[i]);
        for (int i = 0; i < connections; i++) pthread_join(threads[i], NULL);
    }
    double seconds = now() - start;
    for (int i = 0; i < connections; i++) {
        failed |= works[i].failed;
        PQfinish(works[i].connection);
    }
    return failed ? -1 : seconds;
}
