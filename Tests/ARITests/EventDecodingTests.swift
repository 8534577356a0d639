import Core
import Foundation
import Telephony
import Testing

@testable import ARI

@Suite("Events of ARI as values")
struct EventDecodingTests {
    private func kind(_ text: String) throws -> AsteriskEvent.Kind { try AsteriskEvent(ari: Data(text.utf8)).kind }
    private let one = Channel(id: ChannelID("1.1"))

    @Test("a channel is read with all that features use, and what is absent is empty")
    func channel() throws {
        let text = """
            {"id":"1.1","name":"PJSIP/a-1","state":"Up","protocol_id":"call-id","caller":{"name":"A","number":"1"},
            "connected":{"name":"B","number":"2"},"caller_rdnis":"3","language":"fr","creationtime":
            "1970-01-01T00:00:01.000+0000","dialplan":{"context":"c","exten":"e","priority":4,"app_name":"Stasis",
            "app_data":"cc,x"},"channelvars":{"CHANNEL(linkedid)":"1.0","X":""},"accountcode":null}
            """
        let read = try Channel(ari: try JSONValue(parsing: Data(text.utf8)))
        #expect(read.connectedName == "B" && read.connectedNumber == "2" && read.redirectingNumber == "3")
        #expect(read.language == "fr" && read.protocolID == "call-id" && read.linkedID == ChannelID("1.0"))
        #expect(read.place == DialplanPlace(context: "c", exten: "e", priority: 4))
        #expect(read.createdAt == Date(timeIntervalSince1970: 1))
        let bare = try Channel(ari: ["id": "1.1", "caller": nil, "name": 7])
        #expect(bare == Channel(id: ChannelID("1.1"), state: ""))
        #expect(throws: ARIObjectFault.self) { try Channel(ari: ["name": "x"]) }
    }

    @Test("an event that lacks its object is a fault, one that nobody knows is not")
    func lacking() throws {
        #expect(throws: ARIObjectFault.self) { try kind(#"{"type":"StasisStart","args":[]}"#) }
        #expect(throws: ARIObjectFault.self) { try kind(#"{"type":"PlaybackStarted","playback":{}}"#) }
        #expect(throws: ARIObjectFault.self) { try kind(#"{"args":[]}"#) }
        #expect(throws: JSONSyntaxError.self) { try kind("{") }
        #expect(try kind(#"{"type":"SomethingNew","channel":7}"#) == .other("SomethingNew"))
        #expect(try kind(#"{"type":"ChannelEnteredBridge","bridge":{"id":"b"}}"#) == .other("ChannelEnteredBridge"))
    }

