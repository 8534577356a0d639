import CRabbitMQ
import Core
import Events
import Foundation
import Glibc

/// A connection to RabbitMQ with one open channel. Every call blocks: it belongs to one dedicated thread.
final class AMQPConnection {
    let state: amqp_connection_state_t
    static let channel: amqp_channel_t = 1

    /// Connects, logs in, opens the channel and declares the exchange.
    /// - Throws: `BusFailure.unreachable`.
    init(_ configuration: BusConfiguration) throws {
        guard let state = amqp_new_connection(), let socket = amqp_tcp_socket_new(state) else {
            throw BusFailure.unreachable("out of memory")
        }
        self.state = state
        var limit = Self.timeval(configuration.timeout)
        let status = amqp_socket_open_noblock(socket, configuration.host, Int32(configuration.port), &limit)
        guard status == AMQP_STATUS_OK.rawValue else {
            throw BusFailure.unreachable("\(configuration.host):\(configuration.port): \(Self.text(status))")
        }
        amqp_set_handshake_timeout(state, &limit)
        amqp_set_rpc_timeout(state, &limit)
        try check(
            tandem_amqp_login(
                state,
                configuration.virtualHost,
                Int32(configuration.heartbeat),
                configuration.username,
                configuration.password
            ),
            "log in"
        )
        amqp_channel_open(state, Self.channel)
        try check(amqp_get_rpc_reply(state), "open a channel")
        let arena = AMQPArena()
        amqp_exchange_declare(
            state,
            Self.channel,
            arena.bytes(configuration.exchange),
            arena.bytes(configuration.exchangeType),
            0,
            configuration.isDurable ? 1 : 0,
            0,
            0,
            amqp_table_t()
        )
        try check(amqp_get_rpc_reply(state), "declare the exchange")
    }

    deinit {
        amqp_destroy_connection(state)
    }

    /// Says goodbye to the broker.
    func close() {
        _ = amqp_connection_close(state, AMQP_REPLY_SUCCESS)
    }

    /// Tells the broker that we are there, for a thread that does something else than to read or write.
    /// - Throws: `BusFailure.unreachable` when the connection is gone.
    func beat() throws {
        var frame = amqp_frame_t()
        frame.frame_type = UInt8(AMQP_FRAME_HEARTBEAT)
        frame.channel = 0
        let status = amqp_send_frame(state, &frame)
        guard status == AMQP_STATUS_OK.rawValue else {
            throw BusFailure.unreachable("connection lost: \(Self.text(status))")
        }
    }

    /// - Throws: `BusFailure` when the reply is not a normal one.
    func check(_ reply: amqp_rpc_reply_t, _ what: String) throws {
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return
        case AMQP_RESPONSE_SERVER_EXCEPTION: throw BusFailure.refused("cannot \(what): \(Self.reason(reply.reply))")
        default: throw BusFailure.unreachable("cannot \(what): \(Self.text(reply.library_error))")
        }
    }

    /// Takes a frame that came where a delivery was expected: the broker closed the channel, or cancelled the
    /// consumer because the queue was deleted.
    /// - Throws: `BusFailure` for each of these; anything else is passed over.
    func skipFrame() throws {
        var frame = amqp_frame_t()
        let status = amqp_simple_wait_frame(state, &frame)
        guard status == AMQP_STATUS_OK.rawValue else {
            throw BusFailure.unreachable("connection lost: \(Self.text(status))")
        }
        guard frame.frame_type == AMQP_FRAME_METHOD else { return }
        switch frame.payload.method.id {
        case AMQP_CHANNEL_CLOSE_METHOD, AMQP_CONNECTION_CLOSE_METHOD:
            throw BusFailure.refused("the broker closed the channel: \(Self.reason(frame.payload.method))")
        case AMQP_BASIC_CANCEL_METHOD: throw BusFailure.refused("the queue was deleted")
        default: return
        }
    }

    static func text(_ status: Int32) -> String {
        amqp_error_string2(status).map { String(cString: $0) } ?? "error \(status)"
    }

    private static func reason(_ method: amqp_method_t) -> String {
        guard let decoded = method.decoded else { return "no reason given" }
        switch method.id {
        case AMQP_CONNECTION_CLOSE_METHOD:
            return decoded.assumingMemoryBound(to: amqp_connection_close_t.self).pointee.reply_text.text
        case AMQP_CHANNEL_CLOSE_METHOD:
            return decoded.assumingMemoryBound(to: amqp_channel_close_t.self).pointee.reply_text.text
        default: return "method \(method.id)"
        }
    }

    static func timeval(_ seconds: Double) -> Glibc.timeval {
        Glibc.timeval(tv_sec: Int(seconds), tv_usec: Int((seconds - seconds.rounded(.down)) * 1_000_000))
    }
}
