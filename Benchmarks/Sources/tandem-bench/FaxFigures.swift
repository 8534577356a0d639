import Core
import Foundation
import TandemLab
import TandemTesting

/// Sent faxes in `tandem serve` on the lab: conversions of one page at once, and what they leave of the server for others.
enum FaxFigures {
    private static let documents = 20
    private static let idleRequests = 1_000
    /// A number of the lab that is busy: nothing is transmitted, which would be Asterisk's work.
    private static let path = "/faxes?context=default&extension=411"

    static func measure() async throws -> [Figure] {
        let environment = try LabEnvironment()
        let spool = try environment.makeFolder("bench-faxes")
        let tandem = try TandemProcess(
            environment,
            overrides: ["log_level": "warning", "faxes": ["sent_folder": .string(spool.path)]]
        )
        try await tandem.start()
        do {
            let token = try await tandem.createToken(tenant: Demo.tenant, acl: ["calld.#"])
            let rest = tandem.rest.with(token: token)
            _ = try await eventually("Asterisk is connected", within: .seconds(30)) {
                let status = try await rest.get("/status").body
                return status?["ari"]?["status"] == "ok" && status?["manager"]?["status"] == "ok" ? true : nil
            }
            let figures = try await figures(rest)
            await tandem.terminate()
            return figures
        } catch {
            let log = tandem.logTail(20)
            await tandem.terminate()
            throw BenchFailure("\(error)\n\(log)")
        }
    }

    private static func figures(_ rest: RESTClient) async throws -> [Figure] {
        Bench.say("  \(documents) conversions at once, \(Meter.rounds) times")
        let document = PDFDocument.make(pages: 1)
        // The first request opens the connection.
        _ = try await milliseconds(rest)
        var idle: [Double] = []
        for _ in 0..<idleRequests { idle.append(try await milliseconds(rest)) }
        var seconds: [Double] = []
        var busy: [Double] = []
        for _ in 0..<Meter.rounds {
            let (time, waits) = try await round(rest, document)
            seconds.append(time)
            busy += waits
            try await clear(rest)
        }
        return [
            Figure(
                "\(documents) conversions of one page at once, all dialled",
                Meter.middle(seconds) * 1_000,
                .milliseconds
            ),
            Figure("GET /1.0/faxes meanwhile, p50", part(0.5, of: busy), .milliseconds),
            Figure("  p99", part(0.99, of: busy), .milliseconds, note: "\(busy.count) requests"),
            Figure("  idle, p50", part(0.5, of: idle), .milliseconds),
            Figure("  idle, p99", part(0.99, of: idle), .milliseconds),
        ]
    }

    private static func part(_ part: Double, of values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]
    }

    // MARK: A round

    private enum Work: Sendable {
        case sent(seconds: Double)
        case asked([Double])
    }

    /// Sends all at once while one client asks for something else, request after request.
    private static func round(_ rest: RESTClient, _ document: Data) async throws -> (seconds: Double, waits: [Double]) {
        try await withThrowingTaskGroup(of: Work.self) { group in
            group.addTask { .sent(seconds: try await sendAll(rest, document)) }
            group.addTask { .asked(try await ask(rest)) }
            var seconds = 0.0
            var waits: [Double] = []
            for try await work in group {
                switch work {
                case .sent(let time):
                    seconds = time
                    group.cancelAll()
                case .asked(let times): waits = times
                }
            }
            return (seconds, waits)
        }
    }

    private static func sendAll(_ rest: RESTClient, _ document: Data) async throws -> Double {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<documents {
                group.addTask {
                    let answer = try await rest.send(
                        "POST",
                        path,
                        bytes: document,
                        mediaType: "application/pdf",
                        within: .seconds(120)
                    )
                    guard answer.status == 201 else { throw BenchFailure("a fax: \(answer.status) \(answer.text)") }
                }
            }
            try await group.waitForAll()
        }
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// Milliseconds of each request until it is cancelled.
    private static func ask(_ rest: RESTClient) async throws -> [Double] {
        var times: [Double] = []
        while !Task.isCancelled {
            do {
                times.append(try await milliseconds(rest))
            } catch {
                if Task.isCancelled { break }
                throw error
            }
        }
        return times
    }

    private static func milliseconds(_ rest: RESTClient) async throws -> Double {
        let start = ContinuousClock.now
        let answer = try await rest.get("/faxes?limit=1")
        guard answer.status == 200 else { throw BenchFailure("a list: \(answer.status) \(answer.text)") }
        return (ContinuousClock.now - start) / .milliseconds(1)
    }

    /// Waits until every fax has found its number busy, and removes them.
    private static func clear(_ rest: RESTClient) async throws {
        let ids = try await eventually("every fax has ended", within: .seconds(120)) { () -> [String]? in
            let faxes = try await rest.get("/faxes").body?["items"]?.array ?? []
            return faxes.allSatisfy { $0["ended_at"]?.string != nil } ? faxes.compactMap { $0["id"]?.string } : nil
        }
        for id in ids { _ = try await rest.delete("/faxes/\(id)") }
    }
}
