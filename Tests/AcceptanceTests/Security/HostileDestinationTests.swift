import Core
import Foundation
import TandemLab
import TandemTesting
import Testing

/// Numbers and contexts that a client chose (docs/security.md, "Numbers and contexts").
@Suite(
    "Security: numbers and contexts",
    .serialized,
    .timeLimit(.minutes(5)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct HostileDestinationTests {
    /// Texts that would lead out of the context if they were put into a dial string as they are.
    private static let numbers = [
        "0123@\(CanaryScene.context)/n", "1@\(CanaryScene.context)", "1102@\(CanaryScene.context)&PJSIP/frank",
        "1102&Local/1@\(CanaryScene.context)", "1102,s,1", "1102/n", "${GLOBAL(\(CanaryScene.global))}", "1102|s|1",
        "1102\\,s", "1102;x", "s)&System(x",
    ]

    @Test("a number is a number, whoever dials it and by whatever route")
    func numbers() async throws {
        try await CanaryScene.play { canaries in
            let scene = canaries.scene
            let talk = try await scene.officeTalk()
            let kims = try await scene.rest(as: .kim)
            let pdf = PDFDocument.make(pages: 1)
            for number in Self.numbers {
                let exten = JSONValue.string(number)
                let transfer: JSONValue = ["initiator_call": .string(talk.kimsChannel), "exten": exten]
                let answers = [
                    try await kims.post("/users/me/transfers", transfer),
                    try await kims.post("/users/me/calls", ["extension": exten]),
                    try await scene.rest.post("/calls", Self.call(to: number, in: "default")),
                    try await kims.send(
                        "POST",
                        "/users/me/faxes?extension=\(Self.escaped(number))",
                        bytes: pdf,
                        mediaType: "application/pdf"
                    ),
                ]
                for answer in answers {
                    #expect(answer.status == 400, "\(number): \(answer.text)")
                    #expect(answer.body?["error_id"] == "invalid-extension", "\(number): \(answer.text)")
                }
            }
            #expect(await scene.areTalking(talk.kim, talk.erin))
            #expect(try await scene.ari.channels().count == 2)
            try await scene.ari.hangUpAll()
            try await scene.becomesSilent()
            try await scene.leave(talk.erin)
        }
    }

    @Test("a user's mobile number is a number too")
    func mobile() async throws {
        try await CanaryScene.play { canaries in
            let scene = canaries.scene
            let talk = try await scene.officeTalk()
            let kims = try await scene.rest(as: .kim)
            for number in Self.numbers where !number.contains("'") {
                _ = try await scene.database.rows(
                    "UPDATE userfeatures SET mobilephonenumber = '\(number)' WHERE uuid = '\(Demo.Office.Phone.kim.uuid)'"
                )
                let relocated = try await kims.post(
                    "/users/me/relocates",
                    ["initiator_call": .string(talk.kimsChannel), "destination": "mobile"]
                )
                #expect(relocated.body?["error_id"] == "relocate-creation-error", "\(number): \(relocated.text)")
                let called = try await kims.post("/users/me/calls", ["extension": "1102", "from_mobile": true])
                #expect(called.body?["error_id"] == "call-creation", "\(number): \(called.text)")
            }
            _ = try await scene.database.rows(
                "UPDATE userfeatures SET mobilephonenumber = '' WHERE uuid = '\(Demo.Office.Phone.kim.uuid)'"
            )
            #expect(try await scene.ari.channels().count == 2)
            try await scene.ari.hangUpAll()
            try await scene.becomesSilent()
            try await scene.leave(talk.erin)
        }
    }

    @Test("a context is the tenant's: neither another tenant's nor one of the dialplan's own is dialled")
    func contexts() async throws {
        try await CanaryScene.play { canaries in
            let scene = canaries.scene
            _ = try await scene.database.rows(
                "INSERT INTO context (name, tenant_uuid, displayname, contexttype) VALUES ('\(CanaryScene.context)', "
                    + "'\(Demo.otherTenant)', 'Other', 'internal') ON CONFLICT DO NOTHING"
            )
            let erin = try await scene.phone(.erin)
            let pdf = PDFDocument.make(pages: 1)
            let application = try await scene.rest.post("/applications", ["name": "hostile"])
            let id = try #require(application.body?["uuid"]?.string, "\(application.text)")
            let places = [
                (CanaryScene.context, "s"), (CanaryScene.context, "1102"), ("usersharedlines", Demo.bob),
                ("wazo-originate-mobile-leg1", "s"), ("forward", "custom"), ("txfax", "s"), ("wazo-pickup", "s"),
                ("lab", "402"), ("agi_fail", "unreachable"), ("default,1102,1", "1102"), ("nowhere", "1102"),
            ]
            for (context, exten) in places {
                let answers = [
                    try await scene.rest.post("/calls", Self.call(to: exten, in: context)),
                    try await scene.rest.post(
                        "/applications/\(id)/calls",
                        ["exten": .string(exten), "context": .string(context)]
                    ),
                    try await scene.rest.send(
                        "POST",
                        "/faxes?context=\(Self.escaped(context))&extension=\(exten)",
                        bytes: pdf,
                        mediaType: "application/pdf"
                    ),
                ]
                for answer in answers {
                    #expect(answer.status == 400, "\(context): \(answer.text)")
                    #expect(answer.body?["error_id"] == "invalid-extension", "\(context): \(answer.text)")
                }
            }
            #expect(try await scene.ari.channels().isEmpty)
            _ = try await scene.rest.delete("/applications/\(id)")
            _ = try await scene.database.rows("DELETE FROM context WHERE name = '\(CanaryScene.context)'")
            try await scene.leave(erin)
        }
    }

    private static func call(to exten: String, in context: String) -> JSONValue {
        [
            "source": ["user": .string(Demo.Office.Phone.erin.uuid)],
            "destination": ["context": .string(context), "extension": .string(exten), "priority": 1],
        ]
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
