public import Core

/// Turns failures of manager actions into what clients are told (contract 00 §5.5).
public struct ManagerFailures: Sendable, Hashable {
    /// The `amid` part of the settings: `{host, port, timeout}`, shown in the details.
    public let configuration: JSONValue

    /// - Parameters:
    ///   - host: Where amid, or Asterisk itself, is asked.
    ///   - port: Its port.
    ///   - timeout: Seconds that an action may take.
    public init(host: String, port: Int, timeout: Double) {
        configuration = ["host": .string(host), "port": .integer(Int64(port)), "timeout": .number(timeout)]
    }

    /// 503 `wazo-amid-error`.
    /// - Parameter parameters: `original_parameters`, where the contract of the route has them.
    public func failure(for cause: ManagerFailure, parameters: JSONValue? = nil) -> Failure {
        var details: [String: JSONValue] = [
            "wazo_amid_config": configuration, "original_error": .string(cause.description),
        ]
        details["original_parameters"] = parameters
        return Failure(
            status: 503,
            errorID: "wazo-amid-error",
            message: "wazo-amid request error",
            details: details
        )
    }
}
