import Core

/// A measurement for collectd (contract 00 §6.5).
public struct CollectdMeasurement: Sendable, Hashable {
    /// For instance `channels`.
    public var plugin: String
    /// For instance `global`.
    public var pluginInstance: String
    /// `counter` or `gauge`.
    public var type: String
    /// For instance `created`.
    public var typeInstance: String
    /// The value.
    public var value: Double
    /// `collectd.channels` or `collectd.calls`.
    public var routingKey: String
    /// `text/collectd` for channel counters, `text/plain` for call statistics.
    public var contentType: String

    /// A counter of channels: `created` or `ended`.
    public static func channels(_ what: String) -> CollectdMeasurement {
        CollectdMeasurement(
            plugin: "channels",
            pluginInstance: "global",
            type: "counter",
            typeInstance: what,
            value: 1,
            routingKey: "collectd.channels",
            contentType: "text/collectd"
        )
    }

    /// A statistic of calls of a Stasis application.
    /// - Parameters:
    ///   - type: `counter` or `gauge`.
    ///   - what: `start`, `connect`, `end`, `abandoned` or `duration`.
    ///   - value: 1, or seconds for `duration`.
    public static func calls(
        application: String,
        instance: String?,
        type: String,
        _ what: String,
        value: Double = 1
    ) -> CollectdMeasurement {
        CollectdMeasurement(
            plugin: "calls",
            pluginInstance: ([application] + (instance.map { [$0] } ?? [])).map(word).joined(separator: "."),
            type: type,
            typeInstance: what,
            value: value,
            routingKey: "collectd.calls",
            contentType: "text/plain"
        )
    }

    /// Only ASCII letters, digits and `-` may stay; a word of which nothing stays is `<unknown>`.
    private static func word(_ text: String) -> String {
        let kept = text.keeping { $0.isWordOfASCII || $0 == "-" }
        return kept.isEmpty ? "<unknown>" : kept
    }

    /// The message; `host` is the system's uuid.
    public func message(host: String) -> BusMessage {
        let number = value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
        return BusMessage(
            resource: "collectd",
            routingKey: routingKey,
            headers: [:],
            body: "PUTVAL \(host)/\(plugin)-\(pluginInstance)/\(type)-\(typeInstance) interval=10 N:\(number)",
            contentType: contentType
        )
    }
}
