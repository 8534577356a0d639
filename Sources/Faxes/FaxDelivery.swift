import Core
import Foundation
import Logging
import Processes

/// A fax as a backend gets it.
struct FaxDocument: Sendable, Hashable {
    /// Path of the TIFF in our spool.
    var tiff: String
    /// The called number.
    var number: String
    /// Recipient of mails; may be empty.
    var email: String

    /// Path of the PDF beside it: the same up to the last dot.
    var pdf: String {
        guard let (stem, ending) = tiff.halves(atLast: "."), !ending.holds(anyOf: "/") else { return tiff + ".pdf" }
        return stem + ".pdf"
    }
}

/// How an attempt ended.
enum DeliveryOutcome: Sendable, Hashable {
    case delivered
    /// The cause is one line without secrets; a permanent failure would repeat itself.
    case failed(cause: String, isPermanent: Bool)
    /// The server stops; nobody knows how far it came.
    case interrupted
}

/// Delivers faxes.
protocol FaxDelivering: Sendable {
    /// One attempt to deliver a fax to a backend.
    func deliver(_ fax: FaxDocument, to backend: String) async -> DeliveryOutcome
}

/// Why an attempt failed.
struct DeliveryFailure: Error {
    var cause: String
    var isPermanent = false
}

/// Delivers through the site's programs, with the arguments that sites know (contract 30 §8.4).
struct BackendDelivery: FaxDelivering {
    let configuration: FaxConfigurationFile
    let processes: any ProcessRunning
    /// How long each program may take.
    var limit: Duration = .seconds(60)
    let logger: Logger

    /// What the programs may know of our environment: their paths, and who they are.
    private static let environment: [String: String] = {
        let ours = ProcessInfo.processInfo.environment
        let handedOn = ["HOME", "USER", "LOGNAME", "TZ", "TMPDIR"]
        let kept = ours.filter { handedOn.contains($0.key) }
        return kept.merging(
            ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]
        ) { $1 }
    }()

    func deliver(_ fax: FaxDocument, to backend: String) async -> DeliveryOutcome {
        let configuration = configuration.current
        do {
            switch configuration.backends[backend] {
            case .mail(let mail): try await send(fax, by: mail, configuration.programs)
            case .printer(let printer): try await print(fax, on: printer, configuration.programs)
            case .ftp(let server): try await store(fax, on: server, configuration.programs)
            case .disabled(let cause): throw DeliveryFailure(cause: "disabled by a mistake: \(cause)")
            case nil: throw DeliveryFailure(cause: "not configured any more")
            }
            return .delivered
        } catch is CancellationError {
            return .interrupted
        } catch let failure as DeliveryFailure {
            return .failed(cause: failure.cause, isPermanent: failure.isPermanent)
        } catch {
            return .failed(cause: "\(error)", isPermanent: false)
        }
    }

    /// Calls `body` with the PDF of the fax, or the TIFF itself. The PDF is removed in all cases.
    func withFile(
        _ fax: FaxDocument,
        asPDF: Bool,
        _ programs: FaxConfiguration.Programs,
        _ body: (_ path: String) async throws -> Void
    ) async throws {
        guard asPDF else { return try await body(fax.tiff) }
        defer { unlink(fax.pdf) }
        try await run(programs.tiff2pdf, ["-o", fax.pdf, fax.tiff])
        try await body(fax.pdf)
    }

    /// Runs a program that must end with status 0.
    /// - Parameter secret: A text that must not be told, should the program print it.
    func run(_ program: String, _ arguments: [String], input: [UInt8] = [], secret: String = "") async throws {
        let request = ProcessRequest(
            program,
            arguments,
            input: input,
            environment: Self.environment,
            limit: limit
        )
        let outcome = try await processes.run(request)
        if outcome.isSuccess { return }
        let name = program.parts(separatedBy: "/").last ?? program
        var words = Self.lastLine(outcome.output)
        if !secret.isEmpty { words = words.replacing(text: secret, by: "****") }
        let end =
            switch outcome.end {
            case .exited(let status): "ended with status \(status)"
            case .signalled(let signal): "was ended by signal \(signal)"
            case .tookTooLong: "took longer than \(limit)"
            }
        throw DeliveryFailure(cause: "\(name) \(end)" + (words.isEmpty ? "" : ": \(words)"))
    }

    /// The last line that says something, for a log.
    private static func lastLine(_ output: [UInt8]) -> String {
        let lines = String(decoding: output, as: UTF8.self).replacing(scalars: { $0 == "\r" }, by: "\n")
            .parts(separatedBy: "\n")
        let line = lines.last { !$0.trimmed().isEmpty } ?? ""
        return String(scalars: line.keeping { !$0.isControl }.unicodeScalars.prefix(200))
    }
}
