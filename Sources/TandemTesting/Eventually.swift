/// What was waited for did not happen in time.
public struct TooLate: Error {
    /// A failure without details.
    public init() {}
}

/// Waits until something is so, looking every few milliseconds: for what tells nobody when it changes.
/// - Throws: ``TooLate``; what the condition throws.
public func eventually(within limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw TooLate() }
        try await Task.sleep(for: .milliseconds(10))
    }
}
