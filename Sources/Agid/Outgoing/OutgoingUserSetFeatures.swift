import Core
import Directory
import FastAGI

/// `outgoing_user_set_features`: through which trunks a call leaves, and as whose (contract 41 §3).
///
/// Without its route the call has no destination. A route of another tenant than the channel's is as unknown as
/// one that does not exist (contract 41 §7 row 6).
struct OutgoingUserSetFeatures: AGIHandler {
    let name = "outgoing_user_set_features"
    let outcalls: any OutcallDirectory
    let users: any DialplanUserDirectory

    func run(_ session: AGISession) async throws {
        let userID = try await session.getVariable("WAZO_USERID")
        let userUUID = try await session.getVariable("WAZO_USERUUID")
        let pattern = try await session.getVariable("WAZO_DSTID")
        let number = try await session.getVariable("WAZO_DSTNUM")
        // These belong to the conversation that the field's recorders know; nothing depends on them.
        _ = try await session.getVariable("WAZO_SRCNUM")
        _ = try await session.getVariable("WAZO_BASE_CONTEXT")
        let tenant = try await session.getVariable("WAZO_TENANT_UUID")

        let outcall = try await self.outcall(pattern: pattern, tenant: tenant)
        try await session.setVariable("WAZO_TENANT_COUNTRY", column: tenant.isEmpty ? nil : outcall.country)
        let user = try await self.user(id: userID, uuid: userUUID)
        try await setUser(user, outcall, session)
        let destination =
            outcall.prefix + String(scalars: number.unicodeScalars.dropFirst(max(outcall.strippedDigits, 0)))
        for (index, trunk) in outcall.trunks.enumerated() {
            try await session.setTrunk(trunk, index: index, destination: destination)
        }
        if !outcall.isInternal { try await setCallerID(user, outcall, session) }
        try await session.setVariable("WAZO_OUTCALLPREPROCESS_SUBROUTINE", column: outcall.preprocessSubroutine)
        try await session.setVariable("WAZO_HANGUPRINGTIME", seconds: outcall.ringSeconds)
        try await session.setVariable("WAZO_OUTCALLID", String(outcall.id))
        if try await session.getVariable("WAZO_PATH").isEmpty {
            try await session.setVariable("WAZO_PATH", "outcall")
            try await session.setVariable("WAZO_PATH_ID", String(outcall.id))
        }
        try await session.setVariable("WAZO_CALL_RECORD_SIDE", "caller")
    }

    // MARK: Steps 1 and 4

    private func outcall(pattern: String, tenant: String) async throws -> OutcallRecord {
        guard let id = integer(pattern), let outcall = try await outcalls.outcall(pattern: id),
            tenant.isEmpty || outcall.tenant == TenantID(tenant)
        else { throw DialplanBreak("Unknown outgoing call '\(pattern)'") }
        if outcall.trunkCount == 0 { throw DialplanBreak("Outgoing call \(outcall.id) has no trunk") }
        return outcall
    }

    private func user(id: String, uuid: String) async throws -> DialplanUser? {
        if !id.isEmpty { return try await integer(id).asyncFlatMap { try await users.dialplanUser($0) } }
        return uuid.isEmpty ? nil : try await users.dialplanUser(uuid: UserID(uuid))
    }

    private func setUser(_ user: DialplanUser?, _ outcall: OutcallRecord, _ session: AGISession) async throws {
        let rights = user?.rights ?? DialplanUser.CallRights()
        let options = (rights.mayTransfer ? "T" : "") + (rights.mayRecord && !outcall.isInternal ? "X" : "")
        try await session.setVariable("WAZO_CALLOPTIONS", options)
        if let field = user?.userField { try await session.setVariable("CHANNEL(userfield)", field) }
        if let music = user?.music, !music.isEmpty { try await session.setVariable("CHANNEL(musicclass)", music) }
    }

    // MARK: Step 6

    private func setCallerID(
        _ user: DialplanUser?,
        _ outcall: OutcallRecord,
        _ session: AGISession
    ) async throws {
        let selected = try await session.getVariable("PJSIP_HEADER(read,X-Wazo-Selected-Caller-ID)")
        if selected == "anonymous" {
            try await setAnonymous(outcall, session)
        } else if !selected.isEmpty {
            try await session.setVariable("WAZO_SELECTED_CALLER_ID", selected)
        } else if let own = user?.outgoingCallerID, own != "default" {
            if own == "anonymous" {
                try await setAnonymous(outcall, session)
            } else {
                try await session.setCallerID(parsing: own)
            }
        } else if let callerID = outcall.callerID {
            try await session.setCallerID(parsing: callerID)
        }
    }

    private func setAnonymous(_ outcall: OutcallRecord, _ session: AGISession) async throws {
        try await session.setVariable("CALLERID(pres)", "prohib")
        try await session.setVariable("WAZO_OUTGOING_ANONYMOUS_CALL", "1")
        if let number = outcall.callerID.flatMap({ CallerIDParts($0)?.number }) {
            try await session.setVariable("_WAZO_OUTCALL_PAI_NUMBER", number)
        } else {
            try await session.verbose("Outgoing call \(outcall.id) has no number for an anonymous caller")
        }
    }
}

extension AGISession {
    /// Writes the trunk that is tried in place `index` (contract 41 `outgoing_user_set_features` step 5).
    fileprivate func setTrunk(_ trunk: OutcallTrunk, index: Int, destination: String) async throws {
        try await setVariable("WAZO_OUTGOING_CALLER_ID_FORMAT\(index)", trunk.callerIDFormat)
        var suffix = ""
        switch trunk.interface {
        case .sip(let name):
            try await setVariable("WAZO_INTERFACE\(index)", "PJSIP")
            try await setVariable("WAZO_TRUNKEXTEN\(index)", "\(destination)@\(name)")
            try await setVariable("WAZO_TRUNK_INTERFACE\(index)", name)
            try await setTrunkHost()
        case .iax(let name):
            try await setVariable("WAZO_INTERFACE\(index)", "IAX2/\(name)")
            try await setVariable("WAZO_TRUNKEXTEN\(index)", destination)
        case .custom(let interface, let end):
            try await setVariable("WAZO_INTERFACE\(index)", interface)
            try await setVariable("WAZO_TRUNKEXTEN\(index)", destination)
            suffix = end
        }
        try await setVariable("WAZO_TRUNKSUFFIX\(index)", suffix)
    }

    /// The host that the caller's own request was sent to.
    private func setTrunkHost() async throws {
        let header = try await getVariable("PJSIP_HEADER(read,To)")
        let address = header.halves(at: "<").map { "<" + $0.behind } ?? ""
        // It becomes an argument of a function: one that would end it early is no address.
        guard !address.isEmpty, !address.holds(anyOf: "\"\\(){}$"),
            !address.unicodeScalars.contains(where: \.isControl)
        else {
            try await verbose("No To header with an address: the trunk's host is not known")
            return
        }
        let host = try await getVariable("PJSIP_PARSE_URI(\(address),host)")
        try await setVariable("__WAZO_TRUNK_HOST", host)
    }
}
