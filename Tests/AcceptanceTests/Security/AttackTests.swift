import Core
import Foundation
import TandemLab
import TandemTesting
import Testing

/// Every operation of the API document is tried by everybody with everything hostile (docs/security.md).
@Suite(
    "Security: the whole interface under attack",
    .serialized,
    .timeLimit(.minutes(20)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct AttackTests {
    @Test("no request reaches, breaks or learns what is not the sender's")
    func attack() async throws {
        try await AttackScene.play { house in
            let tandem = house.scene.tandem
            let document = try await APIDocument(of: tandem.rest)
            #expect(document.operations.count > 120, "the document is whole")
            let process = await tandem.processID
            let before = try await StateOfTheHouse.look(at: house)
            let report = AttackReport()
            let began = ContinuousClock.now
            for attacker in AttackScene.Attacker.allCases {
                await run(attacker, on: house, document, report)
                #expect(await tandem.processID == process, "the server is still the one that was started")
                #expect(try await tandem.rest.get("/status").status == 401, "it answers")
                if ![.user, .tenant, .master].contains(attacker) {
                    let after = try await StateOfTheHouse.look(at: house)
                    #expect(after == before, "\(attacker.rawValue) changed something: \(before) \(after)")
                }
            }
            let memory = await tandem.residentMegabytes ?? 0
            #expect(memory < 600, "\(memory) MB after the attack")
            house.logIsClean(after: ContinuousClock.now - began)
            print("attack: \(report.summary), \(Int(memory)) MB, \(ContinuousClock.now - began)")
            for problem in report.problems.prefix(60) { Issue.record("\(problem)") }
        }
    }

    /// Sends everything that one attacker has, a few requests at a time.
    private func run(
        _ attacker: AttackScene.Attacker,
        on house: AttackScene,
        _ document: APIDocument,
        _ report: AttackReport
    ) async {
        let values = HostileValues(
            port: house.canaries.agi.port,
            file: house.canaries.file.path,
            foreign: [Demo.otherSwitchboard, house.foreignApplication, house.talk.kimsChannel]
        )
        await withTaskGroup(of: Void.self) { group in
            for (index, operation) in document.operations.enumerated() {
                if index >= 6 { await group.next() }
                group.addTask {
                    do {
                        let client = try house.client(attacker, at: operation)
                        let plan = AttackPlan(values: values, good: house.good(for: operation))
                        // Nobody without a right gets further with the real ids than with any others.
                        let mayAct = [.user, .tenant, .master].contains(attacker)
                        for shot in (mayAct ? [] : [plan.friendly(operation)]) + plan.shots(at: operation) {
                            try await fire(shot, attacker, client, house, report)
                        }
                    } catch {
                        report.add("\(attacker.rawValue): \(operation): \(error)")
                    }
                }
            }
        }
    }

    private func fire(
        _ shot: AttackPlan.Shot,
        _ attacker: AttackScene.Attacker,
        _ client: RESTClient,
        _ house: AttackScene,
        _ report: AttackReport
    ) async throws {
        // A stream never ends: whether it is opened is all there is to it.
        if shot.operation.path == "/events", attacker != .nobody, attacker != .stranger { return }
        let answer: RESTAnswer
        do {
            switch shot.content {
            case .none: answer = try await client.request(shot.operation.method, shot.path, within: .seconds(20))
            case .json(let body):
                answer = try await client.request(shot.operation.method, shot.path, body, within: .seconds(20))
            case .bytes(let bytes, let mediaType):
                answer = try await client.send(
                    shot.operation.method,
                    shot.path,
                    bytes: Data(bytes),
                    mediaType: mediaType
                )
            }
        } catch {
            report.add("\(attacker.rawValue): \(shot.operation) \(shot.aim): no answer, \(error)")
            return
        }
        report.count(attacker, answer.status)
        let verdict = AttackVerdict(shot: shot, attacker: attacker, answer: answer, house: house)
        for problem in verdict.problems {
            report.add("\(attacker.rawValue): \(shot.operation) \(shot.aim): \(problem): \(answer.text.prefix(300))")
        }
        if answer.status == 201 { try await undo(shot, answer, client) }
    }

    /// Takes away what a request has made: the next one finds the house as it was.
    private func undo(_ shot: AttackPlan.Shot, _ answer: RESTAnswer, _ client: RESTClient) async throws {
        guard let body = answer.body,
            let id = ["id", "uuid", "call_id", "conference_id"].compactMap({ body[$0]?.string }).first
        else { return }
        let path = shot.path.prefix { $0 != "?" }
        if path.hasSuffix("/relocates") {
            _ = try await client.put("\(path)/\(id)/cancel")
        } else if path.hasPrefix("/applications"), path.contains("/calls"), !path.hasSuffix("/snoops") {
            _ = try await client.delete(
                "\(path.split(separator: "/").prefix(2).reduce("") { "\($0)/\($1)" })/calls/\(id)"
            )
        } else {
            _ = try await client.delete("\(path)/\(id)")
        }
    }
}
