import Core
import Directory
import FastAGI
import Logging

/// `incoming_user_set_features`: all that is needed to ring a user (contract 41).
///
/// Callee, number and lines must be there, else the call has no destination. What else cannot be found out,
/// such as the number he shows outside, is left out.
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
    }

    func run(_ session: AGISession) async throws {
        let request = try await request(session)
        // Asked at once: two statements of six were the same.
        let (caller, called) = try await users.callParties(caller: request.caller, callee: integer(request.callee))
        if let caller {
            try await session.setVariable("__WAZO_CALLER_SIMULTCALLS", String(caller.simultaneousCalls))
        }
        let (callee, number) = try await destination(request, called, session)
        try await setIdentity(callee, number, session)
        try await setInterfaces(callee, number, session)
        let music = request.music.isEmpty ? nil : try await musicClass(request.music, session)
        if let filter = try await users.callFilter(boss: callee.id, caller: caller?.id),
            filter.concerns(zone: request.zone)
        {
            let actions = try await users.dialActions(category: "callfilter", object: String(filter.id))
            try await session.setCallFilter(filter, boss: callee, noAnswer: actions["noanswer"])
            return
        }
        try await session.setVariable("WAZO_CALLOPTIONS", Self.options(callee, caller, music: music))
        try await setLimits(callee, session)
        try await setForwards(callee, context: number.context, session)
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
            music: try await session.getVariable("WAZO_USER_MOH_UUID")
        )
    }

    // MARK: Steps 2 and 3

    private func destination(
        _ request: Request,
        _ called: DialplanUser?,
        _ session: AGISession
    ) async throws -> (DialplanUser, CalleeExtension) {
        guard let id = integer(request.callee) else { throw DialplanBreak("Unknown user '\(request.callee)'") }
        var extensionID: Int?
        if !request.extensionID.isEmpty {
            extensionID = integer(request.extensionID)
            if extensionID == nil { throw DialplanBreak("Unknown extension '\(request.extensionID)'") }
        }
        guard let number = try await users.calleeExtension(of: id, id: extensionID) else {
            throw DialplanBreak("User \(id) has no line with an extension")
        }
        try await session.setVariable("WAZO_DST_USERNUM", number.exten)
        try await session.setVariable("WAZO_DST_USER_CONTEXT", number.context)
        guard let callee = called else { throw DialplanBreak("Unknown user \(id)") }
        return (callee, number)
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

extension Optional {
    /// `flatMap` that awaits.
    func asyncFlatMap<Other>(_ transform: (Wrapped) async throws -> Other?) async rethrows -> Other? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
