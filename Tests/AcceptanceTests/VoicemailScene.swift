import AMI
import Core
import Events
import Foundation
import Logging
import TandemLab
import TandemTesting
import Telephony
import Testing

/// Jack's mailbox, 1106, in a scene.
extension Scene {
    static let box = "1106"
    /// `voicemail.uniqueid` of Jack's box.
    static let boxID = 2

    /// The folder of Jack's box.
    var boxFolder: URL { lab.state.appendingPathComponent("spool/voicemail/default/\(Self.box)") }

    /// A scene in which Jack's box is empty, and known as such.
    static func withVoicemail(_ way: Way = .standalone, _ body: (Scene) async throws -> Void) async throws {
        let lab = try LabEnvironment()
        try? FileManager.default.removeItem(
            at: lab.state.appendingPathComponent("spool/voicemail/default/\(box)")
        )
        // The first look after the start finds the box gone, and says so of what earlier tests left in it.
        _ = try? await SQLWitness(lab).rows("DELETE FROM gateway.aggregate WHERE kind LIKE 'voicemail%'")
        try await play(way) { scene in
            _ = try await scene.database.rows(
                "UPDATE userfeatures SET enableunc = 0, destunc = '', enablednd = 0 WHERE id = 11"
            )
            try await scene.voicemailsAreWatched()
            try await body(scene)
        }
    }

    func voicemailsAreWatched() async throws {
        _ = try await eventually("voicemails are watched", within: .seconds(20)) {
            try await database.value("SELECT count(*) FROM gateway.aggregate WHERE kind = 'voicemail_watch'") == "1"
                ? true : nil
        }
    }

    /// Jack's token.
    func jack() async throws -> RESTClient {
        guard let platform else { return try await rest(as: .jack) }
        let token = platform.token(tenant: Demo.tenant, user: Demo.Office.Phone.jack.uuid, acl: ["calld.#"])
        return tandem.rest.with(token: token)
    }

    /// Somebody leaves a message of a few seconds for Jack.
    func leaveMessage(tone: Double = Scene.callersTone) async throws {
        let before = newMessages(of: Self.box).count
        let caller = try await SIPpCaller(dialling: "5006", tone: tone, in: lab)
        try await caller.answered()
        _ = try await eventually("the message is longer than three seconds", within: .seconds(40)) {
            recordingBytes() > 3 * 16_000 ? true : nil
        }
        try await caller.hangUp()
        _ = try await eventually("the message is there") { newMessages(of: Self.box).count > before ? true : nil }
        await caller.close()
    }

    /// Bytes of the message that is being left.
    private func recordingBytes() -> Int {
        let files = FileManager.default.enumerator(
            at: boxFolder.appendingPathComponent("tmp"),
            includingPropertiesForKeys: [.fileSizeKey]
        )
        return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "wav" }
            .compactMap { try? $0.resourceValues(forKeys: [.fileSizeKey]).fileSize }.max() ?? 0
    }

    /// Ids of the messages of a folder, as Jack sees them, newest first.
    func messages(_ folder: Int = 1, as jack: RESTClient) async throws -> [String] {
        let answer = try await jack.get("/users/me/voicemails/folders/\(folder)")
        guard answer.status == 200 else { throw LabFailure.answer("\(answer.status) \(answer.text)") }
        return answer.body?["messages"]?.array?.compactMap { $0["id"]?.string } ?? []
    }

    /// The only message that Jack has in a folder.
    func onlyMessage(_ folder: Int = 1, as jack: RESTClient) async throws -> String {
        try await eventually("one message in folder \(folder)") {
            let ids = try await messages(folder, as: jack)
            return ids.count == 1 ? ids[0] : nil
        }
    }

    /// Changes of messages that were published for Jack, as `created 1` (the folder).
    func published() async -> [String] {
        var all: [String] = []
        for change in ["created", "updated", "deleted"] {
            all += await bus.events("user_voicemail_message_\(change)")
                .filter { $0.headers["user_uuid:\(Demo.Office.Phone.jack.uuid)"] == true }
                .map { "\(change) \($0.data?["message"]?["folder"]?["id"]?.integer ?? 0)" }
        }
        return all
    }
}

/// Hears what Asterisk says of waiting messages: what the lamps show.
actor LampWitness {
    private let recorder = ManagerEventRecorder(names: ["MessageWaiting"])
    private let running: Task<Void, any Error>

    init(_ lab: LabEnvironment) {
        let client = AMIClient(
            configuration: AMIConfiguration(
                host: "127.0.0.1",
                port: lab.managerPort,
                username: lab.managerUser,
                secret: lab.managerSecret
            ),
            receiver: recorder,
            logger: Logger(label: "lamps") { _ in SwiftLogNoOpLogHandler() }
        )
        running = Task { try await client.run() }
    }

    /// The last `New/Old` that was said of Jack's box.
    var last: String? {
        recorder.events.last { $0["Mailbox"] == "1106@default" }.map { "\($0["New"] ?? "")/\($0["Old"] ?? "")" }
    }

    func connected() async { await recorder.first { $0 == .connected } }

    /// Waits until the lamp shows this.
    func shows(_ counts: String) async throws {
        _ = try await eventually("the lamp shows \(counts)") { await self.last == counts ? true : nil }
    }

    func close() { running.cancel() }
}
