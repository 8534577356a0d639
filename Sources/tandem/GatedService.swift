import ServiceLifecycle

/// A service that starts when a gate opens, and never if the server stops before.
struct GatedService: Service, CustomStringConvertible {
    /// The type alone: the log names each service that starts, and members may hold secrets.
    var description: String { "GatedService" }

    private let inner: any Service
    private let gate: @Sendable () async -> Void

    /// - Parameter gate: Returns when the gate is open, or at once when its task is cancelled.
    init(_ inner: any Service, behind gate: @escaping @Sendable () async -> Void) {
        self.inner = inner
        self.gate = gate
    }

    func run() async throws {
        let isOpen = await cancelWhenGracefulShutdown {
            await gate()
            return !Task.isCancelled
        }
        if isOpen { try await inner.run() }
    }
}
