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
import Synchronization
import TandemTesting
import Telephony

@testable import ParkingLots

/// Parking on a fake Asterisk whose lots hold what they are told.
final class ParkingBench: ManagerControlling {
    static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    static let other = TenantID("10000000-0000-4000-8000-000000000002")
    static let bob = UserID("20000000-0000-4000-8000-000000000002")
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private struct State {
        var parked: [(lot: String, call: String, slot: Int)] = []
        var actions: [ManagerAction] = []
        var failures: [String: ManagerFailure] = [:]
        var isDeaf = false
        var calls: [String] = []
        var events: [BusEvent] = []
    }
    private let state = Mutex(State())
    let asterisk = FakeAsterisk()
    let clock = ManualClock()
    let directory: FakeDirectory

    init() {
        var world = FakeDirectory.World()
        world.parkingLots = [
            Self.lot(6, slots: 701...702, timeout: 45), Self.lot(7, tenant: Self.other), Self.lot(8, slots: 711...711),
        ]
        directory = FakeDirectory(world)
    }

    private static func lot(
        _ id: Int,
        tenant: TenantID = tenant,
        slots: ClosedRange<Int> = 1...2,
        timeout: Int? = nil
    ) -> ParkingLotRecord {
        ParkingLotRecord(
            id: id,
            tenant: tenant,
            name: "Lot \(id)",
            firstSlot: "\(slots.lowerBound)",
            lastSlot: "\(slots.upperBound)",
            timeout: timeout,
            number: nil
        )
    }

    var lots: ParkingLots {
        ParkingLots(
            ports: ParkingPorts(
                channels: asterisk,
                bridges: asterisk,
                variables: LiveVariables(channels: asterisk, anyChannels: asterisk),
                manager: self,
                calls: ParkableCalls(
                    set: { variable, value, call in
                        self.state.withLock { $0.calls.append("\(call) \(variable.name)=\(value)") }
                    },
                    publishUpdate: { call in self.state.withLock { $0.calls.append("\(call) updated") } },
                    publish: { event in
                        self.state.withLock {
                            $0.calls.append(event.name)
                            $0.events.append(event)
                        }
                    }
                ),
                lots: directory,
                failures: AsteriskFailures(baseURL: "http://pbx:5039"),
                managerFailures: ManagerFailures(host: "pbx", port: 5_038, timeout: 5),
                pause: .milliseconds(1),
                clock: clock,
                logger: Self.silent
            )
        )
    }

    // MARK: Asterisk

    /// A call of A with Bob's B.
    func call() async throws {
        put("A", ["WAZO_TENANT_UUID": Self.tenant.rawValue])
        put("B", ["WAZO_TENANT_UUID": Self.tenant.rawValue, "WAZO_USERUUID": Self.bob.rawValue])
        try await asterisk.createBridge(BridgeID("b"), kind: .mixing)
        try await asterisk.add([ChannelID("A"), ChannelID("B")], to: BridgeID("b"), as: BridgeEntry())
    }

    func put(_ id: String, _ variables: [String: String]) {
        asterisk.put(Channel(id: ChannelID(id), name: "PJSIP/\(id)-1"), variables: variables)
    }

    func occupy(_ lot: Int, _ slot: Int, _ call: String) {
        state.withLock { $0.parked.append(("parkinglot-\(lot)", call, slot)) }
    }
    /// From now on Asterisk accepts and parks nothing.
    func ignoreParking() { state.withLock { $0.isDeaf = true } }
    func fail(_ action: String, with failure: ManagerFailure) { state.withLock { $0.failures[action] = failure } }

    /// What was asked of `Park`.
    var parkings: [String] {
        state.withLock { state in
            state.actions.filter { $0.name == "Park" }.map { action in
                action.fields.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
            }
        }
    }
    /// What calls were told, in order.
    var told: [String] { state.withLock { $0.calls } }
    var events: [BusEvent] { state.withLock { $0.events } }

