import Core
import Events
import Foundation
import TandemLab
import Testing

/// Applications that are deleted, with calls inside and with calls that come afterwards.
@Suite(
    "Deleted applications",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ApplicationDeletionTests {
    private static let waiting: JSONValue = ["type": "holding", "answer": true]

    /// Starts Tandem with an application whose destination is a node that answers; the number leads to the demo's own
    /// one again afterwards.
    private func play(_ body: (ApplicationScene) async throws -> Void) async throws {
        try await Scene.inOffice { scene in
            _ = try await scene.database.rows("DELETE FROM application WHERE name IN ('Test', 'Without')")
            try await body(try await ApplicationScene.make(in: scene, options: Self.waiting))
            _ = try await scene.database.rows(
                """
                UPDATE dialaction SET actionarg1 = '60000000-0000-4000-8000-000000000001'
                WHERE category = 'incall' AND categoryval = '17'
                """
            )
        }
    }

    /// Two callers, one in the destination node and one in a node of the program.
    private func callers(_ app: ApplicationScene) async throws -> (
        first: SIPpCaller, one: String, second: SIPpCaller, two: String, node: String
    ) {
        let (first, one) = try await app.caller()
        try await first.answered()
        let (second, two) = try await app.caller()
        try await second.answered()
        _ = try await eventually("both wait") { try await app.members(app.id)?.count == 2 ? true : nil }
        let made = try await app.does(.post, "nodes", ["calls": [["id": .string(two)]]], 201)
        return (first, one, second, two, try #require(made["uuid"]?.string))
    }

    /// Deletes the application with its calls, and checks what is told.
    private func delete(_ app: ApplicationScene) async throws {
        let (first, one, second, two, node) = try await callers(app)
        let answer = try await app.rest.delete(app.path)
        #expect(answer.status == 204, "\(answer.text)")
        try await first.hungUpByPeer()
        try await second.hungUpByPeer()
        for id in [app.id, node] {
            try await app.hears("application_node_deleted") { $0["node"]?["uuid"]?.string == id }
        }
        for (call, place) in [(one, app.id), (two, node)] {
            let told = await app.told(about: [call, place])
            #expect(
                told.suffix(4) == [
                    "node_updated \(place)", "call_updated \(call)", "call_deleted \(call)", "node_deleted \(place)",
                ],
                "\(told)"
            )
        }
        #expect(try await app.rest.get(app.path).status == 404)
        #expect(try await app.storedRows() == "0")
        try await app.scene.becomesSilent()
        for id in [app.id, node] { try await app.scene.bridgeIsGone(id) }
        await first.close()
        await second.close()
    }

    /// Who calls now hears the dialplan's announcement, and nobody is told of him.
    private func callsInVain(_ app: ApplicationScene) async throws {
        let start = await app.scene.bus.deliveries.entries.count
        let caller = try await SIPpCaller(dialling: ApplicationScene.number, in: app.scene.lab)
        try await caller.answered()
        #expect(await caller.audio.hearsSound(), "the fallback's announcement")
        try await caller.hungUpByPeer(within: .seconds(20))
        try await app.scene.becomesSilent()
        let told = await app.scene.bus.deliveries.entries.dropFirst(start)
            .filter { $0.headers["application_uuid"]?.string == app.id }
        #expect(told.isEmpty, "\(told.compactMap(\.name))")
        await caller.close()
    }

    @Test("it has a socket of its own: its calls are hung up, its nodes go; who calls then hears the fallback")
    func ownSocket() async throws {
        try await play { app in
            try await delete(app)
            // Asterisk may keep the object a while, without a socket: `Stasis()` fails for it.
            try await callsInVain(app)
        }
    }

    @Test("it shares a socket, where Asterisk may keep it: who calls then hears the fallback all the same")
    func sharedSocket() async throws {
        try await play { app in
            // What is known at the start shares the first socket.
            await app.scene.tandem.terminate()
            try await app.scene.tandem.start()
            try await app.scene.becomesReady()
            _ = try await eventually("registered") { try await app.rest.get(app.path).status == 200 ? true : nil }
            try await delete(app)
            try await callsInVain(app)
            try await callsInVain(app)
        }
    }

    @Test("deleted while Tandem was away: at the next start its calls are hung up and its nodes go")
    func whileAway() async throws {
        try await play { app in
            let (first, one, second, two, node) = try await callers(app)
            await app.scene.tandem.kill()
            _ = try await app.scene.database.rows("DELETE FROM application WHERE uuid = '\(app.id)'")
            try await app.scene.tandem.start()
            try await app.scene.becomesReady()
            try await first.hungUpByPeer()
            try await second.hungUpByPeer()
            for call in [one, two] {
                try await app.hears("application_call_deleted") { $0["call"]?["id"]?.string == call }
            }
            for place in [app.id, node] {
                try await app.hears("application_node_deleted") { $0["node"]?["uuid"]?.string == place }
            }
            _ = try await eventually("nothing is left") {
                guard try await app.storedRows() == "0" else { return nil as Bool? }
                for id in [app.id, node] where try await app.scene.ari.channels(inBridge: id) != nil { return nil }
                return true
            }
            try await callsInVain(app)
            await first.close()
            await second.close()
        }
    }
}
