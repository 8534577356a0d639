/// Asks again and again until the answer is there: for states that no event announces.
/// - Parameters:
///   - what: What is waited for, for the failure's text.
///   - limit: How long.
/// - Throws: ``LabFailure/tooLate(_:)``; errors of `question` are asked again until then.
public func eventually<Answer: Sendable>(
    _ what: String,
    within limit: Duration = .seconds(10),
    _ question: @Sendable () async throws -> Answer?
) async throws -> Answer {
    let deadline = ContinuousClock.now + limit
    var lastError: (any Error)?
    repeat {
        do {
            if let answer = try await question() { return answer }
            lastError = nil
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            lastError = error
        }
        try await Task.sleep(for: .milliseconds(50))
    } while ContinuousClock.now < deadline
    throw LabFailure.tooLate("\(what): not within \(limit)\(lastError.map { ", \($0)" } ?? "")")
}
