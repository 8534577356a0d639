import API
import Access
import CallControl
import Core
import Events
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Persistence
import Synchronization
import TandemTesting
import Telephony

@testable import Recordings

/// Recordings on a fake Asterisk, a fake manager and rows in memory; the call `1.1` is the tenant's, and may be recorded.
struct RecordingBench: Sendable {
    static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    static let bob = UserID("20000000-0000-4000-8000-000000000002")
    static let call = ChannelID("1.1")
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Rows and messages in memory.
    final class Store: RecordingStoring {
        private let state = Mutex<(rows: [String: RecordingRow], messages: [BusMessage])>(([:], []))
        var messages: [BusMessage] { state.withLock { $0.messages } }
        var phase: String? { state.withLock { $0.rows.values.first?.phase } }

        func save(_ recording: RecordingRow, messages: [BusMessage]) async throws {
            state.withLock { state in
                state.rows[recording.id] = recording
                state.messages += messages
            }
        }
        func openRecordings() async throws -> [RecordingRow] {
            state.withLock { $0.rows.values.filter { $0.endedAt == nil } }
        }
        func discardRecordings(endedBefore date: Date) async throws {}
    }

    let asterisk = FakeAsterisk()
    let manager = FakeManager()
    let store = Store()
    let recordings: Recordings

    init() {
        let asterisk = asterisk
        recordings = Recordings(
            ports: RecordingPorts(
                channels: asterisk,
                variables: LiveVariables(channels: asterisk, anyChannels: asterisk, pause: .milliseconds(1)),
                manager: manager,
                calls: RecordedCalls(
                    set: { try await asterisk.setVariable($0.name, to: $1, of: $2) },
                    publishUpdate: { _ in },
                    publish: { _ in },
                    owner: { _ in RecordedCalls.Owner(tenant: Self.tenant, user: Self.bob) }
                ),
                store: store,
                envelope: BusEnvelope(origin: "origin"),
                folder: "/sounds",
                retention: 60,
                failures: AsteriskFailures(baseURL: "http://pbx:5039"),
                managerFailures: ManagerFailures(host: "pbx", port: 5_038, timeout: 5),
                logger: Self.silent
            )
        )
        put(Self.call.rawValue, tenant: Self.tenant)
    }

    /// A call, of a tenant or of nobody.
    func put(_ id: String, tenant: TenantID?) {
        var variables = ["WAZO_USER_DTMF_RECORD_TOGGLE_ENABLED": "1", "WAZO_USERUUID": Self.bob.rawValue]
        variables["WAZO_TENANT_UUID"] = tenant?.rawValue
        asterisk.put(Channel(id: ChannelID(id), name: "PJSIP/bob-1"), variables: variables)
    }

    /// Runs the recordings around `body`.
    func run(_ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await recordings.run() }
            try await body()
            group.cancelAll()
        }
    }

    /// A call that Asterisk records.
    func recording() async throws {
        guard try await put("start").status == 204 else { throw Unexpected() }
        try await tell("MixMonitorStart", until: "active")
        showsRecorded(true)
    }

    /// Asterisk tells of MixMonitor.
    func tell(_ name: String, until phase: String) async throws {
        let message: ManagerMessage = ["Event": "\(name)", "Uniqueid": "\(Self.call)", "Channel": "PJSIP/bob-1"]
        await recordings.receive(ManagerEvent(name: name, message: message))
        try await eventually { store.phase == phase }
    }

    /// What `mixmonitor list` says from now on.
    func showsRecorded(_ isRecorded: Bool) {
        let line = "mixmonitor list PJSIP/bob-1"
        manager.answer(command: line, with: isRecorded ? ["MixMonitor ID File: \(recordingID)"] : ["none"])
    }

    private var recordingID: String {
        manager.actions.last { $0.name == "MixMonitor" }?.fields.first { $0.name == "File" }?.value ?? "none"
    }

    /// What the channel shows of a pause.
    func shownPause() async throws -> String? {
        try await asterisk.variable("WAZO_RECORDING_PAUSED", of: Self.call)
    }

    /// Requests to stop or start MixMonitor so far.
    func count(_ action: String) -> Int { manager.actions.count { $0.name == action } }

    struct Unexpected: Error {}

    /// A request of the tenant's service.
    func put(_ verb: String, on call: String = call.rawValue) async throws -> (status: Int, body: JSONValue) {
        let identity = Identity(tenant: Self.tenant, user: nil, isMaster: false)
        let router = API.router(
            features: [recordings],
            authorizer: Authorizer(identities: FakeIdentity(["t": (identity, ACL(["calld.#"]))]))
        )
        var headers: HTTPFields = [:]
        if let name = HTTPField.Name("X-Auth-Token") { headers[name] = "t" }
        let fields = headers
        return try await Application(router: router, logger: Self.silent).test(.router) { client in
            let response = try await client.execute(
                uri: "/1.0/calls/\(call)/record/\(verb)",
                method: .put,
                headers: fields
            )
            let bytes = Data(response.body.readableBytesView)
            return (response.status.code, bytes.isEmpty ? .null : try JSONValue(parsing: bytes))
        }
    }
}
