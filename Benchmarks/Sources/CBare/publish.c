#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "bare.h"

enum { channel = 1, header_count = 8 };

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void text_header(amqp_table_entry_t *entry, const char *key, const char *value) {
    entry->key = amqp_cstring_bytes(key);
    entry->value.kind = AMQP_FIELD_KIND_UTF8;
    entry->value.value.bytes = amqp_cstring_bytes(value);
}

static void fill_headers(amqp_table_entry_t *entries) {
    text_header(&entries[0], "name", "switchboard_queued_calls_updated");
    text_header(&entries[1], "origin_uuid", "00000000-0000-4000-8000-000000000000");
    text_header(&entries[2], "required_access", "event.switchboard_queued_calls_updated");
    text_header(&entries[3], "required_acl", "events.switchboards.s1.calls.queued.updated");
    text_header(&entries[4], "switchboard_uuid", "30000000-0000-4000-8000-000000000001");
    text_header(&entries[5], "tenant_uuid", "10000000-0000-4000-8000-000000000001");
    text_header(&entries[6], "timestamp", "2026-11-23T13:00:00.000000");
    entries[7].key = amqp_cstring_bytes("user_uuid:*");
    entries[7].value.kind = AMQP_FIELD_KIND_BOOLEAN;
    entries[7].value.value.boolean = 1;
}

// Reads frames until everything up to `wanted` is confirmed. `confirmed` counts acknowledged messages; the broker
// acknowledges an unrouted message in order, so that counting is enough.
static int wait_for_confirms(amqp_connection_state_t connection, uint64_t wanted, uint64_t *confirmed) {
    while (*confirmed < wanted) {
        amqp_frame_t frame;
        struct timeval limit = {10, 0};
        if (amqp_simple_wait_frame_noblock(connection, &frame, &limit) != AMQP_STATUS_OK) return -1;
        if (frame.frame_type != AMQP_FRAME_METHOD) continue;
        if (frame.payload.method.id != AMQP_BASIC_ACK_METHOD) return -1;
        amqp_basic_ack_t *ack = frame.payload.method.decoded;
        if (ack->multiple) *confirmed = ack->delivery_tag;
        else *confirmed += 1;
    }
    return 0;
}

static double publish_all(amqp_connection_state_t connection, int count, int batch, const char *body) {
    amqp_table_entry_t entries[header_count];
    fill_headers(entries);
    amqp_basic_properties_t properties;
    memset(&properties, 0, sizeof properties);
    properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
        AMQP_BASIC_CONTENT_ENCODING_FLAG | AMQP_BASIC_HEADERS_FLAG;
    properties.content_type = amqp_cstring_bytes("application/json");
    properties.content_encoding = amqp_cstring_bytes("utf-8");
    properties.delivery_mode = 2;
    properties.headers.num_entries = header_count;
    properties.headers.entries = entries;

    uint64_t sent = 0, confirmed = 0;
    double start = now();
    while (sent < (uint64_t)count) {
        for (int i = 0; i < batch; i++, sent++) {
            int status = amqp_basic_publish(connection, channel, amqp_cstring_bytes("wazo-headers"),
                amqp_cstring_bytes("switchboards.s1.calls.queued.updated"), 0, 0, &properties,
                amqp_cstring_bytes(body));
            if (status != AMQP_STATUS_OK) return -1;
        }
        if (wait_for_confirms(connection, sent, &confirmed) != 0) return -1;
        amqp_maybe_release_buffers(connection);
    }
    return now() - start;
}

double bare_publish(const char *host, int port, int count, int batch, const char *body) {
    amqp_connection_state_t connection = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(connection);
    double seconds = -1;
    if (socket && amqp_socket_open(socket, host, port) == AMQP_STATUS_OK) {
        amqp_rpc_reply_t reply =
            amqp_login(connection, "/", 0, 131072, 30, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
        if (reply.reply_type == AMQP_RESPONSE_NORMAL && amqp_channel_open(connection, channel)) {
            amqp_exchange_declare(connection, channel, amqp_cstring_bytes("wazo-headers"),
                amqp_cstring_bytes("headers"), 0, 1, 0, 0, amqp_empty_table);
            amqp_confirm_select(connection, channel);
            seconds = publish_all(connection, count, batch, body);
        }
        amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
    }
    amqp_destroy_connection(connection);
    return seconds;
}
