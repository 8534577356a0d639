#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <amqp_framing.h>

/* amqp_login is variadic, which Swift cannot call. The capability asks the broker to tell when a queue that we
   consume from is deleted; librabbitmq 0.11 does not ask by itself. */
static inline amqp_rpc_reply_t tandem_amqp_login(
    amqp_connection_state_t connection, const char *vhost, int heartbeat_seconds,
    const char *user, const char *password)
{
    amqp_table_entry_t capability;
    amqp_table_entry_t property;
    amqp_table_t properties = {1, &property};
    capability.key = amqp_cstring_bytes("consumer_cancel_notify");
    capability.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    capability.value.value.boolean = 1;
    property.key = amqp_cstring_bytes("capabilities");
    property.value.kind = AMQP_FIELD_KIND_TABLE;
    property.value.value.table.num_entries = 1;
    property.value.value.table.entries = &capability;
    return amqp_login_with_properties(
        connection, vhost, 0, 131072, heartbeat_seconds, &properties, AMQP_SASL_METHOD_PLAIN, user, password);
}
