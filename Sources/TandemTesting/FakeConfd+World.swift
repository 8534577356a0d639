import Core

extension FakeConfd {
    /// The objects of the golden bodies, and the few that these only name.
    static func goldenWorld() throws -> World {
        func items(_ name: String) throws -> [JSONValue] { try GoldenBodies.body(name)["items"]?.array ?? [] }
        let user = try GoldenBodies.body("confd.user")
        return [
            "users": [user, secondUser(like: user, line: try items("confd.lines")[0])],
            "lines": (user["lines"]?.array ?? []) + (try items("confd.lines")),
            "trunks": try items("confd.trunks"),
            "voicemails": try items("confd.voicemails"),
            "callerids": try items("confd.user.callerids"),
            "blocklist": try items("confd.user.blocklist"),
            "switchboards": [try GoldenBodies.body("confd.switchboard")],
            "applications": try items("confd.applications"),
            "moh": try items("confd.moh"),
            "conferences": [try GoldenBodies.body("confd.conference")],
            "parkinglots": [try GoldenBodies.body("confd.parkinglot")],
            "groups": [try GoldenBodies.body("confd.group")],
            "meetings": [try GoldenBodies.body("confd.meeting")],
            "authorizations": [try GoldenBodies.body("confd.meeting.authorization")],
            "extensions": [try GoldenBodies.body("confd.extension")],
            "contexts": [try GoldenBodies.body("confd.context")],
            "endpoints/sip": [try GoldenBodies.body("confd.endpoint_sip")],
            "endpoints/sccp": [try GoldenBodies.body("confd.endpoint_sccp")],
            "endpoints/custom": [try GoldenBodies.body("confd.endpoint_custom")],
            "endpoints/iax": [try GoldenBodies.body("confd.endpoint_iax")],
            "devices": try items("confd.devices"),
            "infos": [try GoldenBodies.body("confd.infos")],
            "status": [try GoldenBodies.body("confd.status")],
        ]
    }

    /// User V: number 13, with the SCCP line, without a mobile phone and a voicemail box.
    private static func secondUser(like user: JSONValue, line: JSONValue) -> JSONValue {
        var members = user.object ?? [:]
        members["id"] = 13
        members["uuid"] = "b0000000-0000-4000-8000-000000000011"
        members["firstname"] = "Vadim"
        members["lastname"] = .null
        members["email"] = .null
        members["caller_id"] = "\"Vadim\""
        members["mobile_phone_number"] = ""
        members["mobile_fallback_enabled"] = false
        members["lines"] = [line]
        members["voicemail"] = .null
        for key in ["groups", "incalls", "switchboards"] { members[key] = [] }
        return .object(members)
    }
}
