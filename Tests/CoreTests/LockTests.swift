import Foundation
import Testing

/// Cancelling a task holds a lock of the task's own while `onCancel` runs, and waking the task takes that lock. So a
/// task that is woken or cancelled while a lock is held, which its `onCancel` takes, stops two threads for ever.
@Suite("The sources wake nobody while they hold a lock")
struct LockTests {
    private static let wakes = #"\.(resume|resolve|yield|finish|cancel)\((\)|returning:|throwing:|with:|\w+\))"#
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources").standardized

    /// Lines between the braces after each `withLock` that wake or cancel somebody.
    static func findings(in text: String) throws -> [String] {
        let wakes = try NSRegularExpression(pattern: wakes)
        var found: [String] = []
        for beginning in text.ranges(of: "withLock") {
            var depth = 0
            var body = ""
            // `withLockedValue` as well. A closure, or nothing that holds a lock: a declaration, for instance.
            let rest = text[beginning.upperBound...].drop(while: \.isLetter)
            guard rest.prefix(3).contains("{") else { continue }
            for character in rest {
                if character == "{" { depth += 1 }
                if character == "}" { depth -= 1 }
                body.append(character)
                if depth == 0, character == "}" { break }
            }
            for line in body.split(separator: "\n") {
                let line = line.trimmingCharacters(in: .whitespaces)
                let range = NSRange(line.startIndex..., in: line)
                if wakes.firstMatch(in: line, range: range) != nil { found.append(line) }
            }
        }
        return found
    }

    @Test("no lock is held while a task is woken or cancelled")
    func sources() throws {
        var count = 0
        for case let path as String in FileManager.default.enumerator(atPath: Self.sources.path) ?? .init()
        where path.hasSuffix(".swift") {
            let text = try String(contentsOf: Self.sources.appending(path: path), encoding: .utf8)
            count += text.ranges(of: "withLock").count
            for line in try Self.findings(in: text) { Issue.record("\(path): \(line)") }
        }
        #expect(count > 300, "the sources are where this test looks for them")
    }

    @Test(
        "each way of waking is found",
        arguments: [
            "state.withLock { $0.waiter?.resume() }",
            "state.withLock { state in\n  state.waiter?.resume(returning: 1)\n}",
            "state.withLock({ for waiter in $0.waiters { waiter.yield(true) } })",
            "state.withLock { state in\n  if a { b }\n  state.stream.finish()\n}",
            "state.withLock { $0.timer.cancel() }", "pairs.withLockedValue { $0.waiter?.resume() }",
            "state.withLock { $0.reply.resolve(with: x) }",
        ]
    )
    func found(text: String) throws { #expect(try Self.findings(in: text).count == 1) }

    @Test("waking after the lock is not found")
    func notFound() throws {
        #expect(try Self.findings(in: "let waiter = state.withLock { $0.waiter }\nwaiter?.resume()") == [])
        #expect(try Self.findings(in: "state.withLock { $0.waiter.take() }?.resume(throwing: reason)") == [])
    }
}
