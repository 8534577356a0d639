import Core
import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("Paging")
struct PagingTests {
    private let reads = [get("WAZO_USERID"), get("WAZO_TENANT_UUID")]

    private func record(_ change: (inout PagingRecord) -> Void = { _ in }) -> PagingRecord {
        var record = PagingRecord(
            tenant: TenantID("t"),
            timeout: 20,
            options: PagingRecord.Options(),
            isCallerAllowed: true,
            endpoints: [
                .sip(name: "k3"), .sccp(name: "31"), .custom(interface: "Local/5@inside"), .sip(name: "k3"),
            ]
        )
        change(&record)
        return record
    }

    private func channel(tenant: String = "t", replies: [String: [String]] = [:]) -> AGITranscript {
        AGITranscript(variables: ["WAZO_USERID": "3", "WAZO_TENANT_UUID": tenant], replies: replies)
    }

    @Test("each phone is called once, by its own technology", arguments: ["t", ""])
    func lines(tenant: String) async throws {
        let features = FixedFeatures(pagings: ["11 3 \(tenant.isEmpty ? "any" : "t")": record()])
        let commands = try await runFeature("paging", ["11"], features, on: channel(tenant: tenant))
        #expect(
            commands == reads + [
                set("WAZO_PAGING_LINES", "PJSIP/k3&SCCP/31/autoanswer&Local/5@inside"),
                set("WAZO_PAGING_TIMEOUT", "20"), set("WAZO_PAGING_OPTS", "sb(paging^add-sip-headers^1)"),
            ]
        )
    }

    @Test("options come in their order")
    func options() async throws {
        let record = record {
            $0.options.isDuplex = true
            $0.options.isQuiet = true
            $0.options.isRecorded = true
            $0.options.ignoresForwards = true
            $0.options.announcement = "früh stück.wav"
            $0.options.isCallerSparedAnnouncement = true
        }
        let commands = try await runFeature("paging", ["11"], FixedFeatures(pagings: ["11 3 t": record]), on: channel())
        let file = "/var/lib/wazo/sounds/tenants/t/playback/früh stück.wav"
        #expect(commands.last == set("WAZO_PAGING_OPTS", "sb(paging^add-sip-headers^1)dqriA(\(file))n"))
    }

    @Test(
        "an announcement that would be more than a file is left out",
        arguments: ["a)b", "a,b", "a\nb", "a\"b", "${X}"]
    )
    func hostileFile(file: String) async throws {
        let record = record { $0.options.announcement = file }
        let commands = try await runFeature("paging", ["11"], FixedFeatures(pagings: ["11 3 t": record]), on: channel())
        #expect(commands.last == set("WAZO_PAGING_OPTS", "sb(paging^add-sip-headers^1)"))
    }

    @Test("whoever may not page hears so, and the dialplan breaks", arguments: [true, false])
    func refused(isSoundThere: Bool) async throws {
        let play = #"STREAM FILE vm-incorrect "" 0"#
        let replies = isSoundThere ? [:] : [play: ["200 result=-1 endpos=0"]]
        var away = FixedFeatures()
        away.isAway = true
        let others = [
            FixedFeatures(), FixedFeatures(pagings: ["11 3 other": record()]), away,
            FixedFeatures(pagings: ["11 3 t": record { $0.isCallerAllowed = false }]),
            FixedFeatures(pagings: ["11 3 t": record { $0.endpoints = [] }]),
        ]
        for features in others {
            let transcript = channel(replies: replies)
            await #expect(throws: DialplanBreak.self) {
                try await runFeature("paging", ["11"], features, on: transcript)
            }
            #expect(transcript.commands == reads + ["ANSWER", play])
        }
        let nobody = AGITranscript()
        await #expect(throws: DialplanBreak.self) { try await runFeature("paging", [], others[0], on: nobody) }
        #expect(nobody.commands == [reads[0], "ANSWER", play])
    }

    @Test("a caller who hangs up meanwhile is an ordinary end")
    func hangUp() async throws {
        let transcript = channel(replies: ["ANSWER": ["511 Command Not Permitted on a dead channel"]])
        await #expect(throws: AGIError.hungUp) { try await runFeature("paging", ["11"], on: transcript) }
    }
}
