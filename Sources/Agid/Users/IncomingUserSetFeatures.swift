import Core
import Directory
import FastAGI
import Logging

/// `incoming_user_set_features`: all that is needed to ring a user (contract 41).
///
/// Callee, number and lines must be there, else the call has no destination. What else cannot be found out,
/// such as the number he shows outside, is left out. A callee of another tenant than the channel's is as unknown as
/// one that does not exist (contract 41 §7 row 6).
struct IncomingUserSetFeatures: AGIHandler {
    let name = "incoming_user_set_features"
    let users: any DialplanUserDirectory
    let outgoingNumbers: any OutgoingNumberDirectory
    let interfaces: InterfaceFinder

    /// What the channel tells before anything is written.
    struct Request {
        var caller: Int?
        var callee: String
        var extensionID: String
        var zone: String
        var music: String
        var tenant: String
    }

    func run(_ session: AGISession) async throws {
        let request = try await request(session)
        let records = try await records(request)
        let caller = records.caller
        if let caller {
            try await session.setVariable("__WAZO_CALLER_SIMULTCALLS", String(caller.simultaneousCalls))
        }
        try check(request)
        guard let number = records.number else {
            throw DialplanBreak("User \(request.callee) has no line with an extension")
        }
        try await session.setVariable("WAZO_DST_USERNUM", number.exten)
        try await session.setVariable("WAZO_DST_USER_CONTEXT", number.context)
        guard let callee = records.callee, callee.tenant.admits(request.tenant) else {
            throw DialplanBreak("Unknown user \(request.callee)")
        }
        try await setIdentity(callee, number, session)
        // Not beside the commands before: a child task would stay with the session to its end, and there are thousands.
        try await setNumberShownOutside(try await numberShownOutside(callee, session), callee, session)
        try await setInterfaces(callee, number, session)
        let music = request.music.isEmpty ? nil : try await musicClass(request.music, session)
        if let filter = records.filter, filter.concerns(zone: request.zone) {
            let actions = try await users.dialActions(category: "callfilter", object: String(filter.id))
            try await session.setCallFilter(filter, boss: callee, noAnswer: actions["noanswer"])
            return
        }
        try await session.setVariable("WAZO_CALLOPTIONS", Self.options(callee, caller, music: music))
        try await setLimits(callee, session)
        try await setForwards(callee, context: number.context, records.actions, session)
        try await finish(request, callee, caller, session)
    }

    /// Steps 14 to 19.
    private func finish(
        _ request: Request,
        _ callee: DialplanUser,
        _ caller: DialplanUser?,
        _ session: AGISession
    ) async throws {
        if !callee.music.isEmpty { try await session.setVariable("CHANNEL(musicclass)", callee.music) }
        try await setRecording(callee, zone: request.zone, session)
        try await session.setVariable("WAZO_CALL_RECORD_SIDE", "caller")
        try await session.setVariable("WAZO_USERPREPROCESS_SUBROUTINE", column: callee.preprocessSubroutine)
        try await session.setVariable("WAZO_MOBILEPHONENUMBER", callee.mobileNumber)
        try await setLanguage(callee, caller, zone: request.zone, session)
        let video = try await session.getVariable("CHANNEL(videonativeformat)")
        try await session.setVariable("WAZO_VIDEO_ENABLED", flag: video != "(nothing)")
        if try await session.getVariable("WAZO_PATH").isEmpty {
            try await session.setVariable("WAZO_PATH", "user")
            try await session.setVariable("WAZO_PATH_ID", String(callee.id))
        }
    }

    private func request(_ session: AGISession) async throws -> Request {
        let caller = integer(try await session.getVariable("WAZO_USERID"))
        let callee = try await session.getVariable("WAZO_DSTID")
        let extensionID = try await session.getVariable("WAZO_DST_EXTEN_ID")
        let zone = try await session.getVariable("WAZO_CALLORIGIN")
        // These belong to the conversation that the field's recorders know; nothing depends on them.
        for unused in ["WAZO_SRCNUM", "WAZO_DSTNUM", "WAZO_BASE_CONTEXT"] {
            _ = try await session.getVariable(unused)
        }
        return Request(
            caller: caller,
            callee: callee,
            extensionID: extensionID,
            zone: zone,
            music: try await session.getVariable("WAZO_USER_MOH_UUID"),
            tenant: try await session.getVariable("WAZO_TENANT_UUID")
        )
    }

    // MARK: Steps 2 and 3

    /// Everything about the two users at once; of a call whose callee or extension is no id only the caller.
    private func records(_ request: Request) async throws -> UserCallRecords {
        let extensionID = integer(request.extensionID)
        if let callee = integer(request.callee), extensionID != nil || request.extensionID.isEmpty {
            let question = UserCallQuestion(caller: request.caller, callee: callee, extensionID: extensionID)
            return try await users.userCall(question)
        }
        let caller = try await users.callParties(caller: request.caller, callee: nil).caller
        return UserCallRecords(caller: caller, callee: nil, number: nil, actions: [:], filter: nil)
    }

    private func check(_ request: Request) throws {
        if integer(request.callee) == nil { throw DialplanBreak("Unknown user '\(request.callee)'") }
        if integer(request.extensionID) == nil && !request.extensionID.isEmpty {
            throw DialplanBreak("Unknown extension '\(request.extensionID)'")
        }
    }

    private func musicClass(_ uuid: String, _ session: AGISession) async throws -> String? {
        try await BestEffort.run(name, session) {
            guard let found = try await users.musicClass(uuid) else {
                throw HandlerFault("Unknown music on hold '\(uuid)'")
            }
            return found
        }
    }
}
