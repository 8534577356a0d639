import Core
import Foundation
import Synchronization
import TandemLab
import Testing

/// What must hold of the answer to a hostile request.
struct AttackVerdict {
    let shot: AttackPlan.Shot
    let attacker: AttackScene.Attacker
    let answer: RESTAnswer
    let house: AttackScene

    /// What does not hold.
    var problems: [String] {
        var problems: [String] = []
        if let problem = status { problems.append(problem) }
        if answer.status >= 400, answer.body?["error_id"]?.string?.isEmpty != false, !answer.text.isEmpty {
            problems.append("\(answer.status) without an error id")
        }
        for text in leaks { problems.append("the answer holds \(text)") }
        if answer.headers.keys.contains("x-evil") { problems.append("a header of the client's") }
        return problems
    }

    private var isSuccess: Bool { (200..<400).contains(answer.status) }

    private var status: String? {
        // An unknown path is 404, one that is too long 414, and a body that is too large 413.
        if !shot.operation.statuses.contains(answer.status), ![404, 405, 413, 414].contains(answer.status) {
            return "the document does not know status \(answer.status)"
        }
        if answer.status >= 500 { return "status \(answer.status)" }
        guard isSuccess, shot.operation.access != nil else { return nil }
        let isRefused =
            switch attacker {
            case .nobody, .stranger: true
            case .user: !shot.operation.isForUsers && !shot.operation.path.hasPrefix("/users/me")
            // Whatever the path names belongs to somebody else.
            case .other: !shot.operation.pathNames.isEmpty && !namesItsOwn
            case .tenant, .master: false
            }
        return isRefused ? "status \(answer.status)" : nil
    }

    /// Whether the path names what belongs to the other tenant.
    private var namesItsOwn: Bool {
        [house.foreignApplication, Demo.otherSwitchboard].contains { shot.path.contains(HostileValues.encoded($0)) }
    }

    /// Texts that nobody outside may see, or not this attacker.
    private var leaks: [String] {
        var forbidden = ["root:x:0:", "secret=", "password=", "syntax error"] + house.tokens
        // Who may read the configuration sees places, and passwords masked.
        if shot.operation.path != "/config" { forbidden += ["postgresql://", house.scene.lab.state.path] }
        if [.nobody, .stranger, .other].contains(attacker) { forbidden += house.secrets }
        if [.user, .tenant].contains(attacker) { forbidden.append(AttackScene.foreignName) }
        return forbidden.filter { answer.text.contains($0) && !wasSent($0) }
    }

    /// Whether the attacker named it: an answer may repeat that.
    private func wasSent(_ text: String) -> Bool {
        if shot.path.contains(HostileValues.encoded(text)) || shot.path.contains(text) || shot.aim.contains(text) {
            return true
        }
        if case .json(let body) = shot.content { return body.text.contains(text) || "\(body)".contains(text) }
        return false
    }
}

/// What was sent and what went wrong.
final class AttackReport: Sendable {
    private struct State {
        var counts: [AttackScene.Attacker: [Int: Int]] = [:]
        var problems: [String] = []
    }
    private let state = Mutex(State())

    func count(_ attacker: AttackScene.Attacker, _ status: Int) {
        state.withLock { $0.counts[attacker, default: [:]][status, default: 0] += 1 }
    }

    func add(_ problem: String) { state.withLock { $0.problems.append(problem) } }

    var problems: [String] { state.withLock { $0.problems } }

    /// How many requests of whom were answered how.
    var summary: String {
        state.withLock { state in
            let total = state.counts.values.flatMap(\.values).reduce(0, +)
            let parts = AttackScene.Attacker.allCases.map { attacker in
                let statuses = (state.counts[attacker] ?? [:]).sorted { $0.key < $1.key }
                return "\(attacker.rawValue): \(statuses.map { "\($0.value) × \($0.key)" }.joined(separator: ", "))"
            }
            return "\(total) requests, \(state.problems.count) problems; \(parts.joined(separator: "; "))"
        }
    }
}

/// What nobody without a right may change.
struct StateOfTheHouse: Equatable {
    var channels: Set<String>
    var counts: [String]
    var messages: [String]

    static func look(at house: AttackScene) async throws -> StateOfTheHouse {
        let scene = house.scene
        let tables = ["userfeatures", "voicemail", "switchboard", "extensions", "linefeatures", "context"]
        var counts: [String] = []
        for table in tables { counts.append(try await scene.database.value("SELECT count(*) FROM \(table)") ?? "") }
        let own = "SELECT count(*) FROM application WHERE tenant_uuid = '\(Demo.tenant)'"
        counts.append(try await scene.database.value(own) ?? "")
        return StateOfTheHouse(
            channels: Set(try await scene.ari.channels().compactMap { $0["id"]?.string }),
            counts: counts,
            messages: try await scene.messages(as: try await scene.jack())
        )
    }
}

extension AttackScene {
    /// The log of an attack: no token, no control character, nothing that calls for help, and not a line for each request.
    func logIsClean(after duration: Duration) {
        let text = (try? String(contentsOf: scene.tandem.log, encoding: .utf8)) ?? ""
        #expect(!text.isEmpty)
        for token in tokens { #expect(!text.contains(token), "a token is in the log") }
        let controls = text.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" || (0x7F...0x9F).contains($0.value) }
        #expect(controls.isEmpty, "control characters are in the log")
        let lines = text.split(separator: "\n")
        let alarms = lines.filter { $0.contains("CRITICAL") || $0.contains("Fatal") }
        #expect(alarms.isEmpty, "\(alarms.prefix(3))")
        let loud = lines.filter { $0.contains("(WARNING)") || $0.contains("(ERROR)") }
        let refusals = lines.filter { $0.contains(" error_id=") && $0.contains("(tandem.rest)") }
        #expect(
            !refusals.isEmpty && refusals.count < 5 + Int(duration.components.seconds) * 2,
            "\(refusals.count) refusals"
        )
        print("attack: \(lines.count) lines of log, \(loud.count) of them warnings and errors")
        #expect(Double(loud.count) < 20 + 5 * Double(duration.components.seconds), "\(loud.suffix(3))")
    }
}