    var isConnected: Bool { true }
    func command(_ line: String) async throws -> [String] { [] }
    func send(_ action: ManagerAction) async throws -> [ManagerMessage] {
        func field(_ name: String) -> String? { action.fields.first { $0.name == name }?.value }
        return try state.withLock { state in
            state.actions.append(action)
            if let failure = state.failures[action.name] { throw failure }
            switch action.name {
            case "Parkinglots":
                return ["parkinglot-8", "default", "parkinglot-6", "parkinglot-7", "parkinglot-99"].map {
                    ["Event": "Parkinglot", "Name": $0]
                }
            case "ParkedCalls":
                let lot = field("ParkingLot")
                return state.parked.filter { lot == nil || $0.lot == lot }.map {
                    Self.message($0.lot, $0.call, $0.slot)
                }
            case "Park" where !state.isDeaf:
                let name = field("Channel") ?? ""
                let call = String(name.dropFirst("PJSIP/".count).prefix { $0 != "-" })
                let before = state.parked.first { $0.call == call }
                state.parked.removeAll { $0.call == call }
                let slot = field("ParkingSpace").flatMap(Int.init) ?? (before?.slot).map { $0 + 1 } ?? 701
                state.parked.append((field("Parkinglot") ?? "", call, slot))
            default: break
            }
            return [["Response": "Success"]]
        }
    }

    static func message(_ lot: String, _ call: String, _ slot: Int, _ event: String = "ParkedCall") -> ManagerMessage {
        [
            "Event": event, "Parkinglot": lot, "ParkeeUniqueid": call, "ParkeeLinkedid": "L",
            "ParkeeCallerIDName": "Kim O\\'Hara", "ParkeeCallerIDNum": "1107", "ParkeeConnectedLineName": "Erin",
            "ParkeeConnectedLineNum": "1101", "ParkerDialString": "PJSIP/erin", "ParkingSpace": "\(slot)",
            "ParkingTimeout": "45", "ParkingDuration": "10",
        ]
    }

    // MARK: Clients

    private static let all = ACL(["calld.#"])

    func request(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: JSONValue? = nil,
        as token: String = "bob"
    ) async throws -> (status: Int, body: JSONValue) {
        let identities = FakeIdentity([
            "bob": (Identity(tenant: Self.tenant, user: Self.bob, isMaster: false), Self.all),
            "eve": (Identity(tenant: Self.tenant, user: UserID("eve"), isMaster: false), Self.all),
            "service": (Identity(tenant: Self.tenant, user: nil, isMaster: false), Self.all),
            "foreign": (Identity(tenant: Self.other, user: nil, isMaster: false), Self.all),
            "powerless": (Identity(tenant: Self.tenant, user: Self.bob, isMaster: false), ACL([])),
        ])
        let router = API.router(features: [lots], authorizer: Authorizer(identities: identities))
        var headers: HTTPFields = [:]
        if let name = HTTPField.Name("X-Auth-Token") { headers[name] = token }
        let fields = headers
        return try await Application(router: router, logger: Self.silent).test(.router) { client in
            let response = try await client.execute(
                uri: "/1.0\(path)",
                method: method,
                headers: fields,
                body: body.map { ByteBuffer(string: $0.text) }
            )
            let bytes = Data(response.body.readableBytesView)
            return (response.status.code, bytes.isEmpty ? .null : try JSONValue(parsing: bytes))
        }
    }

    /// Status and error id of a parking.
    func park(_ call: String, _ body: JSONValue = ["parking_id": 6], as token: String? = nil) async throws -> String {
        let path = token == nil ? "/calls/\(call)/park" : "/users/me/calls/\(call)/park"
        let answer = try await request(.put, path, body, as: token ?? "service")
        return "\(answer.status) \(answer.body["error_id"]?.string ?? answer.body["slot"]?.string ?? "")"
    }
}
