import API
import Access
import CallControl
import Core
import Directory
import Events
import Foundation
import Logging
import Processes
import ServiceClient
import ServiceLifecycle
import TandemTesting
import Telephony
import Voicemails

/// Voicemails: a box of 1,000 messages, first and warm, and the download of recordings (docs/voicemails.md).
enum VoicemailFigures {
    private static let messages = 1_000
    private static let soundBytes = 8 << 20

    static func measure() async throws -> [Figure] {
        let spool = FileManager.default.temporaryDirectory.appending(path: "tandem-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: spool) }
        // One box for each first reading: what was read is kept.
        for box in 0..<Meter.rounds { try fill(spool, box: "\(1_000 + box)") }
        return try await CachedIdentity.running { identity in
            let port = try await Ports.free()
            let server = try API.server(
                router: API.router(features: [voicemails(in: spool)], authorizer: Authorizer(identities: identity)),
                host: "127.0.0.1",
                port: port,
                logger: CachedIdentity.silent
            )
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                try await Ports.wait(for: port)
                let figures = try await figures(port)
                group.cancelAll()
                return figures
            }
        }
    }

    private static func figures(_ port: Int) async throws -> [Figure] {
        let transport = ServiceTransport()
        let client = ServiceClient(
            name: "voicemails",
            address: ServiceAddress(host: "127.0.0.1", port: port, version: "1.0"),
            transport: transport,
            tokens: nil,
            logger: CachedIdentity.silent
        )
        func milliseconds(_ box: Int) async throws -> Double {
            var request = ServiceRequest(.get, ["voicemails", "\(box)"])
            request.headers["X-Auth-Token"] = CachedIdentity.token
            let start = ContinuousClock.now
            let answer = try await client.send(request)
            let time = (ContinuousClock.now - start) / .milliseconds(1)
            guard answer.status == 200, answer.body.count > messages * 100 else {
                throw BenchFailure("a box: \(answer.status), \(answer.body.count) bytes")
            }
            return time
        }
        var first: [Double] = []
        for box in 0..<Meter.rounds { first.append(try await milliseconds(box)) }
        var warm: [Double] = []
        for _ in 0..<200 { warm.append(try await milliseconds(0)) }
        await transport.shutdown()
        let wrk = try Wrk(token: CachedIdentity.token)
        defer { wrk.remove() }
        let start = ContinuousClock.now
        let before = memory()
        let path = "/1.0/voicemails/0/messages/0-0/recording"
        let count = try await wrk.run(port: port, path: path)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let megabytes = Double(count) * Double(soundBytes) / 1_048_576 / seconds
        return [
            Figure("box of 1,000 messages, first", middle(first), .milliseconds, goal: .atMost(100)),
            Figure("the same, warm, p50", middle(warm), .milliseconds, goal: .atMost(30)),
            Figure("recordings of 8 MiB, 16 at once, MiB", megabytes, .perSecond, goal: .atLeast(200)),
            Figure("  memory of one at most", (memory() - before) / 16, .mebibytes, goal: .atMost(1)),
        ]
    }

    private static func middle(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// The most that this process has held so far, in MiB.
    private static func memory() -> Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (Double(line.filter(\.isNumber)) ?? 0) / 1_024
    }

    private static func fill(_ spool: URL, box: String) throws {
        let folder = spool.appending(path: "default/\(box)/INBOX")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for number in 0..<messages {
            let digits = String(number)
            let name = "msg" + String(repeating: "0", count: 4 - digits.count) + digits
            let text = """
                ;
                ; Message Information file
                ;
                [message]
                origmailbox=\(box)
                context=default
                exten=s
                rdnis=unknown
                priority=5
                callerchan=PJSIP/carrier-00000001
                callerid="Somebody \(number)" <0123456\(number)>
                origdate=Tue Nov 14 10:13:20 PM UTC 2023
                origtime=\(1_700_000_000 + number)
                category=
                msg_id=\((Int(box) ?? 0) - 1_000)-\(number)
                flag=
                duration=7

                """
            try text.write(to: folder.appending(path: name + ".txt"), atomically: false, encoding: .utf8)
        }
        try Data(count: soundBytes).write(to: folder.appending(path: "msg0000.wav"))
    }

    private static func voicemails(in spool: URL) -> Voicemails {
        var world = FakeDirectory.World()
        world.voicemails = (0..<Meter.rounds).map { box in
            VoicemailRecord(
                id: box,
                tenant: CachedIdentity.tenant,
                name: "Box \(box)",
                number: "\(1_000 + box)",
                context: "default",
                access: .personal,
                users: []
            )
        }
        return Voicemails(
            VoicemailConfiguration(spool: spool.path),
            ports: VoicemailPorts(
                directory: FakeDirectory(world),
                manager: FakeManager(),
                resource: NoResource(),
                store: InMemoryStateStore(),
                envelope: BusEnvelope(origin: ""),
                publish: { _ in },
                processes: ProcessRunner(width: 1),
                failures: AsteriskFailures(baseURL: ""),
                managerFailures: ManagerFailures(host: "", port: 0, timeout: 1),
                logger: CachedIdentity.silent
            )
        )
    }

    /// A stock Asterisk.
    private struct NoResource: VoicemailResource {
        func moveVoicemail(_ voicemail: ManagerVoicemail, to folder: String) async throws {}
        func removeVoicemail(_ voicemail: ManagerVoicemail) async throws {}
        func hasVoicemailResource() async throws -> Bool { false }
        func writeGreeting(_ file: String, context: String, mailbox: String, sound: Data, isNew: Bool) async throws {}
        func removeGreeting(_ file: String, context: String, mailbox: String) async throws {}
    }
}
