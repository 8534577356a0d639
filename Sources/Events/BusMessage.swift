public import Core
public import Foundation

/// A message as it goes to the broker: complete, so that it can wait in the outbox through a restart.
public struct BusMessage: Sendable, Hashable {
    /// What keeps its order, see ``BusEvent/resource``.
    public var resource: String
    /// Dotted routing key.
    public var routingKey: String
    /// AMQP headers; strings and booleans.
    public var headers: [String: JSONValue]
    /// The body; JSON text unless ``contentType`` says otherwise.
    public var body: String
    /// The body's type; the outbox stores JSON only.
    public var contentType: String

    /// A message with all its parts.
    public init(
        resource: String,
        routingKey: String,
        headers: [String: JSONValue],
        body: String,
        contentType: String = "application/json"
    ) {
        self.contentType = contentType
        self.resource = resource
        self.routingKey = routingKey
        self.headers = headers
        self.body = body
    }
}

/// Puts events into the platform's envelope (contract 00 §6.1): the same keys as AMQP headers and at
/// the top level of the body, plus `data`.
public struct BusEnvelope: Sendable {
    private let origin: @Sendable () -> String
    private let timeZone: TimeZone

    /// - Parameters:
    ///   - origin: The system's uuid, `origin_uuid` of every event; read anew for each, since a server may
    ///     learn it from a database that is not there yet when it starts.
    ///   - timeZone: The zone of the `timestamp` header, which is local time without an offset.
    public init(origin: @escaping @Sendable @autoclosure () -> String, timeZone: TimeZone = .current) {
        self.origin = origin
        self.timeZone = timeZone
    }

    /// The message of an event that happened at `date`.
    public func message(for event: BusEvent, at date: Date) -> BusMessage {
        var headers = event.attributes
        headers["name"] = .string(event.name)
        headers["origin_uuid"] = .string(origin())
        headers["timestamp"] = .string(timestamp(date))
        headers["required_access"] = .string("event.\(event.name)")
        headers["required_acl"] = .string(event.requiredACL ?? "events.\(event.routingKey)")
        switch event.audience {
        case .tenant(let tenant):
            headers["tenant_uuid"] = .string(tenant.rawValue)
            headers["user_uuid:*"] = true
        case .user(let tenant, let user):
            headers["tenant_uuid"] = .string(tenant.rawValue)
            if let user { headers["user_uuid:\(user)"] = true }
        case .users(let tenant, let users):
            headers["tenant_uuid"] = .string(tenant.rawValue)
            for user in users { headers["user_uuid:\(user)"] = true }
        case .service:
            break
        }
        var body = headers
        body["data"] = event.data
        return BusMessage(
            resource: event.resource,
            routingKey: event.routingKey,
            headers: headers,
            body: JSONValue.object(body).text
        )
    }

    /// Local ISO 8601 with microseconds and no offset, as the platform's services write it.
    private func timestamp(_ date: Date) -> String {
        let offset = TimeInterval(timeZone.secondsFromGMT(for: date))
        let microseconds = Int64(((date.timeIntervalSince1970 + offset) * 1_000_000).rounded(.down))
        let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        var text: [UInt8] = []
        text.reserveCapacity(26)
        func write(_ value: some BinaryInteger, _ width: Int, _ separator: Unicode.Scalar?) {
            var unit = (1..<width).reduce(1) { unit, _ in unit * 10 }
            while unit > 0 {
                text.append(UInt8(ascii: "0") + UInt8(Int(value) / unit % 10))
                unit /= 10
            }
            if let separator { text.append(UInt8(ascii: separator)) }
        }
        write(parts.tm_year + 1_900, 4, "-")
        write(parts.tm_mon + 1, 2, "-")
        write(parts.tm_mday, 2, "T")
        write(parts.tm_hour, 2, ":")
        write(parts.tm_min, 2, ":")
        write(parts.tm_sec, 2, ".")
        write(fraction, 6, nil)
        return String(decoding: text, as: UTF8.self)
    }
}
