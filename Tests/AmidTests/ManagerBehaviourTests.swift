import Core
import Foundation
import TandemLab
import TandemTesting
import Telephony
import Testing

/// What both roads must do with the real Asterisk.
@Suite(
    "Manager actions of the real Asterisk, over TCP and through amid",
    .serialized,
    .timeLimit(.minutes(1)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ManagerBehaviourTests {
    @Test("a global variable keeps any text", arguments: Road.allCases)
    func globalVariable(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let value = "a: b, \"c\" \\d; ${EXTEN} é=\t1"
            try await bench.manager.setGlobalVariable("TANDEM_ROAD", to: value)
            let answer = try await bench.manager.send(ManagerAction("Getvar", ["Variable": "TANDEM_ROAD"]))
            #expect(answer == [["Response": "Success", "Variable": "TANDEM_ROAD", "Value": value]])
            try await bench.manager.setGlobalVariable("DEVICE_STATE(Custom:tandem-road)", to: "INUSE")
            let state = try await bench.manager.send(
                ManagerAction("Getvar", ["Variable": "DEVICE_STATE(Custom:tandem-road)"])
            )
            #expect(state.first?["Value"] == "INUSE")
        }
    }

    @Test("a variable is set on a channel outside Stasis, by id and by name", arguments: Road.allCases)
    func channelVariable(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let call = try await bench.call("401")
            try await bench.manager.setVariable("ONE", to: "1, 2", onChannel: call.dialplan.rawValue)
            try await bench.manager.setVariable("TWO", to: "", onChannel: bench.name(of: call.dialplan))
            let one = try await bench.asterisk.variable("ONE", of: call.dialplan.rawValue)
            #expect(one == "1, 2")
            await #expect(throws: ManagerFailure.refused(message: "No such channel", action: "Setvar")) {
                try await bench.manager.setVariable("ONE", to: "1", onChannel: "nobody")
            }
        }
    }

    @Test("places of the dialplan: also through includes and patterns, not beyond", arguments: Road.allCases)
    func dialplan(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            func exists(_ context: String, _ exten: String, _ priority: Int = 1) async throws -> Bool {
                try await bench.manager.extensionExists(
                    DialplanPlace(context: context, exten: exten, priority: priority)
                )
            }
            let present = try await [exists("lab", "402"), exists("lab", "402", 2), exists("default", "402")]
            #expect(present == [true, true, true])
            let absent = try await [
                exists("lab", "402", 3), exists("lab", "40299"), exists("nowhere", "402"), exists("lab", ""),
                exists("", "402"),
            ]
            #expect(absent == [false, false, false, false, false])
        }
    }

    @Test("redirect, of one channel and of two", arguments: Road.allCases)
    func redirect(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let call = try await bench.call("401")
            let echo = DialplanPlace(context: "lab", exten: "402")
            try await bench.manager.redirect(call.dialplan.rawValue, to: echo)
            try await expect(bench, call.dialplan, in: "402")
            let music = DialplanPlace(context: "lab", exten: "403")
            try await bench.manager.redirect(
                bench.name(of: call.dialplan),
                to: music,
                extra: bench.name(of: call.application),
                extraPlace: DialplanPlace(context: "lab", exten: "404")
            )
            try await expect(bench, call.dialplan, in: "403")
            try await expect(bench, call.application, in: "404")
            await #expect(throws: ManagerFailure.self) { try await bench.manager.redirect("nobody", to: echo) }
        }
    }

    private func expect(_ bench: RoadBench, _ channel: ChannelID, in exten: String) async throws {
        _ = try await eventually("\(channel) in \(exten)") {
            try await bench.asterisk.channel(channel.rawValue)?["dialplan"]?["exten"]?.string == exten ? true : nil
        }
    }

    @Test("digits are heard in order, muting is accepted", arguments: Road.allCases)
    func digitsAndMuting(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let call = try await bench.call("401")
            let start = bench.recorder.count
            try await bench.manager.playDTMF("1*#9", on: call.dialplan.rawValue)
            await bench.recorder.event("DTMFEnd", from: start) { $0["Digit"] == "9" }
            let heard = bench.recorder.entries.dropFirst(start).compactMap(\.event)
                .filter {
                    $0.name == "DTMFEnd" && $0["Uniqueid"] == call.dialplan.rawValue && $0["Direction"] == "Received"
                }
            #expect(heard.map { $0["Digit"] } == ["1", "*", "#", "9"])
            try await bench.manager.muteAudio(of: call.dialplan.rawValue, isMuted: true)
            try await bench.manager.muteAudio(of: call.dialplan.rawValue, isMuted: false)
            for action in ["mute", "digit"] {
                await #expect(throws: ManagerFailure.self) {
                    if action == "mute" {
                        try await bench.manager.muteAudio(of: "nobody", isMuted: true)
                    } else {
                        try await bench.manager.playDTMF("1", on: "nobody")
                    }
                }
            }
        }
    }

    @Test("a recording starts, is appended to and stops, with its events and its file", arguments: Road.allCases)
    func recording(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let call = try await bench.call("404")
            let file = "tandem-\(UUID().uuidString).wav"
            let channel = call.dialplan.rawValue
            let id = try await bench.manager.startMixMonitor(of: channel, file: file, options: "i(TANDEM_RECORDING)")
            #expect(id?.isEmpty == false)
            await bench.recorder.event("MixMonitorStart") { $0["Uniqueid"] == channel }
            try await bench.manager.stopMixMonitor(of: channel)
            await bench.recorder.event("MixMonitorStop") { $0["Uniqueid"] == channel }
            try await bench.manager.startMixMonitor(of: channel, file: file, options: "a")
            try await bench.manager.stopMixMonitor(of: channel)
            let path = bench.lab.state.appendingPathComponent("spool/monitor/\(file)").path
            _ = try await eventually("the file") { FileManager.default.fileExists(atPath: path) ? true : nil }
            await #expect(throws: ManagerFailure.refused(message: "No such channel", action: "MixMonitor")) {
                try await bench.manager.startMixMonitor(of: "nobody", file: file)
            }
        }
    }

    @Test("an origination's events come in order, with the channel's variables", arguments: Road.allCases)
    func origination(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let user = "b0000000-0000-4000-8000-000000000010"
            let call = try await bench.call(
                "402",
                variables: [
                    .init("WAZO_USERUUID", user), .init("WAZO_ENTRY_EXTEN", "1, \"2\" \\3 'é'?"),
                    .init("X_WAZO_COLOUR", "red=blue"),
                ]
            )
            let id = call.application.rawValue
            let shown = try await bench.manager.applicationVariables(ofChannel: bench.name(of: call.application))
            #expect(shown == ["COLOUR": "red=blue"])
            _ = try await bench.manager.send(ManagerAction("Hangup", ["Channel": id]))
            await bench.recorder.event("Hangup") { $0["Uniqueid"] == id }
            let events = bench.recorder.events.filter { $0["Uniqueid"] == id }
            let milestones = events.map(\.name).filter { ["Newchannel", "Newstate", "Hangup"].contains($0) }
            #expect(milestones == ["Newchannel", "Newstate", "Hangup"])
            #expect(events.contains { $0.name == "OriginateResponse" && $0["Response"] == "Success" })
            for event in events {
                #expect(event.channelVariables["CHANNEL(linkedid)"] == id, "\(event.name)")
                #expect(event.fields["ChanVariable"] == nil)
            }
            #expect(events.last?.channelVariables["WAZO_USERUUID"] == user)
            #expect(events.last?.channelVariables["WAZO_ENTRY_EXTEN"] == "1, \"2\" \\3 'é'?")
            #expect(events.last?["CallerIDNum"] == "101")
            #expect(events.last?.message.text("CallerIDName") == "Odile, \"O\"")
        }
    }

    @Test("music classes, and a command that does not exist", arguments: Road.allCases)
    func commands(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let classes = try await bench.manager.musicClasses()
            #expect(classes.contains("default"))
            let lines = try await bench.manager.command("no such command")
            #expect(lines.count == 1 && lines.first?.hasPrefix("No such command") == true)
            let answer = try await bench.manager.send(ManagerAction("Command", ["Command": "moh show classes"]))
            #expect(answer.first?.output.first == "Class: default")
            #expect(answer.first?.output.dropFirst().first == "\tMode: files")
        }
    }

    @Test("what is in no queue cannot be paused, which is normal", arguments: Road.allCases)
    func queues(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let isMember = try await bench.manager.pauseQueueMember("Local/x@usersharedlines", isPaused: true)
            #expect(!isMember)
        }
    }

    @Test(
        "SIP NOTIFY, and the beep's origination, are accepted; unknown phones and actions are refused",
        arguments: Road.allCases
    )
    func others(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            try await bench.manager.notify(endpoint: "alice", ["Event": "talk"])
            await #expect(throws: ManagerFailure.self) {
                try await bench.manager.notify(endpoint: "nobody", ["Event": "talk"])
            }
            await #expect(throws: ManagerFailure.self) {
                try await bench.manager.notify(channel: "nobody", ["Event": "talk"])
            }
            try await bench.manager.playSound(intoChannel: ChannelID("nobody"))
            _ = try await bench.manager.send(ManagerAction("UserEvent", ["UserEvent": "road", "Colour": "red"]))
            let event = await bench.recorder.event("UserEvent") { $0["UserEvent"] == "road" }
            #expect(event?["Colour"] == "red")
            await #expect(throws: ManagerFailure.self) { try await bench.manager.send(ManagerAction("NoSuchAction")) }
            await #expect(throws: ManagerFailure.self) {
                try await bench.manager.send(ManagerAction("Setvar", ["Value": "a\r\nb"]))
            }
        }
    }
}
