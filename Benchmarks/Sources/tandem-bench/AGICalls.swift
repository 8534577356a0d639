import CAGI
import Foundation

/// One run of calls by a child process, and what it says about them.
struct AGICalls {
    /// What a run found.
    struct Figures: Sendable {
        var calls = 0
        var failed = 0
        /// Held calls that ended well.
        var heldEnded = 0
        var perSecond = 0.0
        /// Milliseconds from connect to close.
        var median = 0.0
        var high = 0.0
    }

    private let port: Int32
    private let width: Int32
    private let milliseconds: Int32
    private let held: Int32
    private let users: Int32
    private let record: String?

    /// - Parameter arguments: port, calls at once, milliseconds, held calls, users (0: the cheapest script), and a
    ///   file for the first call's commands or nothing.
    init(_ arguments: [String]) throws {
        let numbers = arguments.prefix(5).compactMap { Int32($0) }
        guard numbers.count == 5 else { throw BenchFailure("agi-caller: five numbers are needed") }
        (port, width, milliseconds) = (numbers[0], numbers[1], numbers[2])
        (held, users) = (numbers[3], numbers[4])
        record = arguments[5].isEmpty ? nil : arguments[5]
    }

    /// Makes them and prints the figures, in the order of `read`.
    func run() async throws {
        var figures = agi_figures()
        let status = record.withOptionalCString { record in
            var calls = agi_calls(
                port: port,
                width: width,
                milliseconds: milliseconds,
                held: held,
                users: users,
                record: record
            )
            return agi_call(&calls, &figures)
        }
        guard status == 0 else { throw BenchFailure("the calls could not be made") }
        let rate = Double(figures.calls) / figures.seconds
        print(figures.calls, figures.failed, figures.held_ended, rate, figures.median, figures.high)
    }

    /// Reads what `run` printed.
    static func read(_ text: String) throws -> Figures {
        let words = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard words.count == 6 else { throw BenchFailure("AGI calls failed: \(text)") }
        return Figures(
            calls: Int(words[0]),
            failed: Int(words[1]),
            heldEnded: Int(words[2]),
            perSecond: words[3],
            median: words[4],
            high: words[5]
        )
    }
}

extension String? {
    fileprivate func withOptionalCString<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let self else { return body(nil) }
        return self.withCString { body($0) }
    }
}
