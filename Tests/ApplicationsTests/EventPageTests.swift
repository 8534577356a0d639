import Core
import Directory
import Events
import Foundation
import TandemTesting
import Telephony
import Testing

@testable import Applications

@Suite("Applications: docs/events.md")
struct EventPageTests {
    private static let call = "1763924701-1"
    private static let node = ApplicationNode(BridgeID("node-1"), phase: .open, members: [ChannelID(call)])
    private static let playback = ApplicationPlayback(
        id: "playback-1",
        call: ChannelID(call),
        uri: "sound:beep",
        language: "en"
    )
    private static let snoop = ApplicationSnoop(
        id: "snoop-1",
        snooped: ChannelID(call),
        snooping: ChannelID("b"),
        mode: .out,
        channel: ChannelID("x")
    )

    private static func picture(isSparse: Bool) -> LiveApplication.CallPicture {
        var call = ApplicationCall(Shorthand.channel(call), phase: .inside)
        if isSparse {
            (call.tenant, call.conversation) = (nil, nil)
        } else {
            call.user = UserID("20000000-0000-4000-8000-000000000001")
            call.createdAt = .init(timeIntervalSince1970: 1_795_888_800)
            call.dialedExtension = "1002"
            call.music = "music"
            call.bridge = node.id
        }
        return LiveApplication.CallPicture(call: call, snoops: isSparse ? [] : [snoop])
    }

    private static func event(_ notice: LiveApplication.Notice) -> BusEvent {
        ApplicationBusEvents(application: Shorthand.record).event(notice)
    }

    private static func ofCall(
        _ notice: (LiveApplication.CallPicture) -> LiveApplication.Notice,
        when: String
    ) -> EventPage.Entry {
        .init(event(notice(picture(isSparse: false))), sparse: event(notice(picture(isSparse: true))), when: when)
    }

    private static let calls: [EventPage.Entry] = [
        ofCall(LiveApplication.Notice.callEntered, when: "The dialplan sent a call into the application."),
        ofCall(LiveApplication.Notice.callInitiated, when: "A call that a client asked for has answered."),
        ofCall(
            LiveApplication.Notice.userOutgoingCallCreated,
            when: "A user whose phone belongs to the application has dialled."
        ),
        ofCall(LiveApplication.Notice.callUpdated, when: "A call was held, muted, moved or given music, or no longer."),
        ofCall(LiveApplication.Notice.callAnswered, when: "A call was answered."),
        ofCall(LiveApplication.Notice.progressStarted, when: "A call hears, or tells, that it is being worked on."),
        ofCall(LiveApplication.Notice.progressStopped, when: "It no longer does."),
        ofCall(LiveApplication.Notice.callDeleted, when: "A call has left the application."),
        .init(
            event(.digit(ChannelID(call), conversation: "1", digit: "5")),
            sparse: event(.digit(ChannelID(call), conversation: nil, digit: "5")),
            when: "A digit was received from a call."
        ),
    ]

    private static let parts: [EventPage.Entry] = [
        .init(event(.destinationNodeCreated(node)), when: "The application's destination node is there."),
        .init(event(.nodeCreated(node)), when: "A node was made."),
        .init(event(.nodeUpdated(node)), when: "A call has entered or left a node."),
        .init(event(.nodeDeleted(node)), when: "A node is gone."),
        ofPlayback(LiveApplication.Notice.playbackCreated, state: "playing", when: "A call hears a sound."),
        ofPlayback(LiveApplication.Notice.playbackDeleted, state: "done", when: "The sound has ended, or was stopped."),
        .init(event(.snoopCreated(snoop)), when: "A call listens to another one."),
        .init(event(.snoopUpdated(snoop)), when: "Who hears the listener has changed."),
        .init(event(.snoopDeleted(snoop.id)), when: "It listens no more."),
    ]

    private static func ofPlayback(
        _ notice: (ApplicationPlayback, String?, String) -> LiveApplication.Notice,
        state: String,
        when: String
    ) -> EventPage.Entry {
        .init(event(notice(playback, "1", state)), sparse: event(notice(playback, nil, state)), when: when)
    }

    @Test("the page has every event of applications as it is")
    func page() throws {
        let part = EventPage.part(
            "Applications",
            Self.calls + Self.parts,
            samples: [
                "application": Shorthand.id, "call": Self.call, "node": "node-1", "playback": "playback-1",
                "snoop": "snoop-1",
            ]
        )
        #expect(try EventPage().holds(part), "run this test with TANDEM_WRITE_DOCS=1")
    }
}
