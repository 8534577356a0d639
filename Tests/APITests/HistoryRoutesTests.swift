import API
import Core
import Foundation
import Persistence
import TandemTesting
import Testing

@Suite("Histories over REST")
struct HistoryRoutesTests {
    private let store = InMemoryStateStore()

    private func bench(isOfUser: Bool = false) -> APIBench {
        APIBench {
            Route.history(
                "/lamps/{lamp_id}/history",
                access: "calld.lamps.{lamp_id}.history.read",
                of: "a lamp",
                kind: "lamp",
                id: "lamp_id",
                in: store,
                isOfUser: isOfUser
            ) { Failure(status: 404, errorID: "no-such-lamp", message: "No such lamp", details: ["id": .string($0)]) }
        }
    }

    private func write(_ id: String, tenant: String = "t1", user: String?) async throws {
        let begun = Date(timeIntervalSince1970: 1_700_000_000.25)
        func entry(_ from: String, _ to: String, _ cause: String, _ user: UserID?) -> HistoryEntry {
            HistoryEntry(
                kind: "lamp",
                id: id,
                tenant: TenantID(tenant),
                from: from,
                to: to,
                cause: cause,
                user: user,
                at: begun
            )
        }
        try await store.commit(
            StateChange(
                history: [
                    entry("", "shining", "lit", user.map(UserID.init(_:))),
                    entry("shining", "out", "channel gone", nil),
                ]
            )
        )
    }

    @Test("transitions in their order, also of what has ended; the beginning comes from nowhere")
    func lines() async throws {
        try await write("1", user: "u1")
        let answer = try await bench().request("GET", "/1.0/lamps/1/history")
        #expect(answer.status == 200)
        #expect(
            answer.json["items"]
                == [
                    [
                        "from": nil, "to": "shining", "cause": "lit", "user_uuid": "u1",
                        "at": "2023-11-14T22:13:20.250Z",
                    ],
                    [
                        "from": "shining", "to": "out", "cause": "channel gone", "user_uuid": nil,
                        "at": "2023-11-14T22:13:20.250Z",
                    ],
                ]
        )
    }

    @Test("where a place is named, the history is that of the resource in this place alone")
    func within() async throws {
        let bench = APIBench {
            Route.history(
                "/rooms/{room}/lamps/{lamp_id}/history",
                access: "calld.rooms.{room}.lamps.{lamp_id}.history.read",
                of: "a lamp",
                kind: "lamp",
                id: "lamp_id",
                within: "room",
                in: store
            ) { _ in Failure(status: 404, errorID: "no-such-lamp", message: "No such lamp") }
        }
        try await write(HistoryEntry.id("1", within: "hall"), user: nil)
        #expect(try await bench.request("GET", "/1.0/rooms/hall/lamps/1/history").status == 200)
        #expect(try await bench.request("GET", "/1.0/rooms/cellar/lamps/1/history").status == 404)
        #expect(try await bench.request("GET", "/1.0/rooms/cellar/lamps/hall%2F1/history").status == 404)
    }

    @Test("what is unknown, another tenant's or, below users/me, another user's, is not found")
    func foreign() async throws {
        try await write("theirs", tenant: "t2", user: "u1")
        try await write("hers", user: "u2")
        let bench = bench()
        #expect(try await bench.request("GET", "/1.0/lamps/none/history").errorID == "no-such-lamp")
        #expect(try await bench.request("GET", "/1.0/lamps/theirs/history").status == 404)
        let master = try await bench.request("GET", "/1.0/lamps/theirs/history", token: "master")
        #expect(master.status == 200)
        #expect(try await bench.request("GET", "/1.0/lamps/hers/history").status == 200)
        let own = self.bench(isOfUser: true)
        #expect(try await own.request("GET", "/1.0/lamps/hers/history").status == 404)
        let userless = try await own.request("GET", "/1.0/lamps/hers/history", token: "userless")
        #expect(userless.errorID == "token-with-user-uuid-required")
    }
}
