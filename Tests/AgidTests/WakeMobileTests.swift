import Core
import Directory
import FastAGI
import Foundation
import Synchronization
import Testing

@testable import Agid

@Suite("Waking mobile applications")
struct WakeMobileTests {
    private let clock = FixedClock(Date(timeIntervalSince1970: 1_700_000_000.25))
    private let wait = get("WAZO_WAIT_FOR_MOBILE")
    private let reads = [get("WAZO_VIDEO_ENABLED"), get("WAZO_RING_TIME"), get("WAZO_RINGSECONDS")]

    @Test(
        "a push is asked for with the time that the phone rings",
        arguments: [("20", "40", "20"), ("", "40", "40"), ("", "", "30")]
    )
    func push(ringTime: String, ringSeconds: String, seconds: String) async throws {
        let transcript = AGITranscript(
            variables: [
                "WAZO_WAIT_FOR_MOBILE": "1", "WAZO_VIDEO_ENABLED": "0", "WAZO_RING_TIME": ringTime,
                "WAZO_RINGSECONDS": ringSeconds,
            ]
        )
        let commands = try await runFeature("wake_mobile", ["u-3"], clock: clock, on: transcript)
        let event =
            "Pushmobile,WAZO_DST_UUID: u-3,WAZO_VIDEO_ENABLED: 0,WAZO_RING_TIME: \(seconds),"
            + "WAZO_TIMESTAMP: 2023-11-14T22:13:20.250000+00:00"
        #expect(commands == [wait] + reads + ["EXEC UserEvent \"\(event)\""])
    }

    @Test("values add no header")
    func hostile() async throws {
        let transcript = AGITranscript(
            variables: ["WAZO_WAIT_FOR_MOBILE": "1", "WAZO_VIDEO_ENABLED": "1,X: y|z", "WAZO_RING_TIME": "é;5"]
        )
        let commands = try await runFeature("wake_mobile", ["u\"3,Y: 1\n"], clock: clock, on: transcript)
        let event = "Pushmobile,WAZO_DST_UUID: u3Y: 1,WAZO_VIDEO_ENABLED: 1X: yz,WAZO_RING_TIME: é5,"
        #expect(commands.last?.hasPrefix("EXEC UserEvent \"\(event)WAZO_TIMESTAMP: ") == true)
    }

    @Test("without a waiting call nothing is done; a missing user, and an event that fails, cost nothing")
    func nothing() async throws {
        #expect(try await runFeature("wake_mobile", ["u-3"], clock: clock) == [wait])
        let missing = try await runFeature("wake_mobile", [], clock: clock)
        #expect(missing == [verbose("wake_mobile: takes a user")])
        let refusing = AGITranscript(
            variables: ["WAZO_WAIT_FOR_MOBILE": "1"],
            replies: [reads[0]: ["510 Invalid or unknown command"]]
        )
        let commands = try await runFeature("wake_mobile", ["u-3"], clock: clock, on: refusing)
        #expect(commands.count == 3 && commands[2].hasPrefix("VERBOSE"))
    }

    @Test(
        "times have up to six decimals",
        arguments: [
            (0.0, "1970-01-01T00:00:00+00:00"), (0.000_001, "1970-01-01T00:00:00.000001+00:00"),
            (1_700_000_000, "2023-11-14T22:13:20+00:00"), (-0.5, "1969-12-31T23:59:59.500000+00:00"),
            (1_700_000_000.999_999_9, "2023-11-14T22:13:21+00:00"),
        ]
    )
    func timestamps(seconds: Double, text: String) {
        #expect(WakeMobile.timestamp(Date(timeIntervalSince1970: seconds)) == text)
    }
}

/// Writes down what is done with phones, or refuses it.
private final class ProvisioningWitness: PhoneProvisioning {
    let requests = Mutex<[String]>([])
    let isAway: Bool

    init(isAway: Bool = false) { self.isAway = isAway }

    private func note(_ request: String) throws {
        if isAway { throw Unreachable() }
        requests.withLock { $0.append(request) }
    }

    func resetPhone(at address: String) async throws { try note("reset \(address)") }
    func provisionPhone(at address: String, code: String) async throws { try note("provision \(address) \(code)") }
}

@Suite("Provisioning by code")
struct ProvisionTests {
    @Test(
        "a phone is reset, or given a line",
        arguments: [
            (["autoprov", "10.0.0.9:5060"], "reset 10.0.0.9"), (["480213", "10.0.0.9"], "provision 10.0.0.9 480213"),
            (["1", "[2001:db8::1]:5060"], "provision 2001:db8::1 1"),
            (["1", "2001:db8::1"], "provision 2001:db8::1 1"),
        ]
    )
    func done(arguments: [String], request: String) async throws {
        let witness = ProvisioningWitness()
        let commands = try await runFeature("provision", arguments, provisioning: witness)
        #expect(commands == [set("WAZO_PROV_OK", "1")])
        #expect(witness.requests.withLock { $0 } == [request])
    }

    @Test(
        "a failure is told, and costs nothing",
        arguments: [[], ["1"], ["", "10.0.0.9"], ["1", ":5060"], ["1", "a"]]
    )
    func failed(arguments: [String]) async throws {
        for provisioning in [nil, ProvisioningWitness(isAway: true)] {
            let commands = try await runFeature("provision", arguments, provisioning: provisioning)
            #expect(commands.count == 1 && commands[0].hasPrefix("VERBOSE \"provision: "))
        }
    }
}
