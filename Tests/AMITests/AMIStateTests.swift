import Telephony
import Testing

@testable import AMI

@Suite("Logging in to the manager interface")
struct AMILoginTests {
    private var configuration = AMIConfiguration(username: "tandem", secret: "secret")

    @Test("banner, challenge, and a key that is the MD5 of challenge and secret")
    func challenge() {
        var login = AMILogin(configuration)
        let first = login.receive(banner: "Asterisk Call Manager/11.0.0")
        #expect(first == .send(ManagerAction("Challenge", ["AuthType": "MD5"])))
        let second = login.receive(["Response": "Success", "Challenge": "155292255"])
        // printf 155292255secret | md5sum
        let key = "2587872e48c73594f6e37f485a727d90"
        guard case .send(let action) = second else {
            Issue.record("\(second)")
            return
        }
        #expect(action.fields.map(\.name) == ["AuthType", "Username", "Key", "Events"])
        #expect(action.fields[2].value == key)
        #expect(!action.fields.contains { $0.value.contains("secret") })
        let third = login.receive(["Event": "SuccessfulAuth", "Response": "Error"])
        #expect(third == .ignored)
        let last = login.receive(["Response": "Success", "Message": "Authentication accepted"])
        #expect(last == .accepted)
    }

    @Test("a refusal ends it with Asterisk's words")
    func refused() {
        var login = AMILogin(configuration)
        _ = login.receive(banner: "Asterisk Call Manager/11.0.0")
        _ = login.receive(["Response": "Success", "Challenge": "1"])
        let end = login.receive(["Response": "Error", "Message": "Authentication failed"])
        #expect(end == .failed(.loginRefused("Authentication failed")))
    }

    @Test("without a challenge the secret is sent only where that is allowed")
    func plain() {
        let refusal: ManagerMessage = ["Response": "Error", "Message": "Must specify AuthType"]
        var strict = AMILogin(configuration)
        _ = strict.receive(banner: "Asterisk Call Manager/11.0.0")
        let refused = strict.receive(refusal)
        #expect(refused == .failed(.loginRefused("no MD5 challenge: Must specify AuthType")))
        var allowing = configuration
        allowing.allowsPlainLogin = true
        var lenient = AMILogin(allowing)
        _ = lenient.receive(banner: "Asterisk Call Manager/11.0.0")
        let plain = lenient.receive(refusal)
        #expect(
            plain == .send(ManagerAction("Login", ["Username": "tandem", "Secret": "secret", "Events": "on"]))
        )
    }

    @Test("another server is named as such", arguments: ["SSH-2.0-OpenSSH", "", "+OK POP3"])
    func noManager(banner: String) {
        var login = AMILogin(configuration)
        let end = login.receive(banner: banner)
        #expect(end == .failed(.noManager("it said: \(banner)")))
    }
}

@Suite("Answers and events of the manager interface")
struct PendingActionsTests {
    private let own = { (id: String) in id.hasPrefix("own-") }

    @Test("a response answers its action, once; without our id it is stray")
    func response() {
        var pending = PendingActions()
        pending.begin("own-1")
        let other = pending.receive(["Response": "Success", "ActionID": "own-2"], isOwn: own)
        let nameless = pending.receive(["Response": "Success"], isOwn: own)
        #expect(other == .stray && nameless == .stray && pending.count == 1)
        let answer = pending.receive(["Response": "Error", "ActionID": "own-1", "Message": "no"], isOwn: own)
        #expect(answer == .answered(id: "own-1", messages: [["Response": "Error", "Message": "no"]]))
        let again = pending.receive(["Response": "Success", "ActionID": "own-1"], isOwn: own)
        #expect(again == .stray && pending.isEmpty)
    }

