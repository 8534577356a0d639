import Core
import FastAGI
import Foundation
import Synchronization
import Testing

@testable import Agid

/// Takes faxes and answers as told.
private final class FaxWitness: ReceivedFaxHandling {
    let faxes = Mutex<[ReceivedFaxFile]>([])
    let answer: Result<ReceivedFaxAnswer, any Error>

    init(_ answer: Result<ReceivedFaxAnswer, any Error> = .success(.delivered)) { self.answer = answer }

    func receive(_ fax: ReceivedFaxFile) async throws -> ReceivedFaxAnswer {
        faxes.withLock { $0.append(fax) }
        return try answer.get()
    }
}

@Suite("handle_fax")
struct HandleFaxTests {
    private static let tenant = "10000000-0000-4000-8000-000000000001"
    private static let user = "20000000-0000-4000-8000-000000000011"
    private let reads = [
        get("WAZO_DSTNUM"), get("CALLERID(all)"), get("FAXOPT(pages)"), get("FAXOPT(remotestationid)"),
        get("WAZO_TENANT_UUID"), get("WAZO_CONTEXT"), get("WAZO_DST_UUID"),
    ]

    private func run(_ arguments: [String], _ witness: FaxWitness, _ variables: [String: String]) async throws
        -> [String]
    {
        let transcript = AGITranscript(variables: variables)
        var environment = ["agi_network_script": "handle_fax"]
        for (index, argument) in arguments.enumerated() { environment["agi_arg_\(index + 1)"] = argument }
        let session = AGISession(environment: AGIEnvironment(environment), transport: transcript, logger: .silent)
        do {
            try await HandleFax(faxes: witness).run(session)
        } catch let stop as DialplanBreak {
            return transcript.commands + ["BREAK \(stop.message)"]
        }
        return transcript.commands
    }

    @Test("what the channel knows of the fax is handed on; no variable is set")
    func everything() async throws {
        let witness = FaxWitness()
        let commands = try await run(
            ["/spool/fax/1.tif", "a@example.org"],
            witness,
            [
                "WAZO_DSTNUM": "5009", "CALLERID(all)": "\"Ann\" <0123>", "FAXOPT(pages)": "3",
                "FAXOPT(remotestationid)": "+33 1", "WAZO_TENANT_UUID": Self.tenant, "WAZO_CONTEXT": "from-extern",
                "WAZO_DST_UUID": Self.user,
            ]
        )
        #expect(commands == reads)
        let fax = ReceivedFaxFile(
            path: "/spool/fax/1.tif",
            email: "a@example.org",
            destination: "5009",
            callerID: "\"Ann\" <0123>",
            pages: 3,
            remoteStationID: "+33 1",
            tenant: TenantID(Self.tenant),
            context: "from-extern",
            user: UserID(Self.user)
        )
        #expect(witness.faxes.withLock { $0 } == [fax])
    }

    @Test("a channel that knows little, or nonsense")
    func little() async throws {
        let witness = FaxWitness()
        let variables = ["WAZO_DSTNUM": "5009", "FAXOPT(pages)": "many", "WAZO_TENANT_UUID": "*", "WAZO_DST_UUID": "x"]
        #expect(try await run(["/1.tif"], witness, variables) == reads)
        let fax = ReceivedFaxFile(
            path: "/1.tif",
            email: "",
            destination: "5009",
            callerID: "",
            pages: nil,
            remoteStationID: "",
            tenant: nil,
            context: "",
            user: nil
        )
        #expect(witness.faxes.withLock { $0 } == [fax])
    }

    @Test("without a file or a number: a dialplan break")
    func incomplete() async throws {
        let witness = FaxWitness()
        #expect(try await run([], witness, ["WAZO_DSTNUM": "1"]) == ["BREAK handle_fax takes the file of a fax"])
        #expect(try await run([""], witness, ["WAZO_DSTNUM": "1"]).last?.hasPrefix("BREAK ") == true)
        #expect(try await run(["/1.tif"], witness, [:]) == [reads[0], "BREAK handle_fax: WAZO_DSTNUM is empty"])
        #expect(witness.faxes.withLock { $0 }.isEmpty)
    }

    @Test(
        "a fax that was taken before, or that never came, is no failure",
        arguments: [(ReceivedFaxAnswer.alreadyTaken, "taken before"), (.nothingReceived, "nothing received")]
    )
    func noFailure(answer: ReceivedFaxAnswer, text: String) async throws {
        let commands = try await run(["/1.tif"], FaxWitness(.success(answer)), ["WAZO_DSTNUM": "1"])
        #expect(commands == reads + ["VERBOSE \"handle_fax: \(text)\" 1"])
    }

    @Test(
        "a reception that broke off is told with its error; any other status is none",
        arguments: [
            (["FAILED", "HANGUP"], "HANGUP"), (["FAILED", ""], "FAILED"), (["FAILED"], "FAILED"),
            (["FAILED", "a\r\nb"], "ab"), (["SUCCESS", "OK"], nil), (["", ""], nil), (["NO_CARRIER"], nil),
        ] as [([String], String?)]
    )
    func brokenOff(more: [String], fault: String?) async throws {
        let witness = FaxWitness(.success(.kept))
        let commands = try await run(["/1.tif", ""] + more, witness, ["WAZO_DSTNUM": "1", "FAXOPT(pages)": "2"])
        #expect(commands.last == "VERBOSE \"handle_fax: incomplete, kept without delivery\" 1")
        #expect(witness.faxes.withLock { $0.first?.fault } == fault)
    }

    @Test("a fax that is not delivered is a dialplan break with the cause")
    func failed() async throws {
        let witness = FaxWitness(.failure(HandlerFault("fax not delivered yet: mail: mutt ended with status 1")))
        let commands = try await run(["/1.tif"], witness, ["WAZO_DSTNUM": "1"])
        #expect(commands.last == "BREAK handle_fax: fax not delivered yet: mail: mutt ended with status 1")
    }
}
