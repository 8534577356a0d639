import Core
import Foundation
import TandemLab
import TandemTesting
import Testing

/// The demo's office in a scene: its phones, its carrier, its callers.
extension Scene {
    /// The REST interface as somebody of the office.
    func rest(as phone: Demo.Office.Phone) async throws -> RESTClient {
        let token = try await tandem.createToken(tenant: Demo.tenant, user: phone.uuid, acl: ["calld.#"])
        return tandem.rest.with(token: token)
    }

    /// A scene in the office as sql/demo/office.sql describes it: what an earlier test may have switched on is off.
    static func inOffice(
        _ overrides: [String: JSONValue] = [:],
        _ body: (Scene) async throws -> Void
    ) async throws {
        try await play(.standalone, overrides) { scene in
            _ = try await scene.database.rows(
                "UPDATE userfeatures SET enableunc = 0, destunc = '', enablednd = 0, "
                    + "call_record_incoming_internal_enabled = false WHERE id = 11"
            )
            try await body(scene)
        }
    }

    /// A registered phone.
    func phone(_ phone: Demo.Office.Phone, tone: Double = Scene.operatorsTone) async throws -> SIPpPhone {
        let sip = try await SIPpPhone(phone.rawValue, tone: tone, in: lab)
        try await sip.register()
        return sip
    }

    /// Somebody of the office dials.
    func dial(_ number: String, as phone: Demo.Office.Phone) async throws -> SIPpCaller {
        try await SIPpCaller(dialling: number, as: phone.rawValue, tone: Self.callersTone, in: lab)
    }

    /// Somebody dials from outside.
    func dialFromOutside(_ number: String) async throws -> SIPpCaller {
        try await SIPpCaller(dialling: number, tone: Self.callersTone, in: lab)
    }

    /// Whether both hear each other.
    func areTalking(_ caller: SIPpCaller, _ phone: SIPpPhone, tone: Double = Scene.operatorsTone) async -> Bool {
        async let callee = phone.audio.hears(Self.callersTone)
        async let answer = caller.audio.hears(tone)
        let heard = await (callee, answer)
        return heard.0 && heard.1
    }

    /// Takes phones off the registrar: the next test wants to know who is there.
    func leave(_ phones: SIPpPhone...) async throws {
        for phone in phones {
            try await phone.unregister()
            await phone.close()
        }
    }

    /// The sound files of a mailbox's new messages.
    func newMessages(of mailbox: String) -> [URL] {
        let folder = lab.state.appendingPathComponent("spool/voicemail/default/\(mailbox)/INBOX")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "wav" }.sorted { $0.path < $1.path }
    }

    /// Removes a mailbox's messages.
    func emptyMailbox(_ mailbox: String) {
        let folder = lab.state.appendingPathComponent("spool/voicemail/default/\(mailbox)")
        try? FileManager.default.removeItem(at: folder)
    }

    /// Size of the largest sound file of a mailbox, finished or not, in bytes.
    func recordedBytes(_ mailbox: String) -> Int {
        let folder = lab.state.appendingPathComponent("spool/voicemail/default/\(mailbox)")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension.lowercased() == "wav" }
            .compactMap { try? $0.resourceValues(forKeys: [.fileSizeKey]).fileSize }.max() ?? 0
    }
}
