import CRabbitMQ
import Events
import Foundation
import Glibc

/// A connection in confirm mode. It belongs to the publisher's thread.
final class PublishingConnection {
    private let connection: AMQPConnection
    private let exchange: String
    private let timeout: Double
    /// Of the message that is being sent.
    private let arena = AMQPArena()
    /// Delivery tag of the last message; the broker counts from 1 once confirms are on.
    private var lastTag: UInt64 = 0
    /// Everything up to this tag is confirmed.
    private var confirmed: UInt64 = 0
    /// Confirmed tags beyond `confirmed`.
    private var ahead: Set<UInt64> = []

    /// - Throws: `BusFailure.unreachable`.
    init(_ configuration: BusConfiguration) throws {
        connection = try AMQPConnection(configuration)
        exchange = configuration.exchange
        timeout = configuration.timeout
        amqp_confirm_select(connection.state, AMQPConnection.channel)
        try connection.check(amqp_get_rpc_reply(connection.state), "turn confirms on")
    }

    func close() { connection.close() }

    /// Serves heartbeats and notices a closed connection.
    /// - Throws: `BusFailure`.
    func tick() throws {
        while try readFrame(within: 0) {}
    }

    /// Sends a message; ``awaitConfirms()`` tells whether the broker has taken it.
    /// - Throws: `BusFailure`; after it the connection must not be used any more.
    func send(_ message: BusMessage) throws {
        arena.reset()
        var properties = amqp_basic_properties_t()
        properties._flags =
            UInt32(AMQP_BASIC_CONTENT_TYPE_FLAG) | UInt32(AMQP_BASIC_DELIVERY_MODE_FLAG)
            | UInt32(AMQP_BASIC_CONTENT_ENCODING_FLAG) | UInt32(AMQP_BASIC_HEADERS_FLAG)
        properties.content_type = arena.bytes(message.contentType)
        properties.content_encoding = arena.bytes("utf-8")
        properties.delivery_mode = 2
        properties.headers = arena.table(message.headers)
        let status = amqp_basic_publish(
            connection.state,
            AMQPConnection.channel,
            arena.bytes(exchange),
            arena.bytes(message.routingKey),
            0,
            0,
            &properties,
            arena.bytes(message.body)
        )
        guard status == AMQP_STATUS_OK.rawValue else {
            throw BusFailure.unreachable("cannot publish: \(AMQPConnection.text(status))")
        }
        lastTag += 1
    }

    /// Waits for the confirms of everything that was sent.
    /// - Throws: `BusFailure`; after it the connection must not be used any more.
    func awaitConfirms() throws {
        let end = Date().addingTimeInterval(timeout)
        while confirmed < lastTag {
            let remaining = end.timeIntervalSinceNow
            guard remaining > 0 else { throw BusFailure.unreachable("no confirm within \(timeout) s") }
            _ = try readFrame(within: remaining)
        }
        amqp_maybe_release_buffers(connection.state)
    }

    /// Reads one frame, if one comes in time.
    /// - Returns: `false` when none came.
    private func readFrame(within seconds: Double) throws -> Bool {
        var frame = amqp_frame_t()
        var limit = AMQPConnection.timeval(seconds)
        let status = amqp_simple_wait_frame_noblock(connection.state, &frame, &limit)
        if status == AMQP_STATUS_TIMEOUT.rawValue { return false }
        guard status == AMQP_STATUS_OK.rawValue else {
            throw BusFailure.unreachable("connection lost: \(AMQPConnection.text(status))")
        }
        guard frame.frame_type == AMQP_FRAME_METHOD else { return true }
        switch frame.payload.method.id {
        case AMQP_BASIC_ACK_METHOD:
            let ack = frame.payload.method.decoded.assumingMemoryBound(to: amqp_basic_ack_t.self).pointee
            confirm(ack.delivery_tag, multiple: ack.multiple != 0)
        case AMQP_BASIC_NACK_METHOD: throw BusFailure.refused("negative confirm")
        case AMQP_CHANNEL_CLOSE_METHOD, AMQP_CONNECTION_CLOSE_METHOD:
            throw BusFailure.refused("the broker closed the channel")
        default: break
        }
        return true
    }

    /// The broker may confirm many at once, and out of order.
    private func confirm(_ tag: UInt64, multiple: Bool) {
        if multiple {
            confirmed = max(confirmed, tag)
            ahead = ahead.filter { $0 > confirmed }
        } else {
            ahead.insert(tag)
        }
        while ahead.remove(confirmed + 1) != nil { confirmed += 1 }
    }
}
