import API
import Access
import CallControl
import Core
import Directory
import Events
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Persistence
import Processes
import Synchronization
import TandemTesting
import Telephony

@testable import Voicemails

/// A spool in a folder of its own, with the boxes of a small office, and voicemails on it.
///
/// Box 1 (1001@default) is Alice's, 2 (1002@default) that of Alice and Bob, 3 (1900@default) that of everybody, 4 is of
/// another tenant, 5 has a name that leads out of the spool.
final class MailOffice: Sendable {
    static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    static let otherTenant = TenantID("10000000-0000-4000-8000-000000000002")
    static let alice = UserID("20000000-0000-4000-8000-000000000001")
    static let bob = UserID("20000000-0000-4000-8000-000000000002")
    static let carol = UserID("20000000-0000-4000-8000-000000000003")
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let folder: URL
    let store: InMemoryStateStore
    let directory: FakeDirectory
    let mailman: FakeMailman
    let resource = FakeVoicemailResource()
    let transcriptions = FakeTranscriptions()
    let voicemails: Voicemails
    private let published = PublishedEvents()
    private let keepsFolder: Bool

    /// The texts of messages, or an outage.
    final class FakeTranscriptions: TranscriptionReading {
        private let state = Mutex<(texts: [String: String], isAway: Bool)>(([:], false))
        func set(_ texts: [String: String]) { state.withLock { $0.texts = texts } }
        func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }
        func transcriptions(ofVoicemails ids: [Int]) async throws -> [String: String] {
            try state.withLock { state in
                if state.isAway { throw TelephonyFailure.unreachable("away") }
                return state.texts
            }
        }
    }

    /// Boxes of both tenants; the number of one leads out of the spool.
    private static let world: FakeDirectory.World = {
        func box(
            _ id: Int,
            _ number: String,
            _ access: VoicemailRecord.Access,
            _ users: [UserID],
            tenant: TenantID = MailOffice.tenant,
            context: String = "default"
        ) -> VoicemailRecord {
            VoicemailRecord(
                id: id,
                tenant: tenant,
                name: "Box \(id)",
                number: number,
                context: context,
                access: access,
                users: users
            )
        }
        var world = FakeDirectory.World()
        world.voicemails = [
            box(1, "1001", .personal, [MailOffice.alice]),
            box(2, "1002", .personal, [MailOffice.alice, MailOffice.bob]),
            box(3, "1900", .global, []),
            box(4, "1001", .personal, [], tenant: MailOffice.otherTenant, context: "other"),
            box(5, "../1001", .personal, [], context: "default"),
        ]
        return world
    }()

    init(
        folder: URL? = nil,
        store: InMemoryStateStore = InMemoryStateStore(),
        sweepInterval: Double = 0.05
    ) throws {
        let place = folder ?? FileManager.default.temporaryDirectory.appendingPathComponent("mail-\(UUID().uuidString)")
        self.folder = place
        keepsFolder = folder != nil
        self.store = store
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let directory = FakeDirectory(Self.world)
        let mailman = FakeMailman(root: place.path)
        self.directory = directory
        self.mailman = mailman
        voicemails = Voicemails(
            VoicemailConfiguration(spool: place.path, sweepInterval: sweepInterval),
            ports: VoicemailPorts(
                directory: directory,
                manager: mailman,
                resource: resource,
                transcriptions: transcriptions,
                store: store,
                envelope: BusEnvelope(origin: "origin"),
                publish: { [published] event in published.append(event) },
                processes: ProcessRunner(width: 2),
                failures: AsteriskFailures(baseURL: "http://pbx:5039"),
                managerFailures: ManagerFailures(host: "pbx", port: 5038, timeout: 5),
                logger: Self.silent
            )
        )
    }

    deinit { if !keepsFolder { try? FileManager.default.removeItem(at: folder) } }

    /// Events without stored state.
    var events: [BusEvent] { published.events }

    private final class PublishedEvents: Sendable {
        private let state = Mutex<[BusEvent]>([])
        var events: [BusEvent] { state.withLock { $0 } }
        func append(_ event: BusEvent) { state.withLock { $0.append(event) } }
    }

    // MARK: The disk

    func path(_ box: String = "default/1001", _ name: String = "") -> String {
        folder.appendingPathComponent(box).path + (name.isEmpty ? "" : "/\(name)")
    }

    /// Leaves a message as app_voicemail does: sound first.
    @discardableResult
    func leave(
        _ id: String,
        in box: String = "default/1001",
        folder: VoicemailFolder = .inbox,
        time: Int = 1_700_000_000,
        duration: Int = 3,
        caller: String = #""Bob" <1002>"#,
        sound: Data = Data("sound".utf8)
    ) throws -> String {
        let place = path(box, folder.directory)
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let number = try FileManager.default.contentsOfDirectory(atPath: place).count { $0.hasSuffix(".txt") }
        let name = FolderFiles.fileName(number)
        try sound.write(to: URL(fileURLWithPath: "\(place)/\(name).wav"))
        let text = """
            ;
            [message]
            callerid=\(caller)
            origtime=\(time)
            msg_id=\(id)
            duration=\(duration)

            """
        try text.write(toFile: "\(place)/.new", atomically: false, encoding: .utf8)
        rename("\(place)/.new", "\(place)/\(name).txt")
        return "\(place)/\(name)"
    }

    // MARK: Requests

    private static let tokens: [String: (identity: Identity, acl: ACL)] = [
        "alice": (Identity(tenant: tenant, user: alice, isMaster: false), ACL(["calld.#"])),
        "bob": (Identity(tenant: tenant, user: bob, isMaster: false), ACL(["calld.#"])),
        "boss": (Identity(tenant: tenant, user: alice, isMaster: true), ACL(["calld.#"])),
        "carol": (Identity(tenant: tenant, user: carol, isMaster: false), ACL(["calld.#"])),
        "service": (Identity(tenant: tenant, user: nil, isMaster: false), ACL(["calld.#"])),
        "stranger": (Identity(tenant: otherTenant, user: nil, isMaster: false), ACL(["calld.#"])),
        "deaf": (
            Identity(tenant: tenant, user: alice, isMaster: false), ACL(["calld.users.me.voicemails.read"])
        ),
    ]

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let bytes: Data

        var json: JSONValue { (try? JSONValue(parsing: bytes)) ?? .null }
        var errorID: String { json["error_id"]?.string ?? "" }
        var items: [JSONValue] { json["items"]?.array ?? [] }
        func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
    }

    /// Runs `body` with a server on a socket.
    func serve(_ body: @escaping @Sendable (Client) async throws -> Void) async throws {
        let router = API.router(
            features: [voicemails],
            authorizer: Authorizer(identities: FakeIdentity(Self.tokens))
        )
        try await Application(router: router, logger: Self.silent).test(.live) { client in
            try await body(Client(client: client))
        }
    }

    struct Client: Sendable {
        let client: any TestClientProtocol

        func callAsFunction(
            _ method: HTTPRequest.Method,
            _ path: String,
            _ body: Data? = nil,
            as token: String = "alice",
            headers: HTTPFields = [:]
        ) async throws -> Answer {
            var fields = headers
            if let name = HTTPField.Name("X-Auth-Token") { fields[name] = token }
            return try await client.execute(
                uri: "/1.0" + path,
                method: method,
                headers: fields,
                body: body.map { ByteBuffer(bytes: $0) }
            ) { response in
                Answer(
                    status: response.status.code,
                    headers: response.headers,
                    bytes: Data(response.body.readableBytesView)
                )
            }
        }
    }

    // MARK: Watching

    /// Watches around `body`.
    func watching(_ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.voicemails.watch.run() }
            try await body()
            group.cancelAll()
        }
    }

    /// What was announced: `created 1001@default m1 1`, with the user or `*`.
    var announced: [String] {
        store.messages.map { message in
            let data = (try? JSONValue(parsing: Data(message.body.utf8)))?["data"] ?? .null
            let change = message.routingKey.split(separator: ".").last ?? ""
            let user = data["user_uuid"]?.string.map { $0 == Self.alice.rawValue ? "alice" : "bob" } ?? "*"
            let id = data["message_id"]?.string ?? ""
            return "\(change) \(id) \(data["message"]?["folder"]?["id"]?.integer ?? 0) \(user)"
        }
    }
}
