import Core
import TandemLab
import Testing

/// What a token reaches of another tenant, whichever row of table `tenant` happens to lie first.
@Suite(
    "Tenants are kept apart",
    .serialized,
    .timeLimit(.minutes(3)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct TenantIsolationTests {
    /// Moves a tenant's row behind all others, as any update of it may.
    private func move(toTheEnd tenant: String) async throws {
        let database = SQLWitness(try LabEnvironment())
        let literal = SQLWitness.literal(tenant)
        for _ in 0..<100 {
            _ = try await database.rows("update public.tenant set slug = slug where uuid = \(literal)")
            let last = try await database.value("select uuid from public.tenant order by ctid desc limit 1")
            if last == tenant { return }
        }
        throw LabFailure.answer("the row of \(tenant) does not become the last")
    }

    @Test(
        "a token without the right to act for all reaches nothing of another tenant, be its own the first or the last",
        arguments: [Demo.tenant, Demo.otherTenant]
    )
    func apart(last: String) async throws {
        try await move(toTheEnd: last)
        try await Scene.play { scene in
            let (caller, call) = try await scene.waitingCaller()
            let box = try #require(try await scene.database.value("select min(uniqueid) from public.voicemail"))
            let foreign = scene.tandem.rest.with(
                token: try await scene.tandem.createToken(tenant: Demo.otherTenant, acl: ["calld.#"])
            )
            for path in [
                "/voicemails/\(box)", "/voicemails/\(box)/messages/1", "/voicemails/\(box)/folders/1", scene.queue(),
                "\(scene.queue())/\(call)/history",
            ] {
                let answer = try await foreign.get(path)
                #expect(answer.status == 404, "\(path): \(answer.text)")
            }
            #expect(try await foreign.put("\(scene.queue())/\(call)/answer").status == 404)
            #expect(try await foreign.get("/config").status == 401)
            for path in ["/calls?recurse=true", "/calls", "/voicemails/messages?recurse=true"] {
                let answer = try await foreign.get(path)
                #expect(answer.status == 200 && answer.body?["items"] == [], "\(path): \(answer.text)")
            }
            let order: JSONValue = [
                "source": ["user": .string(Demo.bob)],
                "destination": ["context": "default", "extension": "1001", "priority": 1],
            ]
            let originated = try await foreign.post("/calls", order)
            #expect(originated.status == 400, "\(originated.text)")

            let master = scene.tandem.rest.with(
                token: try await scene.tandem.createToken(tenant: Demo.otherTenant, acl: ["calld.#"], isMaster: true)
            )
            #expect(try await master.get("/voicemails/\(box)").status == 200)
            let all = try await master.get("/calls?recurse=true")
            #expect(all.body?["items"]?.array?.contains { $0["call_id"]?.string == call } == true, "\(all.text)")
            await caller.close()
        }
    }
}
