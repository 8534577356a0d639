import Core
import FastAGI
import Foundation
import Synchronization
import Testing

@testable import Agid

/// Writes down whom it shall call, or takes nothing on.
private final class CallbackWitness: CallbackScheduling {
    let callbacks = Mutex<[Callback]>([])
    let isFull: Bool

    init(isFull: Bool = false) { self.isFull = isFull }

    func schedule(_ callback: Callback) async throws {
        if isFull { throw Unreachable() }
        callbacks.withLock { $0.append(callback) }
    }
}

@Suite("Call-backs")
struct CallbackTests {
    private let read = get("WAZO_SRCNUM")
    private let readSpool = get("AST_CONFIG(asterisk.conf,directories,astspooldir)")
    private let clock = FixedClock(Date(timeIntervalSince1970: 1_700_000_000.4))

    @Test("the caller is called back five seconds later")
    func originated() async throws {
        let witness = CallbackWitness()
        let commands = try await runFeature(
            "callback",
            ["inside"],
            callback: .originated(witness),
            clock: clock,
            on: AGITranscript(variables: ["WAZO_SRCNUM": "+33 1".replacing(" ", with: "")])
        )
        #expect(commands == [read])
        let due = clock.now.addingTimeInterval(5)
        #expect(witness.callbacks.withLock { $0 } == [Callback(number: "+331", context: "inside", due: due)])
        #expect(witness.callbacks.withLock { $0.first?.channel } == "Local/+331@inside")
    }

    @Test("a call that is not taken on is an error; without anybody who calls back there is no handler")
    func refused() async throws {
        let transcript = AGITranscript(variables: ["WAZO_SRCNUM": "1"])
        await #expect(throws: Unreachable.self) {
            try await runFeature(
                "callback",
                ["c"],
                callback: .originated(CallbackWitness(isFull: true)),
                on: transcript
            )
        }
        #expect(!FeatureCalls(directory: FixedFeatures()).handlers.contains { $0.name == "callback" })
    }

    @Test(
        "numbers and contexts that are none break the dialplan",
        arguments: [
            ("", "inside"), ("1", ""), ("1\nApplication: System", "inside"), ("1@x", "inside"), ("1", "a/n"),
            ("1&SIP/2", "inside"), ("1,2", "inside"), ("1 2", "inside"),
        ]
    )
    func hostile(number: String, context: String) async throws {
        let witness = CallbackWitness()
        for mode in [CallbackMode.originated(witness), .spooled] {
            let reply = ["GET VARIABLE \"WAZO_SRCNUM\"": ["200 result=1 (\(number))"]]
            let transcript = AGITranscript(replies: number.contains("\n") ? [:] : reply)
            await #expect(throws: DialplanBreak.self) {
                try await runFeature("callback", [context], callback: mode, on: transcript)
            }
        }
        #expect(witness.callbacks.withLock { $0.isEmpty })
    }

    @Test("a call file is moved into the spool whole, dated when it is due")
    func spooled() async throws {
        let files = FileManager.default
        let spool = files.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        for folder in ["tmp", "outgoing"] {
            try files.createDirectory(at: spool.appendingPathComponent(folder), withIntermediateDirectories: true)
        }
        defer { try? files.removeItem(at: spool) }
        let channel = AGITranscript(
            variables: ["WAZO_SRCNUM": "555", "AST_CONFIG(asterisk.conf,directories,astspooldir)": spool.path]
        )
        let commands = try await runFeature("callback", ["inside"], callback: .spooled, clock: clock, on: channel)
        #expect(commands == [read, readSpool])
        let file = spool.appendingPathComponent("outgoing/555-1700000005.call")
        let expected = """
            Channel: Local/555@inside
            MaxRetries: 0
            RetryTime: 30
            WaitTime: 30
            CallerID: 555
            Set: WAZO_DISACONTEXT=inside
            Context: wazo-callbackdisa
            Extension: s
            """
        #expect(try String(contentsOf: file, encoding: .utf8) == expected)
        let date = try files.attributesOfItem(atPath: file.path)[.modificationDate] as? Date
        #expect(abs(try #require(date).timeIntervalSince(clock.now) - 5) < 1)
        #expect(try files.contentsOfDirectory(atPath: spool.appendingPathComponent("tmp").path).isEmpty)
    }

    @Test("without a spool nothing is left behind")
    func noSpool() async throws {
        let files = FileManager.default
        let spool = files.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let drafts = spool.appendingPathComponent("tmp")
        try files.createDirectory(at: drafts, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: spool) }
        let missing = AGITranscript(variables: ["WAZO_SRCNUM": "555"])
        await #expect(throws: DialplanBreak.self) {
            try await runFeature("callback", ["inside"], callback: .spooled, on: missing)
        }
        #expect(missing.commands == [read, readSpool])
        let half = AGITranscript(
            variables: ["WAZO_SRCNUM": "555", "AST_CONFIG(asterisk.conf,directories,astspooldir)": spool.path]
        )
        await #expect(throws: (any Error).self) {
            try await runFeature("callback", ["inside"], callback: .spooled, on: half)
        }
        #expect(try files.contentsOfDirectory(atPath: drafts.path).isEmpty)
    }
}