    @Test(
        "events that the lab's Asterisk does not show on demand",
        arguments: [
            (
                #"{"type":"ChannelHold","channel":{"id":"1.1"},"musicclass":"jazz"}"#,
                .channelHold(Channel(id: ChannelID("1.1"), state: ""), musicClass: "jazz")
            ),
            (
                #"{"type":"ChannelUnhold","channel":{"id":"1.1"}}"#,
                .channelUnhold(Channel(id: ChannelID("1.1"), state: ""))
            ),
            (
                #"{"type":"ChannelMohStart","channel":{"id":"1.1"},"moh_class":"jazz"}"#,
                .channelMusicStarted(Channel(id: ChannelID("1.1"), state: ""), musicClass: "jazz")
            ),
            (
                #"{"type":"ChannelMohStop","channel":{"id":"1.1"}}"#,
                .channelMusicStopped(Channel(id: ChannelID("1.1"), state: ""))
            ),
            (
                #"{"type":"ChannelTalkingFinished","channel":{"id":"1.1"},"duration":250}"#,
                .channelTalkingFinished(Channel(id: ChannelID("1.1"), state: ""), milliseconds: 250)
            ),
            (
                #"{"type":"BridgeMerged","bridge":{"id":"a"},"bridge_from":{"id":"b","name":"n"}}"#,
                .bridgesMerged(
                    Bridge(id: BridgeID("a"), kind: nil, bridgeClass: "", channels: []),
                    from: Bridge(id: BridgeID("b"), kind: nil, name: "n", bridgeClass: "", channels: [])
                )
            ),
            (
                #"{"type":"RecordingFailed","recording":{"name":"r","format":"wav","target_uri":"bridge:b","state":"failed","cause":"x"}}"#,
                .recordingFailed(
                    LiveRecording(name: "r", format: "wav", target: .bridge(BridgeID("b")), state: "failed", cause: "x")
                )
            ),
            (
                #"{"type":"EndpointStateChange","endpoint":{"technology":"PJSIP","resource":"a","state":"online","channel_ids":["1.1"]}}"#,
                .endpointStateChange(
                    Endpoint(technology: "PJSIP", resource: "a", state: "online", channels: [ChannelID("1.1")])
                )
            ),
            (#"{"type":"ChannelVarset","variable":"G","value":"1"}"#, .channelVariableSet(nil, name: "G", value: "1")),
        ] as [(String, AsteriskEvent.Kind)]
    )
    func rare(text: String, expected: AsteriskEvent.Kind) throws {
        #expect(try kind(text) == expected)
    }

    @Test("an attended transfer is read with both legs")
    func attendedTransfer() throws {
        let read = try kind(
            """
            {"type":"BridgeAttendedTransfer","transferer_first_leg":{"id":"1"},"transferer_second_leg":{"id":"2"},
            "transferer_first_leg_bridge":{"id":"b1"},"transferer_second_leg_bridge":{"id":"b2"},
            "transferee":{"id":"3"},"transfer_target":{"id":"4"},"replace_channel":{"id":"5"},"result":"Success",
            "is_external":true,"destination_type":"bridge","destination_bridge":"b1"}
            """
        )
        guard case .attendedTransfer(let transfer) = read else {
            Issue.record("\(read)")
            return
        }
        #expect(transfer.firstLeg.id == ChannelID("1") && transfer.secondLeg.id == ChannelID("2"))
        #expect(transfer.firstBridge?.id == BridgeID("b1") && transfer.secondBridge?.id == BridgeID("b2"))
        #expect(transfer.transferee?.id == ChannelID("3") && transfer.target?.id == ChannelID("4"))
        #expect(transfer.replaced?.id == ChannelID("5") && transfer.destinationBridge == BridgeID("b1"))
        #expect(transfer.isExternal && transfer.destination == "bridge" && transfer.result == "Success")
    }

    @Test("heads tell the owner of every kind of event")
    func heads() throws {
        func head(_ text: String) throws -> EventHead { try EventHead(scanning: Data(text.utf8)) }
        let dial = try head(#"{"type":"Dial","caller":{"id":"1"},"peer":{"id":"2"},"dialstatus":""}"#)
        #expect(dial.channel == ChannelID("1") && dial.peer == ChannelID("2"))
        let transfer = try head(#"{"type":"BridgeAttendedTransfer","transferer_first_leg":{"id":"1"}}"#)
        #expect(transfer.channel == ChannelID("1"))
        let playback = try head(
            #"{"type":"PlaybackStarted","playback":{"target_uri":"channel:1:2","state":"x","id":"p"}}"#
        )
        #expect(playback.playback == PlaybackID("p") && playback.target == .channel(ChannelID("1:2")))
        let recording = try head(#"{"type":"RecordingStarted","recording":{"name":"r","target_uri":"bridge:b"}}"#)
        #expect(recording.recording == "r" && recording.target == .bridge(BridgeID("b")))
        let endpoint = try head(#"{"type":"X","endpoint":{"resource":"a","technology":"PJSIP"},"peer":{"port":"1"}}"#)
        #expect(endpoint.endpoint == "PJSIP/a" && endpoint.peer == nil)
        let variable = try head(#"{"type":"ChannelVarset","variable":"V","value":"1","channel":{"id":"1"}}"#)
        #expect(variable.variable == "V" && variable.channel == ChannelID("1"))
    }
}
