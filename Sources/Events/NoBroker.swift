/// What publishes where a site has no broker: everything counts as published at once, so that nothing waits for a broker
/// that never comes. Clients hear of events over `GET /1.0/events`.
public struct NoBroker: EventPublishing {
    /// The bus of a site without one.
    public init() {}
    /// Always.
    public var isConnected: Bool { true }
    /// Connected, for ever.
    public func connectionStates() -> AsyncStream<Bool> {
        let (stream, continuation) = AsyncStream<Bool>.makeStream()
        continuation.yield(true)
        return stream
    }
    /// Nothing is sent.
    public func publish(_ messages: [BusMessage]) async throws {}
}
