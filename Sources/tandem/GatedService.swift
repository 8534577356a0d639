import ServiceLifecycle

/// A service that starts when a gate opens.
struct GatedService<Inner: Service>: Service, CustomStringConvertible {
    /// The type alone: the log names each service that starts, and members may hold secrets.
    var description: String { "GatedService" }

    private let inner: Inner
    private let gate: @Sendable () async -> Void

    init(_ inner: Inner, behind gate: @escaping @Sendable () async -> Void) {
        self.inner = inner
        self.gate = gate
    }

    func run() async throws {
        await gate()
        try await inner.run()
    }
}