    @Test(
        "a list ends where Asterisk says so, or as before Asterisk 13 by the event's name",
        arguments: [
            (["EventList": "start"], ["Event": "ParkedCallsComplete", "EventList": "Complete"]),
            (["EventList": "start"], ["Event": "Whatever", "EventList": "cancelled"]),
            (["Message": "Parked calls will follow"], ["Event": "ParkedCallsComplete", "Total": "0"]),
        ] as [(ManagerMessage, ManagerMessage)]
    )
    func lists(start: ManagerMessage, end: ManagerMessage) {
        var pending = PendingActions()
        pending.begin("own-1")
        func tagged(_ message: ManagerMessage) -> ManagerMessage {
            var copy = message
            copy.append("ActionID", "own-1")
            return copy
        }
        var opened = start
        opened.append("Response", "Success")
        let item: ManagerMessage = ["Event": "ParkedCall", "ParkingSpace": "701"]
        let foreign: ManagerMessage = ["Event": "ParkedCall", "ParkingSpace": "702"]
        let outcomes = [tagged(opened), tagged(item), foreign, tagged(item), tagged(end)].map {
            pending.receive($0, isOwn: own)
        }
        #expect(
            outcomes == [
                .part, .part, .event(foreign), .part, .answered(id: "own-1", messages: [opened, item, item, end]),
            ]
        )
    }

    @Test("a list may be refused, and one that was given up is passed over, but for an origination's outcome")
    func strays() {
        var pending = PendingActions()
        pending.begin("own-1")
        let refused = pending.receive(
            ["Response": "Error", "ActionID": "own-1", "Message": "Lots will follow"],
            isOwn: own
        )
        #expect(refused == .answered(id: "own-1", messages: [["Response": "Error", "Message": "Lots will follow"]]))
        pending.begin("own-2")
        _ = pending.receive(["Response": "Success", "ActionID": "own-2", "EventList": "start"], isOwn: own)
        pending.forget("own-2")
        let late = pending.receive(["Event": "ParkedCall", "ActionID": "own-2"], isOwn: own)
        #expect(late == .stray && pending.isEmpty)
        let outcome: ManagerMessage = ["Event": "OriginateResponse", "Response": "Failure", "ActionID": "own-2"]
        let event = pending.receive(outcome, isOwn: own)
        #expect(event == .event(outcome))
        let own1: ManagerMessage = ["Event": "UserEvent", "ActionID": "own-1"]
        let answered = pending.receive(own1, isOwn: own)
        #expect(answered == .event(own1))
        let forged: ManagerMessage = ["Event": "UserEvent", "ActionID": "guessed-2"]
        let foreign = pending.receive(forged, isOwn: own)
        #expect(foreign == .event(forged))
    }

    @Test("a list without an end is given up")
    func endless() {
        var pending = PendingActions()
        pending.begin("own-1")
        _ = pending.receive(["Response": "Success", "ActionID": "own-1", "EventList": "start"], isOwn: own)
        var last = PendingActions.Outcome.part
        for _ in 1..<PendingActions.listLimit {
            last = pending.receive(["Event": "X", "ActionID": "own-1"], isOwn: own)
        }
        #expect(last == .tooLong(id: "own-1") && pending.isEmpty)
    }
}

@Suite("Pauses before the next connection")
struct AMIBackOffTests {
    private func pauses(_ ends: [(AMIEnd, Duration)]) -> [Duration] {
        var backOff = AMIBackOff(AMIConfiguration(username: "u", secret: "s"))
        return ends.map { backOff.pause(after: $0.0, heldFor: $0.1) }
    }

    @Test("they double to two seconds, half a second while nobody listens")
    func doubling() {
        let short = Duration.milliseconds(1)
        #expect(
            pauses(Array(repeating: (.closed, short), count: 7))
                == [100, 200, 400, 800, 1_600, 2_000, 2_000].map(Duration.milliseconds)
        )
        #expect(
            pauses(Array(repeating: (.connectionRefused, short), count: 5))
                == [100, 200, 400, 500, 500].map(Duration.milliseconds)
        )
    }

    @Test("a connection that held is followed by a quick try, a refused login by a slow one")
    func rewinding() {
        let short = Duration.milliseconds(1)
        #expect(
            pauses([
                (.closed, short), (.closed, short), (.closed, .seconds(5)), (.loginRefused("no"), short),
                (.closed, short),
            ]) == [.milliseconds(100), .milliseconds(200), .milliseconds(100), .seconds(30), .milliseconds(200)]
        )
    }
}

@Suite("Actions of the manager interface")
struct ManagerActionTests {
    @Test(
        "a name or value that would begin a line of its own is not sent",
        arguments: [
            ManagerAction("Setvar\r\nAction: Originate"), ManagerAction(""),
            ManagerAction("Setvar", ["Value": "a\r\nAction: Originate"]), ManagerAction("Setvar", ["Value": "a\nb"]),
            ManagerAction("Setvar", ["Value": "a\rb"]), ManagerAction("Setvar", ["Value": "a\0b"]),
            ManagerAction("Setvar", ["Variable: x\r\nY": "1"]), ManagerAction("Setvar", ["A: b": "1"]),
            ManagerAction("Setvar", ["": "1"]), ManagerAction("Setvar", ["ActionID": "1"]),
            ManagerAction("Setvar", ["action": "Originate"]),
            ManagerAction("Setvar", ["Value": String(repeating: "é", count: 508)]),
        ]
    )
    func refused(action: ManagerAction) {
        #expect(throws: ManagerFailure.self) { try action.validate() }
    }

    @Test("what Asterisk can read is sent, a line of 1,022 bytes and 126 headers included")
    func accepted() throws {
        try ManagerAction("Setvar", ["Value": String(repeating: "x", count: 1_015)]).validate()
        try ManagerAction("Setvar", ["Variable": "CHANNEL(x)", "Value": "ünï: \t=,;\u{2028}"]).validate()
        var action = ManagerAction("Originate")
        for number in 0..<126 { action.addVariable("V\(number)", "") }
        try action.validate()
        action.add("X", "1")
        #expect(throws: ManagerFailure.self) { try action.validate() }
    }
}
