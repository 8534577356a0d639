import ServiceLifecycle

/// A service that starts when a gate opens.
struct GatedService<Inner: Service>: Service {
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
